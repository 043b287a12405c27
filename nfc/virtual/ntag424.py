"""A virtual NTAG 424 DNA in AES mode: reads, authenticates and is issued as the chip is (NT4H2421Gx §8 to §10).

Its SUN messages are genuine: the central API cannot tell it from a real card. LRP mode and the tamper loop are missing.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence

from nfc.protocol import keys, ntag424, ntag424_files
from nfc.virtual.card import ATR_ISO14443_4, SW_NOT_SUPPORTED, SW_OK
from nfc.virtual.ntag424_chip import Chip, Refused

URL_TEMPLATE = "https://c.example.invalid/t?e={picc}&c={mac}"

_SW_MORE = bytes.fromhex("91AF")
_SW_NATIVE_OK = bytes.fromhex("9100")
_SW_NOT_FOUND = bytes.fromhex("6A82")
_SW_NOT_ALLOWED = bytes.fromhex("6985")
_SW_WRONG_OFFSET = bytes.fromhex("6B00")
_HARDWARE = bytes.fromhex("04040230001105")
_SOFTWARE = bytes.fromhex("04040201021105")
_BATCH = bytes.fromhex("CF39D449801922")
_CC, _NDEF = 1, 2
_FILES = {ntag424.CC_FILE: _CC, ntag424.NDEF_FILE: _NDEF}


class Ntag424:
    """A member card, or with :meth:`blank` one as from the factory.

    The counter rises once per activation, at the first read of the NDEF file, as the chip does it: reading twice in one
    tap gives the same message.

    Args:
        uid: 7 bytes.
        meta_key: the programme's 16-byte meta key.
        file_key: this card's own 16-byte file key, see ``protocol.keys.file_key``.
        url_template: holds ``{picc}`` and ``{mac}``.
        counter: of the last tap made; the first tap from now on carries the next number.
        on_counter: called with each new counter *before* the message leaves the card, so that a crash can only skip
            numbers and never repeats one.
        random_bytes: makes the card's random numbers.
        chip: the inside, when it is another than a member card's.
    """

    atr = ATR_ISO14443_4

    def __init__(
        self,
        uid: bytes,
        meta_key: bytes,
        file_key: bytes,
        url_template: str = URL_TEMPLATE,
        counter: int = 0,
        on_counter: Callable[[int], None] | None = None,
        random_bytes: Callable[[int], bytes] = secrets.token_bytes,
        *,
        chip: Chip | None = None,
    ) -> None:
        self._chip = chip or _member_chip(uid, meta_key, file_key, url_template, random_bytes)
        self._chip.counter = counter
        self._chip.on_tap = on_counter or self._chip.on_tap
        self._application_selected = False
        self._file: int | None = None
        self._frames: list[bytes] = []

    @classmethod
    def blank(cls, uid: bytes, random_bytes: Callable[[int], bytes] = secrets.token_bytes) -> Ntag424:
        """Return a card as it leaves the factory: keys of zeros, an empty file that anybody may write."""
        return cls(uid, b"", b"", chip=Chip(uid, keys.FACTORY, b"", ntag424_files.OPEN, random_bytes))

    @property
    def uid(self) -> bytes:
        """The 7 bytes every reader sees."""
        return self._chip.uid

    @property
    def counter(self) -> int:
        """The counter of the last tap made."""
        return self._chip.counter

    @counter.setter
    def counter(self, value: int) -> None:
        self._chip.counter = value

    @property
    def versions(self) -> Sequence[int]:
        """The versions of the five keys; zeros say a blank card."""
        return tuple(version for _, version in self._chip.keys)

    def holds(self, expected: keys.KeySet) -> bool:
        """Whether the card's keys are exactly these."""
        return [(key, expected.version) for key in expected.keys] == self._chip.keys

    def power_on(self) -> None:
        """Forget selections and session; the next read of the NDEF file counts as a new tap."""
        self._application_selected = False
        self._file = None
        self._frames = []
        self._chip.power_on()

    def transmit(self, command: bytes) -> bytes | None:
        """Answer one APDU as the chip (and the reader, for FF CA) does."""
        if len(command) < 4:
            return SW_NOT_SUPPORTED
        cla, ins, p1, p2 = command[:4]
        match cla, ins:
            case 0xFF, 0xCA:
                return self.uid + SW_OK
            case 0x00, 0xA4:
                return self._select(p1, _data(command))
            case 0x00, 0xB0:
                return self._read_binary(p1 << 8 | p2, _expected(command))
            case 0x00, 0xD6:
                return self._update_binary(p1 << 8 | p2, _data(command))
            case 0x90, 0x60:
                self._frames = [_SOFTWARE, self.uid + _BATCH]
                return _HARDWARE + _SW_MORE
            case 0x90, 0xAF if self._frames:
                frame = self._frames.pop(0)
                return frame + (_SW_MORE if self._frames else _SW_NATIVE_OK)
            case 0x90, _:
                self._frames = []
                return self._chip.native(ins, _data(command), selected=self._application_selected)
        return SW_NOT_SUPPORTED

    def _select(self, p1: int, target: bytes) -> bytes:
        if p1 == 0x04:
            if target != keys.NDEF_AID:
                return _SW_NOT_FOUND
            self._application_selected = True
            self._file = None
            self._chip.end_session()
            return SW_OK
        number = int.from_bytes(target, "big")
        if not self._application_selected or number not in _FILES:
            return _SW_NOT_FOUND
        self._file = _FILES[number]
        return SW_OK

    def _read_binary(self, offset: int, length: int) -> bytes:
        if self._file is None:
            return _SW_NOT_ALLOWED
        try:
            content = self._chip.content(self._file)
        except Refused:
            return _SW_NOT_ALLOWED
        if offset >= len(content):
            return _SW_WRONG_OFFSET
        return content[offset : offset + length] + SW_OK

    def _update_binary(self, offset: int, data: bytes) -> bytes:
        if self._file is None or not data:
            return _SW_NOT_ALLOWED
        try:
            self._chip.write(self._file, offset, data)
        except Refused:
            return _SW_NOT_ALLOWED
        return SW_OK


def _member_chip(
    uid: bytes, meta_key: bytes, file_key: bytes, url_template: str, random_bytes: Callable[[int], bytes]
) -> Chip:
    """A chip with the keys that a tap needs; the others stay at zero, as only a virtual card's may."""
    zero = bytes(keys.KEY_BYTES)
    content, settings = ntag424_files.member_file(
        url_template, meta_key=keys.META, file_key=keys.FILE, write_key=keys.WRITE
    )
    return Chip(uid, keys.KeySet(1, (zero, meta_key, file_key, zero, zero)), content, settings, random_bytes)


def _data(command: bytes) -> bytes:
    """Return the data field of a short APDU, empty when Lc does not fit."""
    if len(command) < 6:
        return b""
    return command[5 : 5 + command[4]] if len(command) >= 5 + command[4] else b""


def _expected(command: bytes) -> int:
    """Return Le of a case 2 APDU; 00 means 256."""
    return (command[4] or 256) if len(command) >= 5 else 256
