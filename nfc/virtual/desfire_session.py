"""The card's half of DESFire's authentications and sessions, written from the card's side of the same rules."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from typing import Protocol

from nfc.protocol import cmac, ev2
from nfc.protocol.ciphers import Algorithm
from nfc.protocol.ciphers import cmac as chained_cmac

_PLAIN, _MACED, _FULL = 0, 1, 3
_CHANGE_KEY = 0xC4


class Refused(Exception):
    """The card answers 91 and this status, and its session is over."""

    def __init__(self, status: int) -> None:
        super().__init__(f"91{status:02X}")
        self.status = status


class Session(Protocol):
    """An authenticated channel, seen from the card."""

    @property
    def key_number(self) -> int:
        """The key that was proved."""

    def open_command(self, ins: int, body: bytes, header_size: int, mode: int) -> bytes:
        """Check a command and return its data, decrypted.

        Raises:
            Refused: MAC, CRC or padding is wrong.
        """

    def seal_answer(self, data: bytes, mode: int) -> bytes:
        """Return a successful answer as it is sent."""


class Handshake(Protocol):
    """An authentication between its two parts."""

    challenge: bytes

    def finish(self, token: bytes) -> tuple[bytes, Session]:
        """Check the reader's proof and return ours, with the session.

        Raises:
            Refused: the reader does not hold the key.
        """


class Ev1Handshake:
    """AuthenticateAES."""

    def __init__(self, number: int, key: bytes, random_bytes: Callable[[int], bytes]) -> None:
        self._number, self._key = number, key
        self._rnd_b = random_bytes(16)
        self.challenge = cmac.cbc_encrypt(key, self._rnd_b)

    def finish(self, token: bytes) -> tuple[bytes, Session]:
        """See :meth:`Handshake.finish`."""
        rnd_a = _reader_proved(self._key, token, self._rnd_b, self.challenge)
        answer = cmac.cbc_encrypt(self._key, rnd_a[1:] + rnd_a[:1], token[16:])
        return answer, Ev1Session(self._number, rnd_a[:4] + self._rnd_b[:4] + rnd_a[12:] + self._rnd_b[12:])


class Ev2Handshake:
    """AuthenticateEV2First."""

    def __init__(self, number: int, key: bytes, random_bytes: Callable[[int], bytes]) -> None:
        self._number, self._key = number, key
        self._rnd_b, self._ti = random_bytes(16), random_bytes(4)
        self.challenge = cmac.cbc_encrypt(key, self._rnd_b)

    def finish(self, token: bytes) -> tuple[bytes, Session]:
        """See :meth:`Handshake.finish`."""
        rnd_a = _reader_proved(self._key, token, self._rnd_b, bytes(16))
        answer = cmac.cbc_encrypt(self._key, self._ti + rnd_a[1:] + rnd_a[:1] + bytes(12))
        enc_key, mac_key = ev2.session_keys(self._key, rnd_a, self._rnd_b)
        return answer, Ev2Session(self._number, self._ti, enc_key, mac_key)


class Ev1Session:
    """One running chain of CBC."""

    def __init__(self, key_number: int, key: bytes) -> None:
        self.key_number = key_number
        self._key = key
        self._iv = bytes(16)

    def open_command(self, ins: int, body: bytes, header_size: int, mode: int) -> bytes:
        """See :meth:`Session.open_command`."""
        header, rest = body[:header_size], body[header_size:]
        first = bytes((ins,))
        if not rest or mode == _PLAIN:
            self._hash(first + body)
            return rest
        if mode == _MACED:
            self._hash(first + body[:-8])
            if body[-8:] != self._iv[:8]:
                raise Refused(0x1E)
            return rest[:-8]
        if len(rest) % 16:
            raise Refused(0x7E)
        plain = cmac.cbc_decrypt(self._key, rest, self._iv)
        self._iv = rest[-16:]
        if ins == _CHANGE_KEY and plain[17:21] == _crc(first + header + plain[:17]):
            # Key and version, the CRC, and for another key than the session's one over the new key.
            return plain[:17] + (b"" if header[0] == self.key_number else plain[21:25])
        for size in range(1, len(plain) - 3):
            # The card knows the length by the command; here the CRC finds it, the shortest first: what ends with its own
            # CRC has the CRC zero, and the padding would do for that.
            if not any(plain[size + 4 :]) and plain[size : size + 4] == _crc(first + header + plain[:size]):
                return plain[:size]
        raise Refused(0x1E)

    def seal_answer(self, data: bytes, mode: int) -> bytes:
        """See :meth:`Session.seal_answer`."""
        if mode != _FULL or not data:
            self._hash(data + b"\x00")
            return data + self._iv[:8]
        plain = data + _crc(data + b"\x00")
        secret = cmac.cbc_encrypt(self._key, plain + bytes(-len(plain) % 16), self._iv)
        self._iv = secret[-16:]
        return secret

    def _hash(self, message: bytes) -> None:
        self._iv = chained_cmac(Algorithm.AES, self._key, message, self._iv)


class Ev2Session:
    """A counter in every MAC and IV."""

    def __init__(self, key_number: int, ti: bytes, enc_key: bytes, mac_key: bytes) -> None:
        self.key_number = key_number
        self._ti, self._enc_key, self._mac_key = ti, enc_key, mac_key
        self._counter = 0

    def open_command(self, ins: int, body: bytes, header_size: int, mode: int) -> bytes:
        """See :meth:`Session.open_command`."""
        if mode == _PLAIN:
            return body[header_size:]
        if body[-8:] != self._mac(bytes((ins,)), self._counter, body[:-8]) or len(body) < header_size + 8:
            raise Refused(0x1E)
        data = body[header_size:-8]
        if mode == _MACED or not data:
            return data
        plain = cmac.cbc_decrypt(self._enc_key, data, self._iv(b"\xa5\x5a", self._counter))
        try:
            return cmac.unpad(plain)
        except ValueError as fault:
            raise Refused(0x1E) from fault

    def seal_answer(self, data: bytes, mode: int) -> bytes:
        """See :meth:`Session.seal_answer`."""
        self._counter += 1
        if mode == _PLAIN:
            return data
        if mode == _FULL and data:
            data = cmac.cbc_encrypt(self._enc_key, cmac.pad(data), self._iv(b"\x5a\xa5", self._counter))
        return data + self._mac(b"\x00", self._counter, data)

    def _mac(self, first: bytes, counter: int, rest: bytes) -> bytes:
        return cmac.cmac(self._mac_key, first + counter.to_bytes(2, "little") + self._ti + rest)[1::2]

    def _iv(self, label: bytes, counter: int) -> bytes:
        return cmac.cbc_encrypt(self._enc_key, label + self._ti + counter.to_bytes(2, "little") + bytes(8))


def _reader_proved(key: bytes, token: bytes, rnd_b: bytes, iv: bytes) -> bytes:
    """Return RndA out of the reader's token when it also holds our number."""
    if len(token) != 32:
        raise Refused(0x7E)
    plain = cmac.cbc_decrypt(key, token, iv)
    if plain[16:] != rnd_b[1:] + rnd_b[:1]:
        raise Refused(0xAE)
    return plain[:16]


def _crc(data: bytes) -> bytes:
    return (zlib.crc32(data) ^ 0xFFFFFFFF).to_bytes(4, "little")
