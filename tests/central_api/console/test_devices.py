"""The devices page without scripts: how each is, adding by code, shutting out, who may (C9)."""

from datetime import timedelta
from typing import Any

import pytest
from litestar.testing import TestClient
from sqlalchemy import insert, select, update

from central_api.console import device_cards
from central_api.devices import pairing
from central_api.devices.tables import devices, pairings
from central_api.feed.notes import Closed
from central_api.staff.tables import audit, staff, staff_sessions
from club.words.catalogue import words
from tests.central_api.console.conftest import Desk, signed_in
from tests.support.pages import Page
from tests.support.screens_club import Club

PAGE = "/console/devices"


def stand(club: Club, place: str, *, name: str = "", seen_s: int | None = 4, **more: object) -> str:
    """A device in a place, last heard of so many seconds ago (None: never)."""
    kind = "kiosk" if place.startswith("kiosk") else "lounge"
    now = club.clock.now()
    device = name or f"device-{place}"
    values = {
        "id": device,
        "public_key": "A" * 43,
        "kind": kind,
        "place": place,
        "store": "east",
        "version": "0.1.0",
        "enrolled_at": now,
        "enrolled_by": "test",
        "seen_at": None if seen_s is None else now - timedelta(seconds=seen_s),
        **more,
    }
    with club.context.db.write() as tx:
        tx.execute(insert(devices).values(**values))
    return device


def waiting(club: Club, code: str = "7K2M9Q", kind: str = "lounge", device: str = "new-screen") -> str:
    """A screen that shows a code."""
    now = club.clock.now()
    with club.context.db.write() as tx:
        tx.execute(
            insert(pairings).values(
                device=device,
                public_key="B" * 43,
                kind=kind,
                version="0.1.0",
                code=code,
                source="192.0.2.7",
                asked_at=now,
                expires_at=now + pairing.LIFE,
            )
        )
    return code


def test_each_device_says_how_it_is(manager: Desk) -> None:
    club = manager.club
    now = club.clock.now()
    stand(club, "kiosk-1", reader="ready", on_glass="session", on_glass_since=now - timedelta(minutes=3))
    stand(club, "kiosk-2", seen_s=6, reader="lost: unplugged", outbox=2)
    stand(
        club, "tv-1", seen_s=9, on_glass="b-lakeside@1", on_glass_since=now - timedelta(seconds=12), manifest_revision=1
    )
    stand(club, "tv-3", seen_s=34 * 60)
    stand(club, "tv-4", seen_s=None)
    page = manager.open(PAGE)
    assert page.text("summary") == "5 台，2 台正常，1 台要看一下，1 台离线，1 台刚加入"
    kiosk, lost, tv, away, new = (
        page.text(f"d-device-{place}") for place in ("kiosk-1", "kiosk-2", "tv-1", "tv-3", "tv-4")
    )
    assert "自助机 1自助机 在线" in kiosk
    assert "最近心跳4 秒前" in kiosk
    assert "画面会员正在使用，已 3 分钟" in kiosk
    assert "读卡器正常" in kiosk
    assert "没有连上，请看读卡器的线" in lost
    assert "2 条，联网后自动补传" in lost
    assert "播放“湖山两日自驾游”，已 12 秒" in tv
    assert "第 1 版，已是最新" in tv
    assert "离线 最近心跳34 分钟前" in away
    assert "刚加入 最近心跳还没有" in new
    assert "电视 3 离线 34 分钟" in page.text("fleet")
    assert "13:58 断开" in page.text("fleet")
    assert page.find("a", href=PAGE, aria_current="page") or page.find("a", class_="on", href=PAGE)


def test_the_minutes_in_which_a_device_was_heard_are_a_strip(manager: Desk) -> None:
    club = manager.club
    now = club.clock.now()
    device = stand(club, "kiosk-1", reader="ready")
    for ago, trouble in ((5, False), (4, True), (3, False), (0, False)):
        club.context.beats.heard(device, now - timedelta(minutes=ago), trouble=trouble)
    page = manager.open(PAGE)
    marks = [mark["class"] for mark in page.find("i") if mark.get("class") in {"heard", "trouble", "missed", "unknown"}]
    assert marks == ["unknown"] * 42 + ["heard", "trouble", "heard", "missed", "missed", "heard"]
    assert page.find("div", title="近 48 分钟的心跳，2 分钟没有听到")


@pytest.mark.parametrize(
    ("seen_s", "state"), [(None, "new"), (0, "online"), (120, "online"), (121, "offline"), (86_400, "offline")]
)
def test_two_minutes_without_a_heartbeat_are_offline(club: Club, seen_s: int | None, state: str) -> None:
    stand(club, "tv-1", seen_s=seen_s)
    with club.context.db.read() as tx:
        row = tx.first(select(devices))
    assert device_cards.state_of(row, club.clock.now()) == state


@pytest.mark.parametrize(
    ("seconds", "said"), [(-3, "0 秒"), (59, "59 秒"), (60, "1 分钟"), (7199, "1 小时"), (172_800, "2 天")]
)
def test_spans_are_said_as_people_say_them(seconds: int, said: str) -> None:
    assert device_cards.span(words("zh-CN"), timedelta(seconds=seconds)) == said


def test_the_part_that_refreshes_itself_does_not_keep_the_session_alive(manager: Desk) -> None:
    stand(manager.club, "tv-1")
    manager.club.clock.forward(20 * 60)
    part = Page(manager.http.get(f"{PAGE}/fleet", headers={"HX-Request": "true"}))
    assert "离线" in part.text("d-device-tv-1")
    assert part.text("summary") == "1 台，1 台离线"
    assert part.find("p", id="summary")[0]["hx-swap-oob"] == "true"
    with manager.club.context.db.read() as tx:
        assert tx.scalar(select(staff_sessions.c.seen_at)) == manager.club.clock.now() - timedelta(minutes=20)
    manager.club.clock.forward(11 * 60)
    assert manager.http.get(f"{PAGE}/fleet", headers={"HX-Request": "true"}).status_code == 401


def test_a_code_and_a_place_let_the_screen_in(manager: Desk) -> None:
    waiting(manager.club)
    form = manager.open(f"{PAGE}/add").form("pairing")
    page = Page(manager.http.post(form.action, data={**form.fields, "code": "7k2-m9q", "place": "tv-2"}))
    assert "已加进来" in page.text("notice")
    assert "电视 2" in page.text("d-new-screen")
    with manager.club.context.db.read() as tx:
        row = tx.first(select(audit).where(audit.c.act == "device.pair"))
    assert (row.actor, row.subject, row.facts["device"]) == ("staff:1001", "place:tv-2", "new-screen")
    add = manager.open(f"{PAGE}/add")
    assert not add.find("option", value="tv-2")
    assert add.find("option", value="tv-1")


def test_what_is_wrong_is_said_and_what_was_typed_stays(manager: Desk) -> None:
    waiting(manager.club)
    stand(manager.club, "tv-1")
    form = manager.open(f"{PAGE}/add").form("pairing")

    def told(code: str, place: str) -> Page:
        return Page(manager.http.post(form.action, data={**form.fields, "code": code, "place": place}))

    page = told("AAAAAA", "tv-2")
    assert page.status == 409
    assert "没有屏幕显示这个码" in page.text("refused")
    assert "还可尝试 4 次" in page.text("refused")
    assert page.find("input", id="code")[0]["value"] == "AAAAAA"
    assert "selected" in page.find("option", value="tv-2")[0]
    assert "这块屏是电视" in told("7K2M9Q", "kiosk-1").text("refused")
    assert "已经有设备了" in told("7K2M9Q", "tv-1").text("refused")
    assert "请选一个空着的位置" in told("7K2M9Q", "").text("refused")
    for _ in range(4):
        page = told("AAAAAA", "tv-2")
    assert "请等 1 分钟" in page.text("refused")
    assert "请等 1 分钟" in told("7K2M9Q", "tv-2").text("refused")
    manager.club.clock.forward(60)
    assert "已加进来" in told("7K2M9Q", "tv-2").text("notice")


def test_shutting_out_asks_first_ends_the_stream_and_is_in_the_log(manager: Desk) -> None:
    device = stand(manager.club, "tv-1")
    told: list[object] = []
    manager.club.context.db.after_commit(told.extend)
    asked = manager.open(f"{PAGE}/{device}/revoke")
    assert "停用 电视 1？" in asked.answer.text
    with manager.club.context.db.read() as tx:
        assert tx.scalar(select(devices.c.revoked_at)) is None
    form = asked.form("revoke")
    page = Page(manager.http.post(form.action, data=form.fields))
    assert "已停用" in page.text("notice")
    assert "还没有设备" in page.text("fleet")
    assert told == [Closed(device)]
    with manager.club.context.db.read() as tx:
        assert tx.scalar(select(devices.c.revoked_at)) == manager.club.clock.now()
        assert tx.scalar(select(audit.c.actor).where(audit.c.act == "device.revoke")) == "staff:1001"
    assert manager.http.post(form.action, data=form.fields).status_code == 404


def test_a_form_without_its_token_changes_nothing(manager: Desk) -> None:
    device = stand(manager.club, "tv-1")
    assert manager.http.post(f"{PAGE}/{device}/revoke", data={}).status_code == 403
    assert manager.http.post(f"{PAGE}/add", data={"code": waiting(manager.club), "place": "tv-2"}).status_code == 403
    with manager.club.context.db.read() as tx:
        assert [row.id for row in tx.rows(select(devices).where(devices.c.revoked_at.is_(None)))] == [device]


@pytest.mark.parametrize("path", [PAGE, f"{PAGE}/fleet", f"{PAGE}/add", f"{PAGE}/device-tv-1/revoke"])
def test_it_is_for_those_who_run_the_store(adviser: Desk, path: str) -> None:
    stand(adviser.club, "tv-1")
    assert adviser.http.get(path).status_code == 403
    assert not adviser.open("/console/boards").find("a", href=PAGE)


def test_somebody_sees_the_devices_of_their_own_stores(club: Club, browser: TestClient[Any]) -> None:
    stand(club, "tv-1")
    with club.context.db.write() as tx:
        tx.execute(update(staff).where(staff.c.number == "1001").values(stores=["west"]))
    desk = signed_in(club, browser, "1001")
    assert "还没有设备" in desk.open(PAGE).text("fleet")
    assert desk.http.get(f"{PAGE}/device-tv-1/revoke").status_code == 404


def test_english_speakers_read_english_also_when_something_fails(club: Club, browser: TestClient[Any]) -> None:
    stand(club, "tv-1", seen_s=40 * 60)
    with club.context.db.write() as tx:
        tx.execute(update(staff).where(staff.c.number == "1001").values(language="en"))
    desk = signed_in(club, browser, "1001")
    assert desk.open(PAGE).text("summary") == "Devices: 1, 1 offline"
    assert "offline for 40 min" in desk.open(PAGE).text("fleet")
    lost = desk.http.get(f"{PAGE}/nobody/revoke")
    assert (lost.status_code, lost.headers["content-language"]) == (404, "en")
