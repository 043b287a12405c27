"""The private PC/SC service: what it says when it cannot start, and that it leaves nothing behind."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from nfc.virtual.pcscd import PcscdFailed, PcscdMissing, PrivatePcscd


def test_a_missing_driver_names_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nfc.virtual.pcscd._DRIVER_PLACES", ("/nowhere/libifdvpcd.so",))
    with pytest.raises(PcscdMissing, match="vsmartcard-vpcd"):
        PrivatePcscd()


def test_a_missing_service_names_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setattr("nfc.virtual.pcscd._PCSCD_PLACES", ("/nowhere",))
    with pytest.raises(PcscdMissing, match="Debian's pcscd package"):
        PrivatePcscd()


def test_a_service_that_does_not_start_shows_its_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "pcscd"
    program.write_text("#!/bin/sh\necho no rights to breathe\nexit 1\n", encoding="ascii")
    program.chmod(0o755)
    tmp_path.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    service = PrivatePcscd()
    with pytest.raises(PcscdFailed, match="its log"), service:
        pass
    assert service.pid is None
    assert not service.socket_path.exists()


@pytest.mark.reader
def test_nothing_is_left_behind() -> None:
    with PrivatePcscd() as service:
        pid, folder = service.pid, service.socket_path.parent
        assert pid
        assert folder.is_dir()
    assert not Path(f"/proc/{pid}").exists()
    assert not folder.exists()


@pytest.mark.reader
def test_two_services_run_side_by_side() -> None:
    with PrivatePcscd() as one, PrivatePcscd() as two:
        assert one.pid != two.pid
        assert len({one.port, one.port + 1, two.port, two.port + 1}) == 4


@pytest.mark.reader
def test_it_never_runs_as_root() -> None:
    with PrivatePcscd() as service:
        assert Path(f"/proc/{service.pid}").stat().st_uid != 0


@pytest.mark.reader
def test_it_ends_with_a_killed_program(tmp_path: Path) -> None:
    program = (
        "import os, time\n"
        "from nfc.virtual.pcscd import PrivatePcscd\n"
        "with PrivatePcscd() as service:\n"
        "    print(service.pid, flush=True)\n"
        "    time.sleep(60)\n"
    )
    env = os.environ | {"TMPDIR": str(tmp_path)}
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, env=env) as process:
        assert process.stdout
        pid = int(process.stdout.readline())
        watched = os.pidfd_open(pid)
        process.send_signal(signal.SIGKILL)
    # A process' descriptor becomes readable when the process has ended.
    ended, _, _ = select.select([watched], [], [], 5.0)
    os.close(watched)
    assert ended
