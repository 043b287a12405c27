"""The page of what waits for staff: what it is, what to do, who saw to it, and that another store's stays its own (A4, A8)."""

from datetime import timedelta
from typing import Any

import pytest
from litestar.testing import TestClient
from sqlalchemy import select, update

from central_api.inbox import service as inbox
from central_api.inbox.tables import staff_tasks
from central_api.staff.tables import audit, staff
from tests.central_api.console.conftest import MANAGER, SERVICE, Desk, signed_in
from tests.central_api.console.test_limits import driver
from tests.support.pages import Page
from tests.support.screens_club import Club

PAGE = "/console/tasks"
FACTS: dict[str, dict[str, int | str]] = {
    "refund-unclear": {"source": "dms-east", "refund": "R-7", "bill": "B-7001"},
    "joining-unclear": {"reward": "gone"},
    "phone-taken": {},
    "congratulate": {"tier": "gold"},
}


def asked(club: Club, kind: str, name: str, *, store: str = "east", member: str | None = None) -> str:
    """A task that came just now; its key."""
    key = f"{kind}:{name}"
    with club.context.db.write() as tx:
        assert inbox.ask_staff(tx, key, kind, store, member, FACTS[kind], club.clock.now())
    return key


def is_done(club: Club, key: str) -> tuple[bool, str]:
    with club.context.db.read() as tx:
        row = tx.first(select(staff_tasks).where(staff_tasks.c.key == key))
    return row.done_at is not None, row.done_by


def test_a_task_says_what_happened_whose_it_is_and_what_to_do(manager: Desk) -> None:
    club = manager.club
    member = f"member-{driver(club, 'card-1')}"
    refund, gift = asked(club, "refund-unclear", "r-1", member=member), asked(club, "joining-unclear", "m:gone")
    page = manager.open(PAGE)
    assert page.text("summary") == "2 件等着处理"
    for said in ("退款对不上", "安达**", "今天 14:32", "dms-east", "R-7", "B-7001", "没有入账", "自动完成"):
        assert said in page.text(f"t-{refund}"), said
    for said in ("入会礼没发出", "gone", "补给会员"):
        assert said in page.text(f"t-{gift}"), said
    phone = asked(club, "phone-taken", "m", member=member)
    for said in ("想换的手机号别人在用", "安达**", "没有换", "带证件到前台"):
        assert said in manager.open(PAGE).text(f"t-{phone}"), said


def test_it_is_closed_once_with_a_name_and_on_the_record(manager: Desk) -> None:
    club = manager.club
    key = asked(club, "refund-unclear", "r-1")
    form = manager.open(PAGE).form(f"f-{key}")
    done = Page(manager.http.post(form.action, data=form.fields))
    assert "记下了" in done.text("notice")
    assert "都处理完了" in done.text("waiting")
    assert "周经理，今天 14:32" in done.text("handled")
    assert is_done(club, key) == (True, f"staff:{MANAGER}")
    manager.http.post(form.action, data=form.fields)  # a second press
    with club.context.db.read() as tx:
        rows = tx.rows(select(audit).where(audit.c.act == "task.done"))
    assert [(row.actor, row.subject) for row in rows] == [(f"staff:{MANAGER}", f"task:{key}")]


def test_what_was_put_right_meanwhile_says_so(manager: Desk) -> None:
    key = asked(manager.club, "refund-unclear", "r-1")
    with manager.club.context.db.write() as tx:
        assert inbox.finish(tx, key, "system", manager.club.clock.now())
        assert not inbox.finish(tx, key, f"staff:{MANAGER}", manager.club.clock.now())
    page = manager.open(PAGE)
    assert "更正后自动完成" in page.text(f"t-{key}")
    assert page.text("summary") == "0 件等着处理"


def test_what_was_seen_to_comes_leaf_by_leaf_and_none_is_lost(manager: Desk) -> None:
    club, many = manager.club, 60
    keys = [asked(club, "refund-unclear", f"{number:03d}") for number in range(many)]
    with club.context.db.write() as tx:
        for number, key in enumerate(keys):
            inbox.finish(tx, key, f"staff:{MANAGER}", club.clock.now() - timedelta(minutes=number))
    first = manager.open(PAGE)
    [behind] = first.find("a", rel="next")
    second = manager.open(behind["href"])
    [before] = second.find("a", rel="prev")
    shown = [f"t-{key}" for key in keys]
    assert [each["id"] for each in first.find("li") if each.get("id")] == shown[:50]
    assert [each["id"] for each in second.find("li") if each.get("id")] == shown[50:]
    assert first.find("a", rel="prev") == second.find("a", rel="next") == []
    assert manager.open(before["href"]).text("handled") == first.text("handled")
    for odd in ("0", "-1", "x", "9" * 40):
        assert manager.open(f"{PAGE}?leaf={odd}").status == 200


def test_another_stores_and_other_kinds_are_neither_shown_nor_closed(manager: Desk) -> None:
    club = manager.club
    own = asked(club, "refund-unclear", "own")
    others = (asked(club, "refund-unclear", "other", store="west"), asked(club, "congratulate", "own"))
    with club.context.db.write() as tx:
        tx.execute(update(staff).where(staff.c.number == MANAGER).values(stores=["east"]))
    page = manager.open(PAGE)
    form = page.form(f"f-{own}")
    for key in others:
        assert page.find("li", id=f"t-{key}") == []
        assert manager.http.post(f"{PAGE}/{key}/done", data=form.fields).status_code == 404
        assert is_done(club, key) == (False, "")


def test_the_desk_sees_and_leaves_the_closing_to_who_answers_for_it(club: Club, browser: TestClient[Any]) -> None:
    key = asked(club, "refund-unclear", "r-1")
    desk = signed_in(club, browser, SERVICE)
    with club.context.db.write() as tx:
        tx.execute(update(staff).where(staff.c.number == SERVICE).values(roles=["reception"]))
    page = desk.open(PAGE)
    assert "待处理" in page.text(f"t-{key}")
    assert page.find("form", id=f"f-{key}") == []


@pytest.mark.parametrize(("language", "said"), [("zh-CN", "对不上"), ("en", "does not fit")])
def test_it_is_said_in_both_languages(club: Club, browser: TestClient[Any], language: str, said: str) -> None:
    keys = [asked(club, kind, "x") for kind in ("refund-unclear", "joining-unclear")]
    browser.cookies.set("club-language", language)
    page = signed_in(club, browser, MANAGER).open(PAGE)
    assert said in page.text(f"t-{keys[0]}")
    assert not any("console." in page.text(f"t-{key}") for key in keys)
