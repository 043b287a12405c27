"""A customer is billed at the desk and sees the points at the kiosk; refunded, they are gone; whatever happens on the line (A15)."""

import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
import requests

from central_api import app
from club.model.clock import HandClock
from club.wire import codec
from club.wire.cards import CardSession, OpenCardSession
from tests.support import central, wait
from tests.support.dms import Dms
from tests.support.partner import a_bill_row, a_job_row, a_member_row, a_refund_row
from tests.support.receiver import receiver
from tests.support.served import Served, served

PINNED = "clock.pinned=2026-05-16T14:32:00+08:00"
ALLOWED = "webhooks.private_hosts=localhost"
SCOPES = "members.read,members.write,bills.write,jobs.write"


def command(folder: Path, *words: str) -> str:
    settings = (f"database.url=sqlite:///{folder / 'club.db'}", f"keys.file={folder / 'keys.toml'}", PINNED, ALLOWED)
    told = [part for one in settings for part in ("--set", one)]
    done = subprocess.run(
        [sys.executable, "-m", "central_api", *words, *told], capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.strip()


@pytest.fixture
def key(tmp_path: Path, demo_club: central.DemoClub) -> str:
    """The key of a DMS, in a club of its own that is not running."""
    central.copy_files(demo_club, tmp_path)
    return command(tmp_path, "api-keys", "new", "--name=DMS", "--source=dms-east", f"--scopes={SCOPES}")


@pytest.fixture(scope="session")
def demo_club(tmp_path_factory: pytest.TempPathFactory) -> central.DemoClub:
    """The demo club, loaded once; not to be changed."""
    return central.load_demo_club(tmp_path_factory.mktemp("demo-club"))


def test_a_bill_at_the_desk_is_seen_at_the_kiosk_and_its_refund_too(
    tmp_path: Path, key: str, demo_club: central.DemoClub
) -> None:
    clock = HandClock(central.DRAWN)
    with central.running(app.open_context(central.settings_for(tmp_path), clock), clock, demo_club) as club:
        kiosk, card = club.device(), club.card()
    with receiver() as finance, served(tmp_path, PINNED, ALLOWED) as service:
        command(tmp_path, "webhooks", "add", finance.url, "--kinds", "bill.booked,bill.refunded,points.earned")
        dms = Dms(service.url, key, chaos=0.0)

        def at_the_kiosk() -> int:
            tap = OpenCardSession(session_id=central.new_id(), evidence=card.tap(), tapped_at=clock.now())
            body = codec.encode(tap)
            headers = kiosk.identity.sign(method="POST", target="/v1/card-sessions", body=body, at=clock.now())
            answer = requests.post(f"{service.url}/v1/card-sessions", data=body, headers=headers, timeout=30)
            assert answer.status_code == 200, answer.text
            return codec.decode(answer.content, CardSession).member.points

        before = at_the_kiosk()
        dms.tell("members", a_member_row(member=central.WANG))
        dms.run()
        dms.tell("bills", a_bill_row())
        dms.tell("jobs", a_job_row(ready_at="2026-05-16T14:30:00+08:00"))
        dms.run()
        earned = next(told.answer["points"] for told in dms.done if told.route == "bills" and told.answer)
        assert earned >= 1200
        assert at_the_kiosk() == before + earned == dms.see("K-1001")["points"]
        dms.tell("refunds", a_refund_row())
        dms.run()
        assert at_the_kiosk() == before == dms.see("K-1001")["points"]
        assert dms.refused == []

        def told_of() -> dict[str, Any]:
            """By kind; what was not taken in time is sent once more."""
            return {request.json["kind"]: request.json for request in finance.received}

        wait.until(lambda: len(told_of()) >= 3, "finance to be told of all three", within_s=60)
        told = told_of()
        assert set(told) == {"bill.booked", "bill.refunded", "points.earned"}
        assert {event["member"] for event in told.values()} == {central.WANG}
    command(tmp_path, "ledger", "verify")


@pytest.mark.parametrize("seed", [1, 2])
def test_everything_gets_across_once_over_a_bad_line_while_the_service_is_killed(
    tmp_path: Path, key: str, seed: int
) -> None:
    dms = Dms("", key, seed)
    for number in range(8):
        dms.tell("members", a_member_row(f"K-{number}"))
        for bill in range(3):
            dms.tell("bills", a_bill_row(f"B-{number}-{bill}", 50_000 + bill, member=f"K-{number}"))
        dms.tell("refunds", a_refund_row(f"R-{number}", f"B-{number}-0"))
        if number % 2:  # of these members everything is given back
            dms.tell("refunds", a_refund_row(f"R-{number}-1", f"B-{number}-1"))
            dms.tell("refunds", a_refund_row(f"R-{number}-2", f"B-{number}-2"))
    total, killed = len(dms.waiting), []
    failed: list[BaseException] = []

    def across() -> None:
        try:
            dms.run()
        except BaseException as fault:  # noqa: BLE001 -- told to the test below
            failed.append(fault)

    def started(service: Served) -> None:
        dms.url = service.url

    with served(tmp_path, PINNED) as service:
        started(service)
        thread = threading.Thread(target=across)
        thread.start()
        wait.until(lambda: len(dms.done) > total // 4 or not thread.is_alive(), "some rows to get across")
        service.process.kill()
        killed.append(len(dms.done))
    with served(tmp_path, PINNED) as service:
        started(service)
        thread.join(100)
        assert not failed, failed
        assert not thread.is_alive()
        assert (dms.refused, len(dms.done)) == ([], total)
        assert killed[0] < total, "it was killed in the middle"
        assert dms.sent > total, "and things were sent more than once"
        found = [dms.see(f"K-{number}") for number in range(8)]
        assert [member["points"] for member in found[1::2]] == [0] * 4
        assert {member["points"] for member in found[::2]} == {found[0]["points"]}, "the same bills, the same points"
        assert found[0]["points"] >= 1000
    command(tmp_path, "ledger", "verify")
