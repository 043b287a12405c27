"""Whoever changes something in the console works for the store it is of, with the right form in hand or without (C1)."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any, Literal

import pytest
from litestar.testing import TestClient
from sqlalchemy import select, update

from central_api.app import create_app
from central_api.boards import notices
from central_api.boards.content import Fields
from central_api.boards.tables import boards, displays
from central_api.boards.tables import notices as notice_rows
from central_api.cards.tables import cards
from central_api.devices.tables import device_commands, devices
from central_api.inbox.tables import staff_tasks
from central_api.staff.tables import audit, staff
from club.model.text import Text
from tests.central_api.console.conftest import Desk, signed_in
from tests.central_api.console.test_devices import stand, waiting
from tests.central_api.console.test_limits import driver
from tests.central_api.console.test_notice import PAGE, press, write
from tests.central_api.console.test_rights import routes
from tests.central_api.console.test_tasks import asked
from tests.support.pages import Page
from tests.support.screens_club import Club

Of = Literal["screens", "device", "place", "store", "member", "oneself", "nobody", "looking"]
ACTS: dict[str, Of] = {
    "/boards/{slug:str}": "screens",
    "/boards/{slug:str}/draft": "screens",
    "/boards/{slug:str}/picture": "screens",
    "/boards/{slug:str}/publish": "screens",
    "/boards/{slug:str}/recall": "screens",
    "/notice": "screens",
    "/notice/{slug:str}/confirm": "screens",
    "/notice/{slug:str}/withdraw": "screens",
    "/devices/add": "place",
    "/devices/{device_id:str}/commands": "device",
    "/devices/{device_id:str}/end-key": "device",
    "/devices/{device_id:str}/replace": "device",
    "/devices/{device_id:str}/revoke": "device",
    "/offline/{command:str}/seen": "store",
    "/limits": "looking",
    "/limits/{card:str}": "store",
    "/tasks/{key:str}/done": "store",
    "/codes": "looking",
    "/codes/{member_id:str}": "member",
    "/codes/{member_id:str}/end": "member",
    "/account/language": "oneself",
    "/account/totp/cancel": "oneself",
    "/account/totp/confirm": "oneself",
    "/account/totp/remove": "oneself",
    "/account/totp/start": "oneself",
    "/sign-out": "oneself",
    "/sign-in": "nobody",
    "/sign-in/code": "nobody",
    "/sign-in/other": "nobody",
}
"""Every act of the console, and by what it is known whose it is; of `nobody`: nobody is signed in yet; `looking` changes nothing."""
WORDS = Fields(template="notice", texts={"title": Text("消防演练"), "text": Text("请随工作人员离开。")})
WEST, BOTH = "2012", "1000"


@pytest.fixture
def stranger(club: Club) -> Iterator[Desk]:
    """A manager of the other store, which has two of the screens."""
    with club.context.db.write() as tx:
        tx.execute(update(staff).where(staff.c.number == WEST).values(roles=["manager", "marketing"]))
        tx.execute(update(displays).where(displays.c.slug.in_(("tv-3", "tv-4"))).values(store="west"))
    with TestClient(create_app(club.context.settings, context=club.context)) as http:
        yield signed_in(club, http, WEST)


@pytest.fixture
def of_both(club: Club) -> Iterator[Desk]:
    """Somebody who works for both stores."""
    with TestClient(create_app(club.context.settings, context=club.context)) as http:
        yield signed_in(club, http, BOTH)


def prepared(club: Club, slug: str, *tvs: str, by: str = "staff:1000") -> str:
    now = club.clock.now()
    with club.context.db.write() as tx:
        notices.prepare(tx, slug, WORDS, tvs, now + timedelta(hours=1), among=tvs, by=by, now=now)
    return slug


def everything(club: Club) -> list[Any]:
    """What the acts could change, row by row."""
    with club.context.db.read() as tx:
        tables = (boards, notice_rows, devices, device_commands, audit, cards, staff_tasks)
        return [tuple(row) for table in tables for row in tx.rows(select(table))]


def token(desk: Desk) -> str:
    return str(desk.open("/console/boards").forms[0].fields["csrf"])


def test_every_act_of_the_console_says_whose_it_is() -> None:
    assert {path for verb, path in routes() if verb == "POST"} == set(ACTS)


def test_an_act_on_what_is_another_stores_is_refused_and_changes_nothing(stranger: Desk) -> None:
    club = stranger.club
    stand(club, "tv-1")
    waiting(club)
    prepared(club, "n-east", "tv-1", "tv-2")
    prepared(club, "n-both", "tv-2", "tv-3")
    card = driver(club, "card-1")
    task = asked(club, "refund-unclear", "r-1")
    fields = {
        "csrf": token(stranger),
        "edit": "1",
        "zh.title": "改过",
        "kind": "reload",
        "command": "c" * 16,
        "code": "7K2M9Q",
        "place": "tv-2",
        "zh.text": "请离开",
        "ends": "2026-05-16T17:00",
        "displays": "tv-1",
        "points": "5",
        "per": "day",
    }
    before = everything(club)
    for path, of in ACTS.items():
        if of in ("oneself", "nobody", "looking"):
            continue
        slugs = ("n-east", "n-both") if path.startswith("/notice") else ("b-lakeside",)
        for slug in slugs:
            where = (
                path.replace("{slug:str}", slug)
                .replace("{device_id:str}", "device-tv-1")
                .replace("{command:str}", "c" * 24)
                .replace("{card:str}", card)
                .replace("{key:str}", task)
                .replace("{member_id:str}", "m0001")
            )
            answer = stranger.http.post(f"/console{where}", data=fields, follow_redirects=False)
            assert answer.status_code in (403, 404, 409), (where, answer.status_code)
    assert everything(club) == before


def test_each_store_has_its_own_notice_and_neither_drops_the_others(manager: Desk, stranger: Desk) -> None:
    club = manager.club
    write(manager, displays=["tv-1", "tv-2"])
    assert not stranger.open(PAGE).find("img", width="1920")
    ours = write(stranger, displays=["tv-3"])
    assert "请另一位经理登录控制台" in ours.text("step")
    assert "请另一位经理登录控制台" in manager.open(PAGE).text("step")
    with club.context.db.read() as tx:
        slugs = {row.displays[0]: row.slug for row in tx.rows(select(notice_rows)) if row.state == "ready"}
    for desk, other in ((manager, slugs["tv-3"]), (stranger, slugs["tv-1"])):
        assert desk.http.get(f"{PAGE}/{other}/preview.png").status_code == 404


def test_two_stores_notices_run_side_by_side(manager: Desk, stranger: Desk, of_both: Desk) -> None:
    write(manager, displays=["tv-1"])
    assert "已确认" in press(of_both, of_both.open(PAGE), "confirm").text("notice")
    write(stranger, displays=["tv-3"])
    with manager.club.context.db.read() as tx:
        slug = next(row.slug for row in tx.rows(select(notice_rows)) if row.displays == ["tv-3"])
    sent = of_both.http.post(f"{PAGE}/{slug}/confirm", data={"csrf": token(of_both)})
    assert "已确认" in Page(sent).text("notice")
    for desk in (manager, stranger):
        assert "已撤回" in press(desk, desk.open(PAGE), "back").text("notice")


def test_what_covers_screens_of_both_is_shown_to_each_and_taken_back_by_who_works_for_both(
    manager: Desk, stranger: Desk, of_both: Desk
) -> None:
    club = manager.club
    prepared(club, "n-both", "tv-2", "tv-3", by="staff:1001")
    assert "已确认" in press(of_both, of_both.open(PAGE), "confirm").text("notice")
    for desk in (manager, stranger):
        seen = desk.open(PAGE)
        assert "到 15:32 自动结束" in seen.text("step")
        assert not [form for form in seen.forms if form.id == "back"]
        assert desk.http.get(f"{PAGE}/n-both/preview.png").status_code == 200
    assert "电视 3" not in manager.open(PAGE).text("screens")
    assert "已撤回" in press(of_both, of_both.open(PAGE), "back").text("notice")


def test_a_board_that_tvs_of_another_store_play_is_only_to_be_read(stranger: Desk) -> None:
    page = stranger.open()
    assert page.find("span", **{"class": "t n"})
    assert not [form for form in page.forms if form.id == "recall"]
    with stranger.club.context.db.write() as tx:
        tx.execute(update(displays).values(store="west"))
    assert [form for form in stranger.open().forms if form.id == "recall"]
    assert stranger.send("/publish", zh__title="西店自驾游").status == 200
