"""The card panel lays cards on the reader and lets no other site do so."""

import threading
from collections.abc import Iterator

import pytest
import requests

from demo.panel import CardLine, Panel


class Doings:
    """What the panel was told to do."""

    def __init__(self) -> None:
        self.done: list[tuple[str, str]] = []
        self.happened = threading.Event()

    def __call__(self, verb: str, name: str) -> None:
        self.done.append((verb, name))
        self.happened.set()


@pytest.fixture
def doings() -> Doings:
    """A fresh record."""
    return Doings()


@pytest.fixture
def panel(doings: Doings) -> Iterator[Panel]:
    """A panel with one card whose title needs escaping."""
    with Panel([CardLine("m0001", "王先生 <b>", "gold", "402817")], doings) as running:
        yield running


def test_the_page_names_card_and_pin_and_escapes(panel: Panel) -> None:
    """Nothing of a card's title becomes markup."""
    page = requests.get(panel.url, timeout=10).text
    assert "402817" in page
    assert "王先生 &lt;b&gt;" in page


def test_the_page_speaks_both_languages(panel: Panel) -> None:
    """On its buttons and in its sentences; the people who try the demo read one or the other."""
    page = requests.get(panel.url, timeout=10).text
    both = ["贴一下 · Tap", "放着不动 · Lay", "拿开卡片 · Take the card away", "服务密码 · PIN 402817"]
    sentences = ["就像把卡放到自助机上一秒钟", "People and cards are invented."]
    assert [text for text in (*both, *sentences) if text not in page] == []


def test_a_button_taps_the_card(panel: Panel, doings: Doings) -> None:
    """A form post, then back to the page."""
    answer = requests.post(panel.url + "tap", data={"card": "m0001"}, timeout=10, allow_redirects=False)
    assert answer.status_code == 303
    assert doings.done == [("tap", "m0001")]


@pytest.mark.parametrize(("path", "card"), [("tap", "m9999"), ("eject", "m0001")])
def test_unknown_cards_and_verbs_do_nothing(panel: Panel, doings: Doings, path: str, card: str) -> None:
    """A clear refusal."""
    assert requests.post(panel.url + path, data={"card": card}, timeout=10).status_code == 404
    assert doings.done == []


def test_another_site_cannot_press_the_buttons(panel: Panel, doings: Doings) -> None:
    """A form on another page is refused by its origin."""
    answer = requests.post(panel.url + "take", headers={"Origin": "http://elsewhere.example.invalid"}, timeout=10)
    assert answer.status_code == 403
    assert doings.done == []
