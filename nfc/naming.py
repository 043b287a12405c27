"""Tells readers apart by product, serial number and USB port, never by the order in which they were plugged in (spec N1).

pcsc-lite names a reader ``Product [Interface] (serial) XX YY``: XX counts readers in the order they came, YY the slots of
one reader. XX changes when a reader is plugged in again or a second equal one comes first (LudovicRousseau/pyscard 157,
CCID 26), so nothing here looks at it. Windows appends one number for the same purpose.
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

_LINUX = re.compile(
    r"(?P<product>.+?)(?: \[(?P<interface>[^\[\]]*)\])?(?: \((?P<serial>[^()]*)\))? [0-9A-F]{2} (?P<slot>[0-9A-F]{2})"
)
_WINDOWS = re.compile(r"(?P<product>.+?) (?P<number>[0-9]{1,3})")
_USB_DEVICES = Path("/sys/bus/usb/devices")
_USB_CHANNEL = 0x0020
_BY = ("serial", "port")


@dataclass(frozen=True, slots=True)
class ReaderName:
    """A reader's name without the numbers that change.

    Args:
        product: maker and model.
        interface: of a reader that is several (contact and contactless); empty when it says none.
        serial: as the reader tells it; empty for most cheap ones.
        slot: which slot of one reader, in two hexadecimal digits.
    """

    product: str
    interface: str = ""
    serial: str = ""
    slot: str = "00"

    @property
    def identity(self) -> str:
        """What stays the same when the reader is plugged in again, wherever that is."""
        parts = [self.product]
        if self.interface:
            parts.append(f"[{self.interface}]")
        if self.serial:
            parts.append(f"({self.serial})")
        return " ".join(parts) + ("" if self.slot == "00" else f" slot {self.slot}")


def parse(name: str) -> ReaderName:
    """Take a PC/SC name apart; a name of another form is a product as it stands."""
    found = _LINUX.fullmatch(name)
    if found:
        return ReaderName(found["product"], found["interface"] or "", found["serial"] or "", found["slot"])
    found = _WINDOWS.fullmatch(name)
    return ReaderName(found["product"]) if found else ReaderName(name)


@dataclass(frozen=True, slots=True)
class Choice:
    """Which readers are meant.

    Args:
        by: ``name``, ``serial`` or ``port``.
        pattern: of a name: words it contains, with ``*`` and ``?``; otherwise the whole serial number or port.
    """

    by: str
    pattern: str

    def fits(self, name: str, port: Callable[[str], str]) -> bool:
        """Whether a reader is meant.

        Args:
            name: the PC/SC name.
            port: name -> the USB port it is plugged into, empty when that cannot be told; asked only when it matters.
        """
        if self.by == "serial":
            return parse(name).serial.lower() == self.pattern.lower()
        if self.by == "port":
            return port(name) == self.pattern
        return fnmatch.fnmatchcase(name.lower(), f"*{self.pattern.lower()}*")

    def __str__(self) -> str:
        return self.pattern if self.by == "name" else f"{self.by}={self.pattern}"


def choice(spec: str) -> Choice:
    """Understand a reader spec: ``pcsc``, ``pcsc:NAME``, ``pcsc:serial=SERIAL`` or ``pcsc:port=1-1.2``.

    Raises:
        ValueError: it is none of these.
    """
    kind, _, words = spec.partition(":")
    if kind != "pcsc":
        raise ValueError(
            f"reader: expected 'pcsc' or 'pcsc:NAME', found {spec!r} (also: pcsc:serial=SERIAL, pcsc:port=1-1.2)"
        )
    by, equals, value = words.partition("=")
    if equals and by in _BY:
        if not value:
            raise ValueError(f"reader: expected a {by} after 'pcsc:{by}=', found none; 'nfc-cards list' shows them")
        return Choice(by, value)
    return Choice("name", words)


def usb_port(channel: int | None, devices: Path = _USB_DEVICES) -> str:
    """Return the USB port of a reader, such as ``1-1.2`` (bus 1, port 1, of the hub there port 2); empty when unknown.

    The port is where the plug is: it stays when the reader is exchanged, and after a restart. Bus number and device
    address, which PC/SC gives, do not; the kernel's list leads from one to the other.

    Args:
        channel: SCARD_ATTR_CHANNEL_ID, 0020 then bus and address for USB; None when the reader does not tell.
        devices: the kernel's list of USB devices.
    """
    if channel is None or channel >> 16 != _USB_CHANNEL:
        return ""
    bus, address = channel >> 8 & 0xFF, channel & 0xFF
    for device in sorted(devices.glob("*-*")):
        if ":" not in device.name and (_number(device / "busnum"), _number(device / "devnum")) == (bus, address):
            return device.name
    return ""


def _number(file: Path) -> int | None:
    try:
        return int(file.read_text(encoding="ascii"))
    except (OSError, ValueError):
        return None  # unplugged while we looked
