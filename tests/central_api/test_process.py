"""The service as it runs in a store: ready, pushing, stopped at once, backed up and restored; its log tells nothing of members."""

import asyncio
import json
import resource
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests
from msgspec.structs import replace

from central_api import app, backup
from central_api.device_api import stream
from central_api.feed.hub import BEATS, Hub, Listener
from club import resources
from club.model.clock import HandClock
from club.wire.cards import Evidence, OpenCardSession, StepUp
from club.wire.codec import encode
from club.wire.devices import Enrol
from club.wire.rewards import Redeem, step_up_digest
from tests.support import central
from tests.support.served import Served, served

PINNED = "clock.pinned=2026-05-16T14:32:00+08:00"


@pytest.fixture
def device(tmp_path: Path, demo_club: central.DemoClub) -> central.Device:
    """An enrolled kiosk of a service that is not running."""
    central.copy_files(demo_club, tmp_path)
    clock = HandClock(central.DRAWN)
    with central.running(app.open_context(central.settings_for(tmp_path), clock), clock, demo_club) as club:
        return club.device()


def ask(
    device: central.Device, service: Served, method: str, target: str, body: bytes = b"", key: str = "", **more: bool
) -> requests.Response:
    headers = device.identity.sign(method=method, target=target, body=body, at=device.clock.now(), key=key)
    return requests.request(method, service.url + target, data=body, headers=headers, timeout=30, **more)  # type: ignore[arg-type]


def events(answer: requests.Response) -> Iterator[tuple[str, dict[str, object]]]:
    """The events of a stream (ASCII, one data line each)."""
    name = ""
    for line in answer.iter_lines():
        if line.startswith(b"event: "):
            name = line[7:].decode()
        elif line.startswith(b"data: "):
            yield name, json.loads(line[6:])


def test_a_commit_reaches_an_open_stream_and_stopping_ends_it_at_once(
    tmp_path: Path, device: central.Device, demo_club: central.DemoClub
) -> None:
    card_file = app.open_context(central.settings_for(tmp_path), device.clock)
    card = central.Club(card_file, device.http, device.clock, demo_club).card()
    card_file.passwords.close()
    card_file.db.close()
    with served(tmp_path, PINNED) as service:
        opened = encode(OpenCardSession(session_id="session-1", evidence=card.tap(), tapped_at=device.clock.now()))
        session = ask(device, service, "POST", "/v1/card-sessions", opened)
        assert session.status_code == 200, session.text
        with ask(device, service, "GET", "/v1/stream", stream=True) as answer:
            assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
            found = events(answer)
            name, hello = next(found)
            assert (name, set(hello)) == ("hello", {"epoch", "cursors", "now"})
            command = Redeem(
                command_id="command-1", session_id="session-1", reward="detail-wash", quantity=1, unit_points=600
            )
            step = StepUp(
                command_id="command-1",
                session_id="session-1",
                body_sha256=step_up_digest(command),
                pin=demo_club.pins["m0001"],
            )
            grant = ask(device, service, "POST", "/v1/step-ups", encode(step)).json()["grant"]
            body = encode(replace(command, grant=grant))
            assert ask(device, service, "POST", "/v1/redemptions", body, "command-1").status_code == 200
            name, nudge = next(found)
            cursors = hello["cursors"]
            assert isinstance(cursors, dict)
            assert (name, nudge) == ("nudge", {"feed": "store-east", "seq": cursors["store-east"] + 1})
            service.process.terminate()
            assert list(found) == [], "the stream ends instead of holding the service up"
        assert service.ended() == 0
    log = "".join(service.said)
    for secret in ("王", "04BF3929190E8A", demo_club.pins["m0001"], "8800 0127", "e=", grant):
        assert secret not in log


def test_a_disk_without_room_for_a_full_log_does_not_keep_the_service_from_starting(
    tmp_path: Path, device: central.Device
) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    room = (tmp_path / "club.db").stat().st_size + 400_000  # for the service's own small writes, and for no full log
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, hard))  # the service takes it over from us
    try:
        with served(tmp_path, PINNED) as service:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
            assert ask(device, service, "GET", "/v1/devices/self").status_code == 200
            service.process.terminate()
            assert service.ended() == 0
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert "".join(service.said).count("log_not_lengthened") == 1


def test_only_a_trusted_proxy_says_for_whom_it_asks(tmp_path: Path, device: central.Device) -> None:
    identity = device.identity
    wish = Enrol(
        code="000000", device_id=identity.device_id, kind="kiosk", public_key=identity.public_key, version="0.1.0"
    )
    body = encode(wish)

    def guess(service: Served, proxy: str, number: int) -> int:
        headers = identity.sign(method="POST", target="/v1/devices/enrol", body=body, at=device.clock.now(), key="")
        headers |= {"Content-Type": "application/json", "X-Forwarded-For": f"10.0.0.{number}"}
        asked = urlsplit(service.url)
        assert asked.hostname
        with closing(HTTPConnection(asked.hostname, asked.port, timeout=30, source_address=(proxy, 0))) as line:
            line.request("POST", "/v1/devices/enrol", body, headers)
            return line.getresponse().status

    with served(tmp_path, PINNED, "http.trusted_proxies=127.0.0.2,10.1.0.0/16") as service:
        assert [guess(service, "127.0.0.2", number) for number in range(6)] == [401] * 6, "six callers"
        assert [guess(service, "127.0.0.3", number) for number in range(6)] == [401] * 5 + [429], "one caller"


def test_refusals_and_faults_leave_no_personal_data_in_the_log(tmp_path: Path, device: central.Device) -> None:
    with served(tmp_path, PINNED, "log.level=debug") as service:
        wish = OpenCardSession(
            session_id="session-1",
            evidence=Evidence(uid="0452D7C5ADCF84", family="ntag21x"),
            tapped_at=device.clock.now(),
        )
        assert ask(device, service, "POST", "/v1/card-sessions", encode(wish)).status_code == 403
        step = StepUp(command_id="command-1", session_id="session-1", body_sha256="0" * 64, pin="314159")
        assert ask(device, service, "POST", "/v1/step-ups", encode(step)).status_code == 410
        broken = encode(step).replace(b'"314159"', b'"31415x"')
        assert ask(device, service, "POST", "/v1/step-ups", broken).status_code == 400
    log = "".join(service.said)
    assert "card_blocked" in log, "facts are told"
    for secret in ("0452D7C5ADCF84", "314159", "31415x", "冯", "Feng"):
        assert secret not in log


def test_a_heartbeat_keeps_a_quiet_stream_open() -> None:
    sent: list[bytes] = []
    beats = asyncio.Event()

    async def run() -> None:
        hub = Hub()
        listener = Listener("kiosk", frozenset({"global"}), "kiosk-1", asyncio.get_running_loop())
        hub.add(listener)

        async def send(message: object) -> None:
            assert isinstance(message, dict)
            if message["more_body"]:
                sent.append(message["body"])
            if len(sent) == 3:
                beats.set()
            else:
                round_of(hub)

        async def receive() -> dict[str, str]:
            await beats.wait()
            return {"type": "http.disconnect"}

        round_of(hub)
        await asyncio.wait_for(stream._until_gone(listener, receive, send), 30)  # type: ignore[arg-type]
        hub.remove(listener)

    def round_of(hub: Hub) -> None:
        for _ in range(BEATS):
            hub.beat()

    asyncio.run(run())
    assert sent == [b": beat\n\n"] * 3


def command(tmp_path: Path, verb: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
    settings = []
    for one in (
        f"database.url=sqlite:///{tmp_path / 'club.db'}",
        f"keys.file={tmp_path / 'keys.toml'}",
        f"media.dir={tmp_path / 'media'}",
    ):
        settings += ["--set", one]
    return subprocess.run(
        [sys.executable, "-m", "central_api", *verb.split(), *settings, *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_a_backup_holds_database_and_keys_and_can_be_served(tmp_path: Path, device: central.Device) -> None:
    done = command(tmp_path, "backup", "--to", str(tmp_path / "copy"))
    assert done.returncode == 0, done.stderr
    assert [Path(line).name for line in done.stdout.split()] == [backup.DATABASE, backup.KEYS]
    assert all((tmp_path / "copy" / name).stat().st_mode & 0o777 == 0o600 for name in (backup.DATABASE, backup.KEYS))
    again = command(tmp_path, "backup", "--to", str(tmp_path / "copy"))
    assert (again.returncode, "name an empty folder" in again.stderr) == (1, True)
    with served(tmp_path / "copy", PINNED) as service:
        assert ask(device, service, "GET", "/v1/devices/self").json()["place"] == "kiosk-1"
        with sqlite3.connect(tmp_path / "club.db") as link:
            (epoch,) = link.execute("SELECT epoch FROM feed_epoch").fetchone()
        link.close()
        told = ask(device, service, "GET", f"/v1/sync?epoch={epoch}&after=global:1,store-east:1")
        assert (told.status_code, told.json()["code"]) == (410, "snapshot_needed"), (
            "a device that knows the original starts anew from the copy"
        )


def test_a_backup_is_restored_by_command_and_never_over_a_club_by_mistake(
    tmp_path: Path, device: central.Device
) -> None:
    assert command(tmp_path, "backup", "--to", str(tmp_path / "copy")).returncode == 0
    refused = command(tmp_path, "restore", "--from", str(tmp_path / "copy"))
    assert (refused.returncode, "restore with --force" in refused.stderr) == (1, True)
    there = tmp_path / "there"
    done = command(there, "restore", "--from", str(tmp_path / "copy"))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[:2] == [f"database: {there / 'club.db'}", f"keys: {there / 'keys.toml'}"]
    assert command(there, "ledger verify").returncode == 0
    with served(there, PINNED) as service:
        assert ask(device, service, "GET", "/v1/devices/self").json()["place"] == "kiosk-1"
        running = command(there, "restore", "--from", str(tmp_path / "copy"), "--force")
        assert (running.returncode, "stop the service first" in running.stderr) == (1, True)


def test_an_empty_database_is_seeded_with_a_club_that_has_no_members(tmp_path: Path) -> None:
    told = "seed", "--from", str(resources.demo_dir()), "--out", str(tmp_path / "out")
    first, again = command(tmp_path, *told), command(tmp_path, *told)
    assert (first.returncode, first.stderr) == (0, "")
    assert again.stdout.startswith("loaded the club and 0 staff"), "loaded again it changes nothing"
    made = json.loads((tmp_path / "out" / "sign-in.json").read_text(encoding="utf-8"))
    assert (made["members"], len(made["staff"]) > 3) == ({}, True)
    assert command(tmp_path, "staff-password", "--number", made["staff"][0]["number"]).returncode == 0
    assert command(tmp_path, "enrol-code", "--place", "kiosk-1").returncode == 0
    assert command(tmp_path, "ledger verify").returncode == 0


def test_a_code_is_printed_for_a_place_and_refused_for_none(tmp_path: Path, demo_club: central.DemoClub) -> None:
    central.copy_files(demo_club, tmp_path)
    done = command(tmp_path, "enrol-code", "--place", "tv-1")
    assert done.returncode == 0, done.stderr
    assert done.stdout.split()[-1].isdecimal()
    assert len(done.stdout.split()[-1]) == 6
    wrong = command(tmp_path, "enrol-code", "--place", "tv-9")
    assert (wrong.returncode, "kiosk-1, kiosk-2, tv-1" in wrong.stderr) == (1, True)


def test_settings_that_cannot_be_used_are_told_together(tmp_path: Path) -> None:
    done = command(tmp_path, "migrate", "--set", "http.prot=1", "--set", "http.port=ten")
    assert done.returncode == 2
    assert "2 faults" in done.stderr
    assert "Traceback" not in done.stderr


def test_keys_others_can_read_are_refused(tmp_path: Path) -> None:
    assert command(tmp_path, "migrate").returncode == 0
    keys = tmp_path / "keys.toml"
    assert keys.stat().st_mode & 0o777 == 0o600
    keys.chmod(0o644)
    done = command(tmp_path, "migrate")
    assert (done.returncode, "chmod 600" in done.stderr) == (1, True)


def test_the_embedded_database_is_safe_against_power_cuts(tmp_path: Path) -> None:
    context = app.open_context(central.settings_for(tmp_path), HandClock(central.DRAWN))
    with context.db.write() as tx:
        found = {
            name: tx.connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        }
    context.passwords.close()
    context.db.close()
    assert found == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}
    with sqlite3.connect(tmp_path / "club.db") as link:
        assert link.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    link.close()
