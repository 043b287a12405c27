"""The page of one device without scripts: how it is, what was wrong, what it can be told to do, another machine (C9)."""

from datetime import timedelta

import pytest
from sqlalchemy import insert, select, update

from central_api.devices import incidents, remote, repository
from central_api.devices.enrolled import Device
from central_api.devices.tables import device_commands, device_shots, devices
from central_api.staff.tables import audit, staff, staff_sessions
from club.words.catalogue import LANGUAGES, words
from tests.central_api.console.conftest import Desk
from tests.central_api.console.test_devices import PAGE, stand, waiting
from tests.support.pages import Page

HEALTH = {"disk_free_mib": 300, "memory_free_mib": 410, "temperature_c": 61, "clock_offset_ms": -40}


def commands(desk: Desk) -> list[tuple[str, str, str]]:
    with desk.club.context.db.read() as tx:
        rows = tx.rows(select(device_commands).order_by(device_commands.c.asked_at, device_commands.c.id))
    return [(row.device, row.kind, row.state) for row in rows]


def press(desk: Desk, device: str, kind: str, page: Page | None = None) -> Page:
    form = (page or desk.open(f"{PAGE}/{device}")).form("orders")
    return Page(desk.http.post(form.action, data={**form.fields, "kind": kind}))


def test_a_device_says_how_its_machine_is(manager: Desk) -> None:
    runs = [{"run": "r-1", "since": "2026-05-16T06:00:00+00:00", "source": "192.0.2.7"}]
    device = stand(manager.club, "tv-1", health=HEALTH, sync="behind", runs=runs)
    said = manager.open(f"{PAGE}/{device}").text(f"d-{device}")
    for part in (
        "同步正在追赶",
        "剩余存储300 MB",
        "剩余内存410 MB",
        "温度61℃",
        "时钟误差-40 毫秒",
        "网络地址192.0.2.7",
    ):
        assert part in said
    roomy = stand(manager.club, "tv-3", health={**HEALTH, "disk_free_mib": 42_363})
    assert "剩余存储41.4 GB" in manager.open(f"{PAGE}/{roomy}").text(f"d-{roomy}")
    bare = stand(manager.club, "tv-2")
    assert "温度" not in manager.open(f"{PAGE}/{bare}").text(f"d-{bare}"), "what it cannot measure is not shown"
    assert manager.open(PAGE).find("a", href=f"{PAGE}/{device}")


def test_what_is_and_was_wrong_is_said_in_both_languages(manager: Desk) -> None:
    device, now = stand(manager.club, "tv-1"), manager.club.clock.now()
    facts = {"clone": {"first": "192.0.2.7", "second": "192.0.2.8"}, "disk": {"mib": 300}, "hot": {"celsius": 91}}
    with manager.club.context.db.write() as tx:
        for kind, more in facts.items():
            incidents.open_one(tx, device, "tv-1", kind, more, now - timedelta(minutes=5))  # type: ignore[arg-type]
        incidents.close(tx, device, "hot", now - timedelta(minutes=2))
    page = manager.open(f"{PAGE}/{device}")
    assert "存储快满了，只剩 300 MB 还没好，已 5 分钟" in page.text("incidents")
    assert "太热了，91℃ 已好，用了 3 分钟" in page.text("incidents")
    assert "两台机器用同一把密钥：192.0.2.7 和 192.0.2.8" in page.text("incidents")
    assert "有两台机器自称是这台设备" in page.text("copied")
    assert "存储快满了" in manager.open(PAGE).text(f"d-{device}")
    assert not any(form.action.endswith("/end-key") for form in page.forms), "there is no key before"
    with manager.club.context.db.write() as tx:
        before = {"other_key": "A" * 43, "other_key_until": now + timedelta(days=3)}
        tx.execute(update(devices).where(devices.c.id == device).values(before))
    page = manager.open(f"{PAGE}/{device}")
    form = next(form for form in page.forms if form.action.endswith("/end-key"))
    assert not Page(manager.http.post(form.action, data=form.fields)).text("copied")
    with manager.club.context.db.write() as tx:
        assert [row.kind for row in repository.open_incidents(tx, device)] == ["disk"]
        tx.execute(update(staff).where(staff.c.number == "1001").values(language="en"))
    assert "Storage almost full: 300 MB left" in manager.open(f"{PAGE}/{device}").text("incidents")


def test_a_button_asks_once_however_often_its_form_is_sent(manager: Desk) -> None:
    device = stand(manager.club, "tv-1")
    page = manager.open(f"{PAGE}/{device}")
    press(manager, device, "identify", page)
    after = press(manager, device, "identify", page)
    assert commands(manager) == [(device, "identify", "open")]
    assert "在屏幕上亮出名字 等设备来取" in after.text("commands")
    known = Device(device, "lounge", "tv-1", "east")
    with manager.club.context.db.write() as tx:
        (row,) = remote.fetch(tx, known, manager.club.clock.now())
    assert "设备已收到" in manager.open(f"{PAGE}/{device}").text("commands")
    with manager.club.context.db.write() as tx:
        remote.answer(tx, known, row.id, "done", "", manager.club.clock.now())
    assert "已完成" in manager.open(f"{PAGE}/{device}").text("commands")
    press(manager, device, "identify")
    assert len(commands(manager)) == 2, "a new page asks anew"


@pytest.mark.parametrize("kind", [kind for kind in remote.KINDS if kind != "wipe"])
def test_every_command_of_the_list_has_its_button_and_its_words(manager: Desk, kind: str) -> None:
    device = stand(manager.club, "tv-1")
    assert manager.open(f"{PAGE}/{device}").find("button", value=kind)
    press(manager, device, kind)
    assert commands(manager) == [(device, kind, "open")]
    assert all(words(language).has(f"console.devices.do.{kind}") for language in LANGUAGES)


def test_wiping_asks_first(manager: Desk) -> None:
    device = stand(manager.club, "kiosk-1")
    asked = press(manager, device, "wipe")
    assert "清空 自助机 1？" in asked.answer.text
    assert commands(manager) == []
    form = asked.form("wipe")
    manager.http.post(form.action, data=form.fields)
    assert commands(manager) == [(device, "wipe", "open")]


@pytest.mark.parametrize("kind", ["shell", "", "reload;reboot"])
def test_nothing_else_can_be_asked(manager: Desk, kind: str) -> None:
    device = stand(manager.club, "tv-1")
    assert press(manager, device, kind).status == 400
    assert commands(manager) == []
    form = manager.open(f"{PAGE}/{device}").form("orders")
    without_id = {**form.fields, "kind": "reload", "command": ""}
    assert manager.http.post(form.action, data=without_id).status_code == 400
    assert manager.http.post(form.action, data={"kind": "reload", "command": "command-0001"}).status_code == 403


def test_a_picture_of_the_screen_is_for_those_who_may_and_on_the_record(manager: Desk) -> None:
    device, now = stand(manager.club, "tv-1"), manager.club.clock.now()
    press(manager, device, "screenshot")
    with manager.club.context.db.write() as tx:
        command_id = tx.scalar(select(device_commands.c.id))
        shot = {"command": command_id, "media_type": "image/png", "picture": b"\x89PNG", "taken_at": now}
        tx.execute(insert(device_shots).values(**shot))
    (link,) = manager.open(f"{PAGE}/{device}").find("a", href=f"{PAGE}/{device}/pictures/{command_id}")
    answer = manager.http.get(link["href"])
    assert (answer.content, answer.headers["content-type"], answer.headers["cache-control"]) == (
        b"\x89PNG",
        "image/png",
        "no-store",
    )
    with manager.club.context.db.read() as tx:
        assert tx.scalar(select(audit.c.actor).where(audit.c.act == "device.look")) == "staff:1001"
    assert manager.http.get(f"{PAGE}/{device}/pictures/another-one").status_code == 404


def test_why_a_device_did_not_do_something_is_said(manager: Desk) -> None:
    device, now = stand(manager.club, "kiosk-1"), manager.club.clock.now()
    press(manager, device, "screenshot")
    with manager.club.context.db.write() as tx:
        command_id = tx.scalar(select(device_commands.c.id))
        repository.end_command(tx, command_id, "refused", "somebody-there", now)
    assert "没有照做：有人正在用" in manager.open(f"{PAGE}/{device}").text("commands")
    with manager.club.context.db.write() as tx:
        repository.end_command(tx, command_id, "refused", "a reason of a newer device", now)
    assert "设备没有照做" in manager.open(f"{PAGE}/{device}").text("commands")


def test_another_machine_takes_the_place_over(manager: Desk) -> None:
    device = stand(manager.club, "tv-1")
    page = manager.open(f"{PAGE}/{device}")
    assert page.find("a", id="replace", href=f"{PAGE}/{device}/replace")
    form = manager.open(f"{PAGE}/{device}/replace").form("replacing")
    wrong = Page(manager.http.post(form.action, data={**form.fields, "code": "AAAAAA"}))
    assert (wrong.status, "没有屏幕显示这个码" in wrong.text("refused")) == (409, True)
    done = Page(manager.http.post(form.action, data={**form.fields, "code": waiting(manager.club)}))
    assert "已换上新机器" in done.text("notice")
    assert "电视 1" in done.text("d-new-screen")
    with manager.club.context.db.read() as tx:
        assert [row.id for row in tx.rows(select(devices).where(devices.c.revoked_at.is_(None)))] == ["new-screen"]
    assert manager.http.get(f"{PAGE}/{device}").status_code == 404


def test_the_part_that_refreshes_itself_does_not_keep_the_session_alive(manager: Desk) -> None:
    device = stand(manager.club, "tv-1")
    manager.club.clock.forward(20 * 60)
    part = Page(manager.http.get(f"{PAGE}/{device}/lines", headers={"HX-Request": "true"}))
    assert "离线" in part.text(f"d-{device}")
    with manager.club.context.db.read() as tx:
        assert tx.scalar(select(staff_sessions.c.seen_at)) == manager.club.clock.now() - timedelta(minutes=20)


@pytest.mark.parametrize("path", ["", "/lines", "/wipe", "/replace", "/pictures/command-0001"])
def test_it_is_for_those_who_run_the_store(adviser: Desk, path: str) -> None:
    device = stand(adviser.club, "tv-1")
    assert adviser.http.get(f"{PAGE}/{device}{path}").status_code == 403
