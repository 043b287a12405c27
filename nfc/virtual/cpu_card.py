"""A virtual CPU card: the club's DF, keys with tries, a PIN, and a file that wants an external authentication to write."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable, Mapping

from nfc.protocol import ciphers, tlv
from nfc.protocol.applications import CLUB_AID
from nfc.virtual.card import ATR_ISO14443_4, SW_NOT_SUPPORTED, SW_OK, data_of, expected_of

MEMBER_FILE = 0x15
MAX_TRIES = 3
_SW_NOT_FOUND = bytes.fromhex("6A82")
_SW_NOT_SATISFIED = bytes.fromhex("6982")
_SW_BLOCKED = bytes.fromhex("6983")
_SW_NO_CHALLENGE = bytes.fromhex("6984")
_SW_WRONG_LENGTH = bytes.fromhex("6700")
_SW_NO_KEY = bytes.fromhex("6A88")
_PIN = 0x100  # beside the keys, whose numbers end at FF


class CpuCard:
    """A personalised card.

    Args:
        uid: 4 or 7 bytes; FM1208 has 4.
        algorithm: its cipher.
        internal: keys by number that prove the card.
        external: keys by number that let a terminal write.
        content: what the member file (SFI 15h) holds.
        pin: the card's PIN; without one VERIFY is refused.
        get_response: answer in two steps, 61xx and GET RESPONSE, as contact cards do.
        random_bytes: makes challenges.
    """

    atr = ATR_ISO14443_4

    def __init__(
        self,
        uid: bytes,
        algorithm: ciphers.Algorithm,
        internal: Mapping[int, bytes],
        *,
        external: Mapping[int, bytes] | None = None,
        content: bytes = b"",
        pin: bytes | None = None,
        get_response: bool = False,
        random_bytes: Callable[[int], bytes] = secrets.token_bytes,
    ) -> None:
        self.uid = uid
        self.content = content
        self._algorithm = algorithm
        self._internal = dict(internal)
        self._external = dict(external or {})
        self._pin = pin
        self._get_response = get_response
        self._random_bytes = random_bytes
        self._tries: dict[int, int] = {}  # survive the reset, as in the chip
        self.power_on()

    def power_on(self) -> None:
        """Forget selection, challenge and what was proved."""
        self._selected = False
        self._challenge: bytes | None = None
        self._may_write = False
        self._waiting = b""

    def transmit(self, command: bytes) -> bytes | None:
        """Answer one APDU as the chip (and the reader, for FF CA) does."""
        if len(command) < 4:
            return SW_NOT_SUPPORTED
        if command[:2] == b"\xff\xca":
            return self.uid + SW_OK
        if command[:2] == b"\x00\xc0":
            answer, self._waiting = self._waiting, b""
            return answer + SW_OK
        answer = self._answer(command)
        if self._get_response and len(answer) > 2 and answer.endswith(SW_OK):
            self._waiting = answer[:-2]
            return bytes((0x61, len(self._waiting)))
        return answer

    def _answer(self, command: bytes) -> bytes:
        data = data_of(command)
        if command[0] != 0x00:
            return bytes.fromhex("6E00")
        match command[1]:
            case 0xA4 if command[2] == 0x04:
                return self._select(data)
            case _ if not self._selected:
                return _SW_NOT_FOUND if command[1] == 0xA4 else SW_NOT_SUPPORTED
            case 0x84:
                self._challenge = self._random_bytes(expected_of(command))
                return self._challenge + SW_OK
            case 0x82:
                return self._external_authenticate(command[3], data)
            case 0x88:
                return self._internal_authenticate(command[3], data)
            case 0x20:
                return self._verify(data)
            case 0xB0 if command[2] == 0x80 | MEMBER_FILE:
                return self.content[command[3] : command[3] + expected_of(command)] + SW_OK
            case 0xD6 if command[2] == 0x80 | MEMBER_FILE:
                return self._update(command[3], data)
        return SW_NOT_SUPPORTED

    def _select(self, name: bytes) -> bytes:
        if name != CLUB_AID:
            return _SW_NOT_FOUND
        self._selected, self._may_write = True, False
        return tlv.build(0x6F, tlv.build(0x84, name)) + SW_OK

    def _internal_authenticate(self, key_id: int, challenge: bytes) -> bytes:
        key = self._internal.get(key_id)
        if key is None:
            return _SW_NO_KEY
        if len(challenge) != self._algorithm.block:
            return _SW_WRONG_LENGTH
        return ciphers.encrypt(self._algorithm, key, challenge) + SW_OK

    def _external_authenticate(self, key_id: int, cryptogram: bytes) -> bytes:
        key, challenge, self._challenge = self._external.get(key_id), self._challenge, None
        if key is None:
            return _SW_NO_KEY
        if challenge is None or len(challenge) != self._algorithm.block:
            return _SW_NO_CHALLENGE
        expected = ciphers.encrypt(self._algorithm, key, challenge)
        answer = self._count(key_id, good=hmac.compare_digest(expected, cryptogram))
        self._may_write = answer == SW_OK
        return answer

    def _verify(self, pin: bytes) -> bytes:
        if self._pin is None:
            return _SW_NO_KEY
        return self._count(_PIN, good=hmac.compare_digest(self._pin, pin))

    def _count(self, what: int, *, good: bool) -> bytes:
        left = self._tries.get(what, MAX_TRIES)
        if left == 0:
            return _SW_BLOCKED
        self._tries[what] = MAX_TRIES if good else left - 1
        return SW_OK if good else bytes((0x63, 0xC0 | left - 1))

    def _update(self, offset: int, data: bytes) -> bytes:
        if not self._may_write:
            return _SW_NOT_SATISFIED
        self.content = self.content[:offset].ljust(offset, b"\x00") + data + self.content[offset + len(data) :]
        return SW_OK
