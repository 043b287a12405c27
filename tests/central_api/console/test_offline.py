"""The page of what was handed out offline: what the store bears, whose it is to look into, and that it stays the store's own (A14)."""

from datetime import date, timedelta
from typing import Any

import pytest
from litestar.testing import TestClient
from sqlalchemy import insert, select, update

from central_api.rewards.offline.tables import offline_redemptions
from central_api.staff.tables import audit, staff
from tests.central_api.console.conftest import MANAGER, SERVICE, Desk, signed_in
from tests.central_api.console.test_devices import stand
from tests.support.pages import Page
from tests.support.screens_club import Club

PAGE = "/console/offline"
ALL = (
    *("points", "stock", "limit", "pin", "card", "blocked", "replayed", "seal", "code"),
    *("off", "reward", "floor", "quota", "price", "days", "clock", "shut-out", "elsewhere"),
)


def settled(club: Club, command: str, reason: str = "pin", *, store: str = "east", shortfall: int = 300) -> str:
    """A piece that a kiosk handed out half an hour ago, and how it was settled."""
    now = club.clock.now()
    with club.context.db.write() as tx:
        known = {row.id for row in tx.rows(select(offline_redemptions.c.device.label("id")))}
    if "device-kiosk-1" not in known:
        stand(club, "kiosk-1")
    values = {
        "command": command,
        "device": "device-kiosk-1",
        "store": store,
        "outage": "outage-1",
        "reward": "quick-wash",
        "code": "5C7D3K8M46",
        "price": 300,
        "taken": 0,
        "shortfall": shortfall,
        "reason": reason,
        "issued_at": now - timedelta(minutes=30),
        "valid_to": date(2026, 8, 14),
        "settled_at": now,
    }
    with club.context.db.write() as tx:
        tx.execute(insert(offline_redemptions).values(**(values | {"price": shortfall})))
    return command


def test_a_case_says_what_it_is_what_it_costs_and_what_to_do(manager: Desk) -> None:
    settled(manager.club, "command-0001")
    page = manager.open(PAGE)
    assert page.text("summary") == "1 张要看一下，门店累计承担 300 积分"
    case = page.text("c-command-0001")
    for said in (
        "quick-wash",
        "5C7D 3K8M 46",
        "今天 14:02·自助机 1",
        "密码不对，或没有设密码",
        "对上这里的券码就兑现",
        "门店承担 300",
    ):
        assert said in case, said


def test_it_moves_to_those_looked_into_once_with_a_name(manager: Desk) -> None:
    club = manager.club
    settled(club, "command-0001")
    page = manager.open(PAGE)
    form = page.form("f-command-0001")
    done = Page(manager.http.post(form.action, data=form.fields))
    assert "记下了" in done.text("notice")
    assert "都处理完了" in done.text("waiting")
    assert "quick-wash" in done.text("handled")
    with club.context.db.read() as tx:
        (row,) = tx.rows(select(offline_redemptions))
        assert (row.seen_by, row.seen_at) == (f"staff:{MANAGER}", club.clock.now())
    manager.http.post(form.action, data=form.fields)  # a second press
    with club.context.db.read() as tx:
        assert len(tx.rows(select(audit.c.id).where(audit.c.act == "offline.seen"))) == 1
    # What the store bears stays what it is, looked into or not.
    assert manager.open(PAGE).text("summary") == "0 张要看一下，门店累计承担 300 积分"


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_every_reason_has_its_words(club: Club, browser: TestClient[Any], language: str) -> None:
    for number, reason in enumerate(ALL):
        settled(club, f"command-{number:04d}", reason)
    browser.cookies.set("club-language", language)
    page = signed_in(club, browser, MANAGER).open(PAGE)
    told = [page.text(f"c-command-{number:04d}") for number in range(len(ALL))]
    assert not any("console." in one for one in told)
    assert len(set(told)) == len(ALL)
    refuse = "不在门店规则内" if language == "zh-CN" else "Not within the rules of the store"
    assert [reason for reason, one in zip(ALL, told, strict=True) if refuse in one] == [
        "off",
        "reward",
        "elsewhere",
    ]


def test_another_stores_cases_are_neither_shown_nor_taken(manager: Desk) -> None:
    club = manager.club
    settled(club, "command-0001", store="west")
    settled(club, "command-0002")
    with club.context.db.write() as tx:
        tx.execute(update(staff).where(staff.c.number == MANAGER).values(stores=["east"]))
    page = manager.open(PAGE)
    assert page.find("li", id="c-command-0001") == []
    form = page.form("f-command-0002")
    answer = manager.http.post(form.action.replace("0002", "0001"), data=form.fields)
    assert answer.status_code == 404
    with club.context.db.read() as tx:
        row = tx.first(select(offline_redemptions).where(offline_redemptions.c.command == "command-0001"))
        assert row.seen_at is None
    assert "300" in page.text("summary")


def test_the_desk_sees_and_leaves_the_noting_to_who_answers_for_it(club: Club, browser: TestClient[Any]) -> None:
    settled(club, "command-0001")
    desk = signed_in(club, browser, SERVICE)
    with club.context.db.write() as tx:
        tx.execute(update(staff).where(staff.c.number == SERVICE).values(roles=["reception"]))
    page = desk.open(PAGE)
    assert "待处理" in page.text("c-command-0001")
    assert page.find("form", id="f-command-0001") == []
    assert page.find("a", href=PAGE) != []


def test_who_has_nothing_to_do_with_vouchers_is_not_led_there(club: Club, browser: TestClient[Any]) -> None:
    desk = signed_in(club, browser, SERVICE)
    with club.context.db.write() as tx:
        tx.execute(update(staff).where(staff.c.number == SERVICE).values(roles=["marketing"]))
    assert desk.open("/console/boards").find("a", href=PAGE) == []
    assert browser.get(PAGE).status_code == 403
