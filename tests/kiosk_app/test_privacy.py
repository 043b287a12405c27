"""K13: after a session nothing of the member is on a widget, in the state, in the log, or on disk beyond the mirror's fields."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from club.model import voucher
from tests.support.kiosk_program import EXIT, Hand, open_store

MEMBER, OTHER = "m0001", "m0003"


@pytest.fixture(scope="module")
def hand(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hand]:
    with open_store(tmp_path_factory.mktemp("store")) as open_hand:
        yield open_hand


def left_on_disk(hand: Hand, secrets: set[str]) -> set[str]:
    folder = hand.store.options.state / "kiosk"
    files = [file for file in folder.rglob("*") if file.is_file()]
    assert any(file.name == "store.db" for file in files)
    held = b"".join(file.read_bytes() for file in files)
    return {secret for secret in secrets if secret.encode() in held}


@pytest.mark.timeout(180)
def test_after_a_redemption_and_the_end_of_the_session_nothing_is_left(hand: Hand) -> None:
    before = hand.books(MEMBER)
    pin = hand.store.members[MEMBER]
    hand.at_home(MEMBER)
    assert hand.ask(do="search", **{"for": ["王先生"]}) == {"found": ["王先生"], "evidence": True}
    hand.at_pin()
    hand.screen("pin")
    hand.enter_pin(pin)
    hand.screen("success")
    after = hand.books(MEMBER)
    assert (after.points, after.redemptions, len(after.vouchers)) == (before.points - 1200, before.redemptions + 1, 1)
    code = after.vouchers[0]
    assert hand.ask(do="search", **{"for": [voucher.grouped(code)]})["found"] == [voucher.grouped(code)]
    hand.touch(EXIT)
    hand.screen("attract")

    on_screen = ["王先生", "2719", "6,280", "5,080", "18,640", "爱车", code, voucher.grouped(code), MEMBER, pin]
    assert hand.ask(do="search", **{"for": on_screen}) == {"found": [], "evidence": False}

    log = Path(hand.store.options.logs / "kiosk.log").read_text(encoding="utf-8")
    assert "settled" in log
    in_log = {"王", "Wang", "2719", "6280", "6,280", "04BF3929190E8A", code, voucher.grouped(code), pin, MEMBER}
    assert {secret for secret in in_log if secret in log} == set()

    # The mirror may know surname, title, tier, points and the card's keyed hash; nothing else may be there.
    on_disk = {"2719", code, voucher.grouped(code), MEMBER, pin, "04BF3929190E8A", "爱车", "2027-03-31"}
    hand.until(lambda _now: not left_on_disk(hand, on_disk), "the device's folder to hold nothing more than the mirror")


@pytest.mark.timeout(180)
def test_another_card_leaves_nothing_of_the_member_before(hand: Hand) -> None:
    hand.at_home(MEMBER)
    hand.tap(OTHER)
    hand.until(lambda _now: hand.ask(do="search", **{"for": ["赵先生"]})["found"], "the other member's page")
    hand.screen("home")
    assert hand.ask(do="search", **{"for": ["王先生", "2719", "18,640"]})["found"] == []
    hand.touch(EXIT)
    hand.screen("attract")
    assert hand.ask(do="search", **{"for": ["赵先生", "5510"]}) == {"found": [], "evidence": False}
