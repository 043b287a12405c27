"""The power fails at each point between confirm and voucher: afterwards there is exactly one redemption (X1, A12)."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from club.sync import faults
from club.sync.outbox import Outbox
from club.sync.store import DeviceStore
from tests.club.sync.small_club import SmallClub, a_club

COMMAND = "command-0001"


def _run(folder: Path, club: SmallClub, *commands: str, fault: str = "") -> int:
    environment = os.environ | ({faults.VARIABLE: fault} if fault else {})
    program = [sys.executable, "-m", "tests.club.sync.kill_program", str(folder), club.server.address, *commands]
    done = subprocess.run(program, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode in (0, faults.EXIT_CODE), done.stderr
    return done.returncode


@pytest.mark.parametrize("point", faults.POINTS)
def test_a_kill_at_any_point_leaves_one_redemption_and_nothing_unsettled(tmp_path: Path, point: str) -> None:
    with a_club() as club:
        assert _run(tmp_path, club, COMMAND, fault=point) == faults.EXIT_CODE
        store = DeviceStore(tmp_path / "device.db")
        unsettled = [one.command_id for one in Outbox(store).pending()]
        held = Outbox(store).held("member-0001")
        store.close()
        settled = point == "outbox.after-settle"
        assert unsettled == ([] if settled else [COMMAND])
        assert held == (0 if settled else 500)
        reached_the_club = point in ("outbox.after-answer", "outbox.after-settle")
        assert club.carried_out[COMMAND] == (1 if reached_the_club else 0)

        assert _run(tmp_path, club) == 0

        assert club.carried_out == {COMMAND: 1}
        sent = [one for one in club.server.asked if one.target == "/v1/redemptions"]
        assert all(one == sent[0] for one in sent)
        left = b"".join(path.read_bytes() for path in tmp_path.glob("device.db*"))
        assert COMMAND.encode() not in left


def test_killed_again_and_again_it_is_still_one(tmp_path: Path) -> None:
    with a_club() as club:
        assert _run(tmp_path, club, COMMAND, fault="outbox.after-answer") == faults.EXIT_CODE
        assert _run(tmp_path, club, fault="outbox.before-send") == faults.EXIT_CODE
        assert _run(tmp_path, club, fault="outbox.after-answer") == faults.EXIT_CODE
        assert _run(tmp_path, club) == 0
        assert club.carried_out == {COMMAND: 1}
