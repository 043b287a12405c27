"""The inside of a virtual NTAG 424 DNA: keys, files, EV2 sessions and native commands (NT4H2421Gx §8 to §10, AES mode).

Written from the card's side and from the data sheet, not from ``protocol.ev2``'s checks of answers, so that a mistake there
is not made twice; the session's arithmetic, which AN12196 proves, is shared.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from dataclasses import dataclass

from nfc.protocol import cmac, errors, ev2, keys, ntag424, ntag424_admin, sun
from nfc.protocol.ntag424_files import FREE, FULL, MAC, PLAIN, Access, FileSettings

_OK, _MORE = 0x9100, 0x91AF
_NOT_SUPPORTED, _INTEGRITY, _WRONG_LENGTH, _NO_PERMISSION = 0x911C, 0x911E, 0x917E, 0x919D
_WRONG_PARAMETER, _WRONG_KEY, _DELAYED, _WRONG_PLACE, _NO_FILE = 0x919E, 0x91AE, 0x91AD, 0x91BE, 0x91F0
_RND_BYTES, _TI_BYTES, _MAC_BYTES, _FILLER_BYTES = 16, 4, 8, 5
_MAX_FAILURES = 50
"""TotFailCtr: from here on the chip makes whoever guesses wait."""
_CC, _NDEF, _PROPRIETARY = 1, 2, 3
_CAPABILITY = bytes.fromhex("001720010000FF0406E104010000000506E10500808283000000000000000000")


class Refused(Exception):
    """The chip refuses, with this native status word."""

    def __init__(self, sw: int) -> None:
        super().__init__(f"{sw:04X}")
        self.sw = sw


@dataclass(slots=True)
class _File:
    """A file's bytes and settings."""

    content: bytearray
    settings: FileSettings


@dataclass(slots=True)
class _Proof:
    """A running authentication: which key, the chip's random number, and whether it opens a session or goes on in one."""

    key: int
    rnd_b: bytes
    first: bool


class Chip:
    """The chip; made with its keys and its NDEF file.

    Args:
        uid: 7 bytes.
        held: its five keys.
        ndef: the NDEF file's beginning; zeros follow.
        settings: the NDEF file's.
        random_bytes: makes its random numbers.
    """

    def __init__(
        self,
        uid: bytes,
        held: keys.KeySet,
        ndef: bytes,
        settings: FileSettings,
        random_bytes: Callable[[int], bytes],
    ) -> None:
        self.uid = uid
        self.keys = [(key, held.version) for key in held.keys]
        self.counter = 0
        self.on_tap: Callable[[int], None] = lambda _: None
        self._random = random_bytes
        closed = Access(read=FREE, write=0, read_write=0, change=0)
        secret = FileSettings(FULL, Access(read=2, write=3, read_write=3, change=0))
        self._files = {
            _CC: _File(bytearray(_CAPABILITY), FileSettings(PLAIN, closed)),
            _NDEF: _File(bytearray(ndef.ljust(ntag424.FILE_BYTES, b"\0")), settings),
            _PROPRIETARY: _File(bytearray(128), secret),
        }
        self._failures = 0
        self._session: ev2.Session | None = None
        self._key: int | None = None
        self._proof: _Proof | None = None
        self._shown: bytes | None = None

    def power_on(self) -> None:
        """Forget the session; the next read of the NDEF file counts as a new tap."""
        self.end_session()
        self._shown = None

    def end_session(self) -> None:
        """Drop the authentication, as any error and any SELECT of an application does."""
        self._session = self._key = self._proof = None

    def content(self, number: int) -> bytes:
        """Return a file as a reader gets it, with SUN's figures where it is read without a session.

        Raises:
            Refused: the file is not for whoever asks.
        """
        file = self._files[number]
        self._must_reach(file.settings.access, "read")
        if file.settings.sdm is None or self._session:
            return bytes(file.content)
        if self._shown is None:
            self._shown = self._mirrored(file)
        return self._shown

    def write(self, number: int, offset: int, data: bytes) -> None:
        """Write into a file.

        Raises:
            Refused: the file is not for whoever asks, or it does not fit.
        """
        file = self._files[number]
        self._must_reach(file.settings.access, "write")
        if offset + len(data) > len(file.content):
            raise Refused(_WRONG_PLACE)
        file.content[offset : offset + len(data)] = data
        self._shown = None

    def native(self, ins: int, data: bytes, *, selected: bool) -> bytes:
        """Answer a native command; its status word included."""
        if ins != 0xAF:
            self._proof = None
        try:
            if not selected:
                raise Refused(_NO_PERMISSION)
            return self._command(ins, data)
        except Refused as refused:
            self.end_session()
            return refused.sw.to_bytes(2, "big")

    def _command(self, ins: int, data: bytes) -> bytes:
        match ins:
            case 0x71:
                return self._challenge(data, first=True)
            case 0x77:
                return self._challenge(data, first=False)
            case 0xAF if self._proof:
                return self._proved(data)
            case 0x64:
                number = self._mac_header(ins, data, 1)[0]
                return self._answer(bytes((self._known(number)[1],)), MAC)
            case 0x51:
                self._mac_header(ins, data, 0)
                return self._answer(self.uid, FULL)
            case 0xF5:
                return self._answer(self._settings(self._mac_header(ins, data, 1)[0]), MAC)
            case 0xF6:
                return self._tap_counter(self._mac_header(ins, data, 1)[0])
            case 0x5F:
                return self._change_settings(data)
            case 0xC4:
                return self._change_key(data)
            case 0xAD:
                return self._read(data)
            case 0x8D:
                return self._write(data)
        raise Refused(_NOT_SUPPORTED)

    # -- authentication -----------------------------------------------------------------------------------------------

    def _challenge(self, data: bytes, *, first: bool) -> bytes:
        if first:
            self.end_session()
        if not data or (len(data) != 2 + data[1] if first and len(data) > 1 else len(data) != 1):
            raise Refused(_WRONG_LENGTH)
        if not first and self._session is None:
            raise Refused(_NO_PERMISSION)
        key, _ = self._known(data[0])
        if self._failures >= _MAX_FAILURES:
            raise Refused(_DELAYED)
        self._proof = _Proof(data[0], self._random(_RND_BYTES), first)
        return cmac.cbc_encrypt(key, self._proof.rnd_b) + _word(_MORE)

    def _proved(self, data: bytes) -> bytes:
        proof, self._proof = self._proof, None
        if proof is None or len(data) != 2 * _RND_BYTES:
            raise Refused(_WRONG_LENGTH)
        key, _ = self.keys[proof.key]
        plain = cmac.cbc_decrypt(key, data)
        rnd_a = plain[:_RND_BYTES]
        if not hmac.compare_digest(plain[_RND_BYTES:], ev2.rotate_left(proof.rnd_b)):
            self._failures += 1
            raise Refused(_WRONG_KEY)
        self._failures = 0
        enc_key, mac_key = ev2.session_keys(key, rnd_a, proof.rnd_b)
        self._key = proof.key
        if proof.first or self._session is None:
            self._session = ev2.Session(self._random(_TI_BYTES), enc_key, mac_key)
            told = self._session.ti + ev2.rotate_left(rnd_a) + bytes(12)
        else:
            self._session = ev2.Session(self._session.ti, enc_key, mac_key, self._session.counter)
            told = ev2.rotate_left(rnd_a)
        return cmac.cbc_encrypt(key, told) + _word(_OK)

    def _known(self, number: int) -> tuple[bytes, int]:
        if number >= len(self.keys):
            raise Refused(_WRONG_PARAMETER)
        return self.keys[number]

    # -- secure messaging, the card's side ------------------------------------------------------------------------------

    def _open(self) -> ev2.Session:
        if self._session is None:
            raise Refused(_NO_PERMISSION)
        return self._session

    def _mac_header(self, ins: int, data: bytes, size: int) -> bytes:
        """Check the MAC of a command of which everything is header."""
        session = self._open()
        if len(data) != size + _MAC_BYTES:
            raise Refused(_WRONG_LENGTH)
        header, found = data[:size], data[size:]
        if not hmac.compare_digest(session.command_mac(ins, header), found):
            raise Refused(_INTEGRITY)
        return header

    def _full(self, ins: int, data: bytes, header_size: int) -> tuple[bytes, bytes]:
        """Check and decrypt a command; return header and plain data."""
        session = self._open()
        if len(data) < header_size + _MAC_BYTES:
            raise Refused(_WRONG_LENGTH)
        header, secret, found = data[:header_size], data[header_size:-_MAC_BYTES], data[-_MAC_BYTES:]
        if not hmac.compare_digest(session.command_mac(ins, header, secret), found) or len(secret) % cmac.BLOCK:
            raise Refused(_INTEGRITY)
        if not secret:
            return header, b""
        iv = cmac.cbc_encrypt(
            session.enc_key, b"\xa5\x5a" + session.ti + session.counter.to_bytes(2, "little") + bytes(8)
        )
        try:
            return header, cmac.unpad(cmac.cbc_decrypt(session.enc_key, secret, iv))
        except ValueError as fault:
            raise Refused(_INTEGRITY) from fault

    def _answer(self, plain: bytes, mode: int) -> bytes:
        """Return an answer protected as asked; the command counts from here on."""
        if self._session is None:
            return plain + _word(_OK)
        session, self._session = self._session, self._session.after()
        if mode == PLAIN:
            return plain + _word(_OK)
        data = plain
        if mode == FULL and plain:
            counter = (session.counter + 1).to_bytes(2, "little")
            iv = cmac.cbc_encrypt(session.enc_key, b"\x5a\xa5" + session.ti + counter + bytes(8))
            data = cmac.cbc_encrypt(session.enc_key, cmac.pad(plain), iv)
        return data + session.response_mac(_OK, data) + _word(_OK)

    # -- keys and settings ----------------------------------------------------------------------------------------------

    def _change_key(self, data: bytes) -> bytes:
        header, plain = self._full(0xC4, data, 1)
        number = header[0]
        old, _ = self._known(number)
        self._shown = None  # the message is made of the keys there are when it is read
        if self._key != keys.APP:
            raise Refused(_NO_PERMISSION)
        if number == keys.APP:
            if len(plain) != keys.KEY_BYTES + 1:
                raise Refused(_WRONG_LENGTH)
            self.keys[number] = (plain[: keys.KEY_BYTES], plain[keys.KEY_BYTES])
            self.end_session()
            return _word(_OK)
        if len(plain) != keys.KEY_BYTES + 5:
            raise Refused(_WRONG_LENGTH)
        new = bytes(a ^ b for a, b in zip(plain[: keys.KEY_BYTES], old, strict=True))
        if ntag424_admin.crc32_nk(new) != plain[-4:]:
            raise Refused(_INTEGRITY)
        self.keys[number] = (new, plain[keys.KEY_BYTES])
        return self._answer(b"", MAC)

    def _file(self, number: int) -> _File:
        if number not in self._files:
            raise Refused(_NO_FILE)
        return self._files[number]

    def _settings(self, number: int) -> bytes:
        file = self._file(number)
        raw = file.settings.to_bytes()
        return b"\x00" + raw[:3] + len(file.content).to_bytes(3, "little") + raw[3:]

    def _change_settings(self, data: bytes) -> bytes:
        header, plain = self._full(0x5F, data, 1)
        file = self._file(header[0])
        if file.settings.access.change not in (FREE, self._key):
            raise Refused(_NO_PERMISSION)
        try:
            settings = FileSettings.parse(plain)
        except errors.Malformed as fault:
            raise Refused(_WRONG_PARAMETER) from fault
        if settings.sdm and settings.sdm.mac_offset + 16 > len(file.content):
            raise Refused(_WRONG_PARAMETER)
        file.settings = settings
        self._shown = None
        return self._answer(b"", MAC)

    # -- files ------------------------------------------------------------------------------------------------------------

    def _read(self, data: bytes) -> bytes:
        header, mode = self._checked(0xAD, data, "read")
        content = self.content(header[0])
        offset, length = _place(header)
        if offset >= len(content):
            raise Refused(_WRONG_PLACE)
        return self._answer(content[offset : offset + (length or len(content))], mode)

    def _write(self, data: bytes) -> bytes:
        if len(data) < 7:
            raise Refused(_WRONG_LENGTH)
        mode = self._mode(self._file(data[0]), "write")
        if mode == FULL:
            header, plain = self._full(0x8D, data, 7)
        elif mode == MAC:
            header, plain = self._mac_header(0x8D, data, len(data) - _MAC_BYTES)[:7], data[7:-_MAC_BYTES]
        else:
            header, plain = data[:7], data[7:]
        offset, length = _place(header)
        if length != len(plain):
            raise Refused(_WRONG_LENGTH)
        self.write(header[0], offset, plain)
        return self._answer(b"", mode)

    def _checked(self, ins: int, data: bytes, act: str) -> tuple[bytes, int]:
        if len(data) < 7:
            raise Refused(_WRONG_LENGTH)
        mode = self._mode(self._file(data[0]), act)
        if mode == PLAIN:
            if len(data) != 7:
                raise Refused(_WRONG_LENGTH)
            return data, mode
        return self._mac_header(ins, data, 7), mode

    def _mode(self, file: _File, act: str) -> int:
        """The mode that holds now: a file that is free to whoever asks is always plain (§8.2.3.3)."""
        access = file.settings.access
        keyed = self._key is not None and self._key in (getattr(access, act), access.read_write)
        return file.settings.mode if keyed else PLAIN

    def _must_reach(self, access: Access, act: str) -> None:
        allowed = {getattr(access, act), access.read_write}
        if FREE not in allowed and (self._key is None or self._key not in allowed):
            raise Refused(_NO_PERMISSION)

    # -- SUN --------------------------------------------------------------------------------------------------------------

    def _tap_counter(self, number: int) -> bytes:
        sdm = self._file(number).settings.sdm
        if sdm is None or sdm.counter_key not in (FREE, self._key):
            raise Refused(_NO_PERMISSION)
        return self._answer(self.counter.to_bytes(3, "little") + bytes(2), FULL)

    def _mirrored(self, file: _File) -> bytes:
        """Count a tap, and return the file with this tap's message in it."""
        sdm = file.settings.sdm
        if sdm is None:
            raise ValueError("expected a file with SDM")
        self.on_tap(self.counter + 1)
        self.counter += 1
        picc = sun.PiccData(self.uid, self.counter)
        meta_key, file_key = self.keys[sdm.meta_key][0], self.keys[sdm.file_key][0]
        shown = bytearray(file.content)
        secret = sun.encrypt(meta_key, picc, self._random(_FILLER_BYTES)).hex().upper().encode()
        shown[sdm.picc_offset : sdm.picc_offset + len(secret)] = secret
        mac_input = bytes(shown[sdm.mac_input_offset : sdm.mac_offset])
        mac = sun.sdm_mac(file_key, picc, mac_input).hex().upper().encode()
        shown[sdm.mac_offset : sdm.mac_offset + len(mac)] = mac
        return bytes(shown)


def _place(header: bytes) -> tuple[int, int]:
    return int.from_bytes(header[1:4], "little"), int.from_bytes(header[4:7], "little")


def _word(sw: int) -> bytes:
    return sw.to_bytes(2, "big")
