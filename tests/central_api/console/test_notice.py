"""The urgent notice's page without scripts: write, look, let another person confirm, take back (C2, L2)."""

import io
from collections.abc import Iterator
from typing import Any

import pytest
from litestar.testing import TestClient
from PIL import Image
from sqlalchemy import select

from central_api.app import create_app
from central_api.boards import repository
from central_api.staff.tables import audit
from tests.central_api.console.conftest import Desk, signed_in
from tests.central_api.console.test_devices import stand
from tests.support.pages import Page
from tests.support.screens_club import Club

PAGE = "/console/notice"
WORDS = {"zh.title": "消防演练", "zh.when": "15:00 开始", "zh.text": "请随工作人员离开。", "zh.contact": "一楼前台"}


@pytest.fixture
def other(club: Club) -> Iterator[Desk]:
    """Another manager, at another desk."""
    with TestClient(create_app(club.context.settings, context=club.context)) as http:
        yield signed_in(club, http, "1008")


def write(desk: Desk, **changes: str | list[str]) -> Page:
    form = desk.open(PAGE).form("prepare")
    fields: dict[str, Any] = {**form.fields, **WORDS, "ends": "2026-05-16T17:00", **changes}
    return Page(desk.http.post(PAGE, data=fields))


def press(desk: Desk, page: Page, form: str) -> Page:
    found = page.form(form)
    return Page(desk.http.post(found.action, data=found.fields))


def revisions(club: Club) -> list[int]:
    with club.context.db.read() as tx:
        return [repository.manifest_row(tx, f"tv-{number}").revision for number in (1, 2, 3, 4)]


def test_one_writes_another_confirms_and_the_screens_are_covered(manager: Desk, other: Desk) -> None:
    club = manager.club
    before = revisions(club)
    mine = write(manager)
    assert "请另一位经理登录控制台" in mine.text("step")
    assert not [form for form in mine.forms if form.id == "confirm"]
    picture = manager.http.get(mine.find("img", width="1920")[0]["src"])
    assert Image.open(io.BytesIO(picture.content)).size == (1920, 1080)
    assert revisions(club) == before
    seen = other.open(PAGE)
    assert "周经理写好了" in seen.text("step")
    stand(club, "tv-1", manifest_revision=before[0] + 1)
    sent = press(other, seen, "confirm")
    assert "已确认" in sent.text("notice")
    assert "到 17:00 自动结束" in sent.text("step")
    assert revisions(club) == [revision + 1 for revision in before]
    assert "电视 1休息区 已收到" in sent.text("screens")
    assert "电视 2吧台 没有设备" in sent.text("screens")
    back = press(manager, manager.open(PAGE), "back")
    assert "已撤回" in back.text("notice")
    assert revisions(club) == [revision + 2 for revision in before]
    with club.context.db.read() as tx:
        acts = [(row.actor, row.act) for row in tx.rows(select(audit).where(audit.c.act.like("notice.%")))]
    assert acts == [
        ("staff:1001", "notice.prepare"),
        ("staff:1008", "notice.send"),
        ("staff:1001", "notice.withdraw"),
    ]


def test_the_writer_cannot_confirm_even_by_hand(manager: Desk) -> None:
    page = write(manager)
    action = page.form("back").action.replace("/withdraw", "/confirm")
    told = Page(manager.http.post(action, data=page.form("back").fields))
    assert (told.status, "不能自己确认" in told.text("notice")) == (409, True)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"ends": ""}, "请填结束时间"),
        ({"ends": "2026-05-16T14:00"}, "请填结束时间"),
        ({"ends": "2026-05-18T14:00"}, "请填结束时间"),
        ({"zh.text": " "}, "请写清楚要大家做什么"),
        ({"zh.title": ""}, "标题"),
        ({"zh.text": "请打 138 0000 6621"}, "手机号"),
        ({"displays": []}, "至少选一块屏"),
        ({"displays": ["elsewhere"]}, "至少选一块屏"),
    ],
)
def test_what_is_missing_is_said_and_what_was_typed_stays(
    manager: Desk, changes: dict[str, str | list[str]], said: str
) -> None:
    page = write(manager, **changes)
    assert page.status == 409
    assert said in page.text("notice")
    assert page.form("prepare").fields["zh.when"] == "15:00 开始"


def test_it_can_be_dropped_before_anybody_confirms(manager: Desk) -> None:
    page = press(manager, write(manager), "back")
    assert "没有上屏" in page.text("notice")
    assert page.form("prepare").fields["zh.title"] == "消防演练"


def test_too_late_is_told(manager: Desk, other: Desk) -> None:
    write(manager)
    seen = other.open(PAGE)
    manager.club.clock.forward(300)
    assert "已经作废" in press(other, seen, "confirm").text("notice")


def test_it_is_for_managers(adviser: Desk) -> None:
    assert adviser.http.get(PAGE).status_code == 403
    assert not adviser.open("/console/boards").find("a", href=PAGE)


def test_nothing_happens_without_the_forms_token(manager: Desk) -> None:
    assert manager.http.post(PAGE, data={**WORDS, "ends": "2026-05-16T17:00", "displays": "tv-1"}).status_code == 403
