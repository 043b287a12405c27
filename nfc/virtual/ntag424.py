"""A virtual NTAG 424 DNA in AES mode whose SUN messages are genuine: the central API cannot tell it from a real card."""

from __future__ import annotations

import secrets
from collections.abc import Callable

from nfc.protocol import keys, ndef, ntag424, sun
from nfc.virtual.card import ATR_ISO14443_4, SW_NOT_SUPPORTED, SW_OK

URL_TEMPLATE = "https://c.example.invalid/t?e={picc}&c={mac}"

_SW_MORE = bytes.fromhex("91AF")
_SW_NATIVE_OK = bytes.fromhex("9100")
_SW_NATIVE_NOT_SUPPORTED = bytes.fromhex("911C")
_SW_NOT_FOUND = bytes.fromhex("6A82")
_SW_NOT_ALLOWED = bytes.fromhex("6985")
_SW_WRONG_OFFSET = bytes.fromhex("6B00")
_HARDWARE = bytes.fromhex("04040230001105")
_SOFTWARE = bytes.fromhex("04040201021105")
_BATCH = bytes.fromhex("CF39D449801922")
_CAPABILITY = bytes.fromhex("001720010000FF0406E104010000000506E10500808283000000000000000000")


class Ntag424:
    """A personalised member card.

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
        random_bytes: makes the message's 5 filler bytes.
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
    ) -> None:
        self.uid = uid
        self.counter = counter
        self._meta_key = meta_key
        self._file_key = file_key
        self._url_template = url_template
        self._on_counter = on_counter
        self._random_bytes = random_bytes
        self._application_selected = False
        self._file: int | None = None
        self._ndef: bytes | None = None
        self._frames: list[bytes] = []

    def power_on(self) -> None:
        """Forget every selection; the next read of the NDEF file counts as a new tap."""
        self._application_selected = False
        self._file = None
        self._ndef = None
        self._frames = []

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
            case 0x90, 0x60:
                self._frames = [_SOFTWARE, self.uid + _BATCH]
                return _HARDWARE + _SW_MORE
            case 0x90, 0xAF if self._frames:
                frame = self._frames.pop(0)
                return frame + (_SW_MORE if self._frames else _SW_NATIVE_OK)
            case 0x90, 0xAD:
                return self._read_data(_data(command))
            case 0x90, _:
                return _SW_NATIVE_NOT_SUPPORTED
        return SW_NOT_SUPPORTED

    def _select(self, p1: int, target: bytes) -> bytes:
        if p1 == 0x04:
            if target != keys.NDEF_AID:
                return _SW_NOT_FOUND
            self._application_selected = True
            self._file = None
            return SW_OK
        number = int.from_bytes(target, "big")
        if not self._application_selected or number not in (ntag424.CC_FILE, ntag424.NDEF_FILE):
            return _SW_NOT_FOUND
        self._file = number
        return SW_OK

    def _read_binary(self, offset: int, length: int) -> bytes:
        if self._file is None:
            return _SW_NOT_ALLOWED
        content = self._content(self._file)
        if offset >= len(content):
            return _SW_WRONG_OFFSET
        return content[offset : offset + length] + SW_OK

    def _read_data(self, parameters: bytes) -> bytes:
        """ReadData (AD) of file 2, plain mode: file number, offset LE3, length LE3 (0: to the end)."""
        if not self._application_selected or len(parameters) != 7 or parameters[0] != 0x02:
            return bytes.fromhex("91F0")
        offset = int.from_bytes(parameters[1:4], "little")
        length = int.from_bytes(parameters[4:7], "little") or ntag424.FILE_BYTES
        return self._content(ntag424.NDEF_FILE)[offset : offset + length] + _SW_NATIVE_OK

    def _content(self, file: int) -> bytes:
        if file == ntag424.CC_FILE:
            return _CAPABILITY
        if self._ndef is None:
            self._ndef = self._next_message()
        return self._ndef

    def _next_message(self) -> bytes:
        self.counter += 1
        if self._on_counter:
            self._on_counter(self.counter)
        picc = sun.PiccData(self.uid, self.counter)
        url = sun.build(self._url_template, self._meta_key, self._file_key, picc, self._random_bytes(5))
        return ndef.build_file(url).ljust(ntag424.FILE_BYTES, b"\x00")


def _data(command: bytes) -> bytes:
    """Return the data field of a short APDU, empty when Lc does not fit."""
    if len(command) < 6:
        return b""
    return command[5 : 5 + command[4]] if len(command) >= 5 + command[4] else b""


def _expected(command: bytes) -> int:
    """Return Le of a case 2 APDU; 00 means 256."""
    return (command[4] or 256) if len(command) >= 5 else 256
