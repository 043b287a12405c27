"""A running service tells other programs by itself: of a spend, within seconds, and again after it was killed (A16, X1)."""

import subprocess
import sys
from pathlib import Path

from tests.support import central, wait
from tests.support.receiver import receiver
from tests.support.served import served

ALLOWED = "webhooks.private_hosts=localhost"


def command(folder: Path, *words: str) -> str:
    settings = [f"database.url=sqlite:///{folder / 'club.db'}", f"keys.file={folder / 'keys.toml'}"]
    told = [part for one in (*settings, ALLOWED) for part in ("--set", one)]
    done = subprocess.run(
        [sys.executable, "-m", "central_api", *words, *told], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_served_club_delivers_by_itself_and_what_waited_when_it_was_killed(
    tmp_path: Path, demo_club: central.DemoClub
) -> None:
    central.copy_files(demo_club, tmp_path)
    with receiver() as other:
        added = dict(line.split(": ") for line in command(tmp_path, "webhooks", "add", other.url).splitlines())
        assert command(tmp_path, "webhooks", "test", added["id"]) == "taken: status 200\n"
        assert added["secret"] not in command(tmp_path, "webhooks", "list")
        assert [request.json["kind"] for request in other.received] == ["ping"]
        rows = "".join(f"K-{number},王,east,{number},2099-12-31\n" for number in range(1, 41))
        (tmp_path / "rows.csv").write_text("number,surname,store,points,points_expire\n" + rows, encoding="utf-8")
        assert command(tmp_path, "import", "members", str(tmp_path / "rows.csv")).startswith("40 rows: 40 booked")
        with served(tmp_path, "clock.pinned=2026-05-16T14:32:00+08:00", ALLOWED) as service:
            wait.until(lambda: len(other.received) > 3, "opening balances to be told", within_s=60)
            service.process.kill()
        # Its right to send ends by itself: a minute later another process has it.
        with served(tmp_path, "clock.pinned=2026-05-16T14:33:00+08:00", ALLOWED):
            wait.until(
                lambda: "waiting=0" in command(tmp_path, "webhooks", "list"), "all the others to be told", within_s=60
            )
        made = int(command(tmp_path, "webhooks", "list").split("made=")[1].split()[0])
        told = other.sequences[1:]
        assert told == sorted(told), "in order, the one that was being sent at the kill perhaps twice"
        assert set(told) == set(range(1, made + 1))
        assert len(told) - made <= 1
        assert len({request.json["id"] for request in other.received[1:]}) == made == 40
        assert {request.json["kind"] for request in other.received[1:]} == {"points.earned"}
