"""The nfc-cards command, as a process, the way a technician meets it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import nfc
from nfc import spoken
from nfc.evidence import Challenge
from nfc.virtual.pcscd import PrivatePcscd
from tests.support.rig import UID, member_card

pytestmark = pytest.mark.reader

COMMAND = [sys.executable, "-m", "nfc"]


@contextmanager
def watching(env: dict[str, str], *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """Run ``nfc-cards watch``; at the end it must stop at Ctrl-C with exit code 0."""
    with subprocess.Popen(
        [*COMMAND, "watch", *arguments], stdout=subprocess.PIPE, text=True, env=os.environ | env
    ) as process:
        try:
            yield process
        finally:
            process.send_signal(signal.SIGINT)
        assert process.wait(20.0) == 0


def line_with(process: subprocess.Popen[str], text: str) -> str:
    """Return the next line holding a text (the test's own time limit ends a vain wait)."""
    assert process.stdout
    for line in process.stdout:
        if text in line:
            return line
    raise AssertionError(f"nfc-cards ended without a line holding {text!r}")


def test_watch_prints_a_tap_with_its_uid_masked() -> None:
    with PrivatePcscd() as pcscd, pcscd.slot() as slot, watching(pcscd.env) as process:
        line_with(process, "Virtual Reader 00 01: ready")
        slot.insert(member_card())
        line = line_with(process, "card ntag424")
        slot.remove()
        assert "Virtual Reader 00 00: card gone" in line_with(process, "gone")
    assert re.match(
        r"\d\d:\d\d:\d\d\.\d{3} Virtual Reader 00 00: card ntag424, UID ·{10}E5F6, claims cryptogram, with SUN, "
        r"read in \d+\.\d ms\n",
        line,
    )
    assert UID.hex().upper() not in line


def test_watch_full_prints_the_uid_of_the_chosen_reader() -> None:
    with (
        PrivatePcscd() as pcscd,
        pcscd.slot(1) as slot,
        watching(pcscd.env, "--full", "--reader", "pcsc:00 01") as process,
    ):
        line_with(process, "ready")
        slot.insert(member_card())
        assert f"UID {UID.hex().upper()}" in line_with(process, "00 01: card")


def test_watch_survives_a_crash_of_the_service() -> None:
    with PrivatePcscd() as pcscd, watching(pcscd.env) as process:
        line_with(process, "ready")
        pcscd.kill()
        assert "start it with" in line_with(process, "the PC/SC service is not running")
        pcscd.restart()
        assert line_with(process, "00 00: ready")


def test_list_names_the_readers() -> None:
    with PrivatePcscd(reader_name="Front Desk") as pcscd:
        found = subprocess.run(
            [*COMMAND, "list"], capture_output=True, text=True, check=True, env=os.environ | pcscd.env
        )
    assert found.stdout.splitlines() == ["Front Desk 00 00", "Front Desk 00 01"]


def test_list_without_a_service_says_what_to_do(tmp_path: Path) -> None:
    env = os.environ | {"PCSCLITE_CSOCK_NAME": str(tmp_path / "nobody-listens")}
    found = subprocess.run([*COMMAND, "list"], capture_output=True, text=True, check=False, env=env)
    assert (found.returncode, found.stdout) == (1, "")
    assert "the PC/SC service is not running" in found.stderr
    assert "systemctl start pcscd" in found.stderr


def test_a_wrong_spec_is_explained() -> None:
    found = subprocess.run([*COMMAND, "watch", "--reader", "usb"], capture_output=True, text=True, check=False)
    assert found.returncode == 1
    assert "expected 'pcsc' or 'pcsc:NAME', found 'usb'" in found.stderr


def run(env: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, check=False, env=os.environ | env)


def test_what_a_newcomer_gets_wrong_is_told_with_what_to_do(tmp_path: Path) -> None:
    keys, url = str(tmp_path / "keys.toml"), "https://c.example.invalid/t?e={picc}&c={mac}"
    with PrivatePcscd(reader_name="Front Desk") as pcscd:
        assert run(pcscd.env, "new-keys", keys, "--url", url).returncode == 0
        for arguments, code, said in (
            (("issue", "--keys", str(tmp_path / "none")), 1, "'nfc-cards new-keys' makes one"),
            (("new-keys", keys, "--url", url), 1, "choose another name"),
            (("issue", "--keys", keys, "--seconds", "-1"), 2, "expected seconds above 0, at most 86400, found -1"),
            (("issue", "--keys", keys, "--seconds", "nan"), 2, "expected seconds above 0"),
            (("issue", "--keys", keys, "--seconds", "soon"), 2, "expected seconds above 0, at most 86400, found soon"),
            (("issue", "--keys", keys, "--seconds", "0.3"), 1, "lay one flat on Front Desk 00 00 or Front Desk 00 01"),
            (
                ("issue", "--keys", keys, "--seconds", "0.3", "--reader", "pcsc:ACR122"),
                1,
                "no reader matches ACR122, found Front Desk 00 00, Front Desk 00 01: name one of these",
            ),
            (("identify", "--seconds", "0.3"), 1, "lay one flat on the reader"),
            (("identify", "--seconds", "0.5", "--reader", "pcsc:ACR122"), 1, "there was no reader to lay it on"),
        ):
            found = run(pcscd.env, *arguments)
            assert (found.returncode, said in found.stderr) == (code, True), (arguments, found.stderr)
            assert "Traceback" not in found.stderr
        assert Path(keys).stat().st_mode & 0o777 == 0o600


def test_a_card_that_can_be_asked_is_not_said_to_prove_nothing() -> None:
    asked = nfc.Evidence(UID, nfc.Family.DESFIRE, nfc.Assurance.UID, None, b"\x3b", Challenge.DESFIRE)
    [proves] = [line for line in spoken.card(nfc.CardPresented("R", asked), full=False) if line.startswith("proves")]
    assert "asked with its key, that this very card is here" in proves


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (nfc.ReaderLost("", nfc.LostReason.NO_READER), "readers: no matching card reader"),
        (nfc.ReaderLost("R", nfc.LostReason.UNPLUGGED), "R: unplugged"),
        (
            nfc.CardUnreadable("R", nfc.UnreadableReason.RANDOM_UID, b"\x3b\x80"),
            "R: card unreadable: random_uid, ATR 3B 80",
        ),
        (nfc.CardUnreadable("R", nfc.UnreadableReason.REMOVED, b""), "R: card unreadable: removed, ATR none"),
    ],
)
def test_every_event_has_a_line(event: nfc.Event, expected: str) -> None:
    assert spoken.event(event, full=False).startswith(expected)
