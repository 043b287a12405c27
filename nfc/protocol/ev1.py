"""AuthenticateAES and the secure messaging that follows it, as DESFire EV1 speaks it (MF3ICDx1 §9; libfreefare's notes).

One chain of CBC runs through a whole session: whatever is sent or received moves the session's IV, encrypted or not. So a
session that lost an answer cannot go on, and any refusal by the card ends it.

Mode     command                                   answer
=======  ========================================  ============================================
PLAIN    as it is; its CMAC only moves the IV      followed by 8 bytes of CMAC over data || status
MACED    followed by 8 bytes of CMAC               the same
FULL     header, then CBC(data || CRC32 || 00..)   CBC(data || CRC32 || 00..), or a CMAC when empty
=======  ========================================  ============================================
"""

from __future__ import annotations

import hmac
import zlib
from dataclasses import dataclass, replace

from nfc.protocol import apdu, cmac, errors
from nfc.protocol.ciphers import Algorithm
from nfc.protocol.ciphers import cmac as chained_cmac

AUTHENTICATE = 0xAA
_RND_BYTES = 16
_MAC_BYTES = 8
_CRC_BYTES = 4
_STATUS_OK = b"\x00"


@dataclass(frozen=True, slots=True)
class Session:
    """An authenticated channel; a value, so each step returns the session for the next one.

    Args:
        key: the 16-byte session key.
        iv: where the chain stands.
    """

    key: bytes
    iv: bytes = bytes(_RND_BYTES)

    def plain_command(self, ins: int, header: bytes = b"", data: bytes = b"") -> tuple[apdu.Command, Session]:
        """Return a command sent as it is."""
        return apdu.Command(0x90, ins, data=header + data, le=256), self._hashed(bytes((ins,)) + header + data)

    def maced_command(self, ins: int, header: bytes, data: bytes) -> tuple[apdu.Command, Session]:
        """Return a command followed by its MAC."""
        after = self._hashed(bytes((ins,)) + header + data)
        return apdu.Command(0x90, ins, data=header + data + after.iv[:_MAC_BYTES], le=256), after

    def full_command(self, ins: int, header: bytes, data: bytes, tail: bytes = b"") -> tuple[apdu.Command, Session]:
        """Return a command whose data are encrypted; ``header`` stays readable, ``tail`` follows the CRC, inside."""
        plain = data + crc32(bytes((ins,)) + header + data) + tail
        secret = cmac.cbc_encrypt(self.key, plain + bytes(-len(plain) % cmac.BLOCK), self.iv)
        return apdu.Command(0x90, ins, data=header + secret, le=256), replace(self, iv=secret[-cmac.BLOCK :])

    def check_response(self, response: apdu.Response) -> tuple[bytes, Session]:
        """Check and remove the MAC of an answer that is not encrypted.

        Raises:
            errors.StatusError: the card refused; the session is over.
            errors.AuthenticationFailed: the MAC is missing or wrong.
        """
        body = response.require()
        if len(body) < _MAC_BYTES:
            raise errors.AuthenticationFailed(f"expected an answer with a MAC of 8 bytes, found {len(body)}")
        data, found = body[:-_MAC_BYTES], body[-_MAC_BYTES:]
        after = self._hashed(data + _STATUS_OK)
        if not hmac.compare_digest(after.iv[:_MAC_BYTES], found):
            raise errors.AuthenticationFailed("the answer's MAC is wrong: drop the session and start again")
        return data, after

    def open_response(self, response: apdu.Response, length: int) -> tuple[bytes, Session]:
        """Decrypt an answer of ``length`` bytes and check its CRC.

        Raises:
            errors.StatusError: the card refused; the session is over.
            errors.AuthenticationFailed: the length, the CRC or the padding is wrong.
        """
        secret = response.require()
        expected = length + _CRC_BYTES + -(length + _CRC_BYTES) % cmac.BLOCK
        if len(secret) != expected:
            raise errors.AuthenticationFailed(f"expected {expected} encrypted bytes, found {len(secret)}")
        plain = cmac.cbc_decrypt(self.key, secret, self.iv)
        data, found = plain[:length], plain[length : length + _CRC_BYTES]
        if not hmac.compare_digest(crc32(data + _STATUS_OK), found) or any(plain[length + _CRC_BYTES :]):
            raise errors.AuthenticationFailed("the answer's CRC is wrong: drop the session and start again")
        return data, replace(self, iv=secret[-cmac.BLOCK :])

    def _hashed(self, message: bytes) -> Session:
        return replace(self, iv=chained_cmac(Algorithm.AES, self.key, message, self.iv))


def first_command(key_number: int) -> apdu.Command:
    """Return part 1 of AuthenticateAES."""
    return apdu.Command(0x90, AUTHENTICATE, data=bytes((key_number,)), le=256)


def answer_challenge(key: bytes, challenge: bytes, rnd_a: bytes) -> tuple[apdu.Command, bytes]:
    """Return part 2 of the authentication and RndB.

    Args:
        key: the 16-byte key being proved.
        challenge: the card's answer to part 1, E(K, RndB).
        rnd_a: 16 fresh random bytes.

    Raises:
        errors.Malformed: the challenge is not 16 bytes.
    """
    if len(challenge) != _RND_BYTES:
        raise errors.Malformed(f"expected a challenge of {_RND_BYTES} bytes, found {len(challenge)}")
    rnd_b = cmac.cbc_decrypt(key, challenge)
    token = cmac.cbc_encrypt(key, rnd_a + _rotate_left(rnd_b), challenge)
    return apdu.Command(0x90, 0xAF, data=token, le=256), rnd_b


def finish(key: bytes, rnd_a: bytes, rnd_b: bytes, token: bytes, answer: bytes) -> Session:
    """Check the card's last answer, which goes on from the last block we sent, and return the session.

    Args:
        key, rnd_a, rnd_b: as in :func:`answer_challenge`.
        token: the data of part 2.
        answer: E(K, rotl(RndA)).

    Raises:
        errors.AuthenticationFailed: the card did not return our RndA, so it does not hold the key.
    """
    if len(answer) != _RND_BYTES:
        raise errors.AuthenticationFailed(f"expected {_RND_BYTES} bytes, found {len(answer)}")
    if not hmac.compare_digest(cmac.cbc_decrypt(key, answer, token[-cmac.BLOCK :]), _rotate_left(rnd_a)):
        raise errors.AuthenticationFailed("the card did not return our random number: it does not hold the key")
    return Session(session_key(rnd_a, rnd_b))


def session_key(rnd_a: bytes, rnd_b: bytes) -> bytes:
    """Return the session key made of both random numbers."""
    return rnd_a[:4] + rnd_b[:4] + rnd_a[12:] + rnd_b[12:]


def crc32(data: bytes) -> bytes:
    """Return DESFire's CRC: CRC-32 without the final inversion, low byte first."""
    return (zlib.crc32(data) ^ 0xFFFFFFFF).to_bytes(_CRC_BYTES, "little")


def _rotate_left(block: bytes) -> bytes:
    return block[1:] + block[:1]
