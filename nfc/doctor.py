"""Finds out why cards are not read, and says in plain words what to do about it (``nfc-cards doctor``)."""

from __future__ import annotations

import os
import plistlib
import pwd
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from nfc import naming, reader, service

_GRABBERS = ("pn533_usb", "pn533", "nfc", "port100")
_SMART_CARD_CLASS = "0b"
_ACS = "072f"
_ESCAPE_ALLOWED = 0x0001
_CCID = "ifd-ccid.bundle"
_POLKIT_RULES = ("etc/polkit-1/rules.d", "usr/share/polkit-1/rules.d")
_PCSC_ACTION = "org.debian.pcsc-lite.access_pcsc"


class Verdict(StrEnum):
    """How it stands."""

    GOOD = "good"
    HINT = "hint"  # works, and something could be better
    BAD = "bad"  # no card is read until this is mended


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at: how it stands, what was found, and what to do about it."""

    verdict: Verdict
    found: str
    fix: str = ""


@dataclass(frozen=True, slots=True)
class Machine:
    """What is looked at; tests give folders of their own.

    Args:
        root: the file system's root.
        user: the account's name.
        connected: connects to the PC/SC service.
        socket: where its clients find it.
    """

    root: Path = Path("/")
    user: str = field(default_factory=lambda: pwd.getpwuid(os.geteuid()).pw_name)
    connected: Callable[[], AbstractContextManager[service.Context]] = reader.connected
    socket: Path = field(default_factory=lambda: Path(os.environ.get("PCSCLITE_CSOCK_NAME", "/run/pcscd/pcscd.comm")))


@dataclass(frozen=True, slots=True)
class _Plugged:
    """A card reader on USB, whether PC/SC knows it or not."""

    port: str
    maker: str
    product: str


def examine(machine: Machine) -> list[Finding]:
    """Look at everything between the card and this program; the first bad finding is the one to mend first."""
    plugged = list(_plugged(machine.root / "sys/bus/usb/devices"))
    try:
        with machine.connected() as context:
            names = context.readers()
            findings = [Finding(Verdict.GOOD, "the PC/SC service runs and lets this account in")]
            findings += _readers(context, names)
    except reader.ReaderSupportMissing as fault:
        return [Finding(Verdict.BAD, str(fault), "apt install libpcsclite1; then install this program with [nfc]")]
    except service.AccessDenied as fault:
        return [_denied(machine, fault), *_grabbed(machine.root, plugged)]
    except service.ServiceLost as fault:
        return [_no_service(machine, fault), *_grabbed(machine.root, plugged)]
    findings += _unseen(machine.root, plugged, names)
    findings += _grabbed(machine.root, plugged)
    findings += _lights(machine.root, names)
    return findings


def _no_service(machine: Machine, fault: service.ServiceLost) -> Finding:
    if not any((machine.root / place / "pcscd").exists() for place in ("usr/sbin", "usr/local/sbin", "sbin")):
        return Finding(Verdict.BAD, "the PC/SC service is not installed", "apt install pcscd")
    if not machine.socket.exists():
        return Finding(
            Verdict.BAD,
            f"the PC/SC service is not running ({fault})",
            "systemctl enable --now pcscd.socket; in a container: start 'pcscd --foreground' there, or mount /run/pcscd",
        )
    return Finding(
        Verdict.BAD,
        f"something was left at {machine.socket}, but no PC/SC service answers there ({fault})",
        "systemctl restart pcscd.socket pcscd; 'journalctl -u pcscd' says why it ended",
    )


def _denied(machine: Machine, fault: service.AccessDenied) -> Finding:
    folders = [machine.root / place for place in _POLKIT_RULES]
    rules = [file for folder in folders if folder.is_dir() for file in sorted(folder.glob("*.rules"))]
    named = [file for file in rules if _PCSC_ACTION in file.read_text(encoding="utf-8", errors="replace")]
    rule = (
        f"there is a rule in {named[0]}, but it does not name this account"
        if named
        else "copy config/deploy/polkit-pcscd.rules to /etc/polkit-1/rules.d/ and put this account in the place of 'kiosk'"
    )
    return Finding(
        Verdict.BAD,
        f"the PC/SC service does not let the account {machine.user!r} in ({fault}): its polkit rules allow only whoever "
        "sits at the machine's own screen",
        f"{rule}; then systemctl restart polkit pcscd",
    )


def _readers(context: service.Context, names: Sequence[str]) -> Iterator[Finding]:
    for name in names:
        parts, port = naming.parse(name), naming.usb_port(context.channel(name))
        how = f"pcsc:serial={parts.serial}" if parts.serial else f"pcsc:port={port}" if port else ""
        told = f"; name it {how!r} to mean this one among several" if how else ""
        yield Finding(Verdict.GOOD, f"reader {name}{told}")


def _unseen(root: Path, plugged: Sequence[_Plugged], names: Sequence[str]) -> Iterator[Finding]:
    if not names and not plugged:
        yield Finding(Verdict.BAD, "no card reader is plugged in", "plug one in; 'lsusb' must show it")
    if names or not plugged:
        return
    drivers = root / "usr/lib/pcsc/drivers"
    for one in plugged:
        if not (drivers / _CCID).exists():
            yield Finding(
                Verdict.BAD,
                f"{one.product} is plugged in at port {one.port}, and the driver for it is missing",
                "apt install libccid, for some ACS readers libacsccid1; then systemctl restart pcscd",
            )
        else:
            yield Finding(
                Verdict.BAD,
                f"{one.product} is plugged in at port {one.port}, and the PC/SC service does not see it",
                "pull it out and plug it in again; then systemctl restart pcscd, and 'journalctl -u pcscd' says why",
            )


def _grabbed(root: Path, plugged: Sequence[_Plugged]) -> Iterator[Finding]:
    """The kernel's own NFC drivers take an ACR122U away from the PC/SC service."""
    try:
        loaded = {line.split(" ", 1)[0] for line in (root / "proc/modules").read_text(encoding="ascii").splitlines()}
    except (OSError, UnicodeDecodeError):
        return
    found = [name for name in _GRABBERS if name in loaded]
    if found:
        hurts = any(one.maker == _ACS for one in plugged) or not plugged
        yield Finding(
            Verdict.BAD if hurts else Verdict.HINT,
            f"the kernel's own NFC drivers are loaded ({', '.join(found)}) and take readers such as the ACR122U away",
            f"modprobe -r {' '.join(found)}; copy config/deploy/modprobe-nfc.conf to /etc/modprobe.d/ so that they stay away",
        )


def _lights(root: Path, names: Sequence[str]) -> Iterator[Finding]:
    if not any("ACR12" in name.upper() for name in names):
        return
    try:
        options = plistlib.loads((root / f"usr/lib/pcsc/drivers/{_CCID}/Contents/Info.plist").read_bytes())
        allowed = int(str(options["ifdDriverOptions"]), 16) & _ESCAPE_ALLOWED
    except (OSError, ValueError, KeyError, plistlib.InvalidFileException):
        return
    if not allowed:
        yield Finding(
            Verdict.HINT,
            "the driver does not let commands to the reader itself through: its lamp and buzzer stay still without a card",
            f"set ifdDriverOptions to 0x0001 in /usr/lib/pcsc/drivers/{_CCID}/Contents/Info.plist; systemctl restart pcscd",
        )


def _plugged(devices: Path) -> Iterator[_Plugged]:
    seen = set()
    for interface in sorted(devices.glob("*:*")) if devices.is_dir() else []:
        port = interface.name.partition(":")[0]
        if _text(interface / "bInterfaceClass") == _SMART_CARD_CLASS and port not in seen:
            seen.add(port)
            device = devices / port
            maker, kind = _text(device / "idVendor"), _text(device / "idProduct")
            yield _Plugged(port, maker, _text(device / "product") or f"a card reader ({maker}:{kind})")


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return ""
