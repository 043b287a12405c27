"""AuthenticateEV2First and NonFirst, and the secure messaging that follows (NT4H2421Gx §9.1, AN12196 §5.6 to §5.16; AES)."""

from __future__ import annotations

import hmac
from dataclasses import dataclass, replace

from nfc.protocol import apdu, cmac, errors

_SV1_ENC = bytes.fromhex("A55A00010080")
_SV2_MAC = bytes.fromhex("5AA500010080")
_IV_COMMAND = bytes.fromhex("A55A")
_IV_RESPONSE = bytes.fromhex("5AA5")
_RND_BYTES = 16
_TI_BYTES = 4
_MAC_BYTES = 8


@dataclass(frozen=True, slots=True)
class Session:
    """An authenticated channel; a value, so each command returns the session for the next one.

    Args:
        ti: the card's 4-byte transaction identifier.
        enc_key, mac_key: the two 16-byte session keys.
        counter: commands sent since authentication, plain ones included (0 to 65535).
    """

    ti: bytes
    enc_key: bytes
    mac_key: bytes
    counter: int = 0

    def after(self) -> Session:
        """Return the session for the next command."""
        return replace(self, counter=self.counter + 1)

    def command_mac(self, ins: int, header: bytes = b"", data: bytes = b"") -> bytes:
        """Return the 8-byte MAC of a command; ``data`` as sent, so encrypted in FULL mode."""
        return self._mac(bytes((ins,)), self.counter, header + data)

    def response_mac(self, sw: int, data: bytes = b"") -> bytes:
        """Return the 8-byte MAC the card must send with status ``sw`` to the command of this counter."""
        return self._mac(bytes((sw & 0xFF,)), self.counter + 1, data)

    def check_response(self, response: apdu.Response) -> bytes:
        """Check and remove the MAC of an answer.

        Raises:
            errors.StatusError: the card refused.
            errors.AuthenticationFailed: the MAC is missing or wrong.
        """
        body = response.require()
        data, found = body[:-_MAC_BYTES], body[-_MAC_BYTES:]
        if not hmac.compare_digest(self.response_mac(response.sw, data), found):
            raise errors.AuthenticationFailed("the answer's MAC is wrong: drop the session and start again")
        return data

    def plain_command(self, ins: int, header: bytes = b"", data: bytes = b"") -> apdu.Command:
        """Return a native command of a file in plain mode: nothing protects it, but it counts."""
        return apdu.Command(0x90, ins, data=header + data, le=256)

    def mac_command(self, ins: int, header: bytes = b"", data: bytes = b"") -> apdu.Command:
        """Return a native command that ends with its MAC."""
        return apdu.Command(0x90, ins, data=header + data + self.command_mac(ins, header, data), le=256)

    def full_command(self, ins: int, header: bytes, plain: bytes) -> apdu.Command:
        """Return a native command whose data are encrypted and MACed; ``header`` stays readable."""
        secret = cmac.cbc_encrypt(self.enc_key, cmac.pad(plain), self._iv(_IV_COMMAND, self.counter)) if plain else b""
        body = header + secret + self.command_mac(ins, header, secret)
        return apdu.Command(0x90, ins, data=body, le=256)

    def open_response(self, response: apdu.Response) -> bytes:
        """Check the MAC of a FULL answer, then decrypt it (in this order).

        Raises:
            errors.StatusError: the card refused.
            errors.AuthenticationFailed: the MAC or the padding is wrong.
        """
        secret = self.check_response(response)
        if not secret:
            return b""
        if len(secret) % cmac.BLOCK:
            raise errors.AuthenticationFailed(f"expected whole encrypted blocks, found {len(secret)} bytes")
        plain = cmac.cbc_decrypt(self.enc_key, secret, self._iv(_IV_RESPONSE, self.counter + 1))
        try:
            return cmac.unpad(plain)
        except ValueError as fault:
            raise errors.AuthenticationFailed(str(fault)) from fault

    def _mac(self, first: bytes, counter: int, rest: bytes) -> bytes:
        message = first + counter.to_bytes(2, "little") + self.ti + rest
        return cmac.truncated(cmac.cmac(self.mac_key, message))

    def _iv(self, label: bytes, counter: int) -> bytes:
        return cmac.cbc_encrypt(self.enc_key, label + self.ti + counter.to_bytes(2, "little") + bytes(8))


def first_command(key_number: int) -> apdu.Command:
    """Return part 1 of AuthenticateEV2First (no PCD capabilities)."""
    return apdu.Command(0x90, 0x71, data=bytes((key_number, 0x00)), le=256)


def non_first_command(key_number: int) -> apdu.Command:
    """Return part 1 of AuthenticateEV2NonFirst: another key in the session that is open."""
    return apdu.Command(0x90, 0x77, data=bytes((key_number,)), le=256)


def answer_challenge(key: bytes, challenge: bytes, rnd_a: bytes) -> tuple[apdu.Command, bytes]:
    """Return part 2 of either authentication, and RndB.

    Args:
        key: the 16-byte key being proved.
        challenge: the card's answer to part 1, E(K, RndB).
        rnd_a: 16 fresh random bytes.

    Raises:
        errors.Malformed: the challenge is not 16 bytes (17 mean that the card runs in LRP mode).
    """
    if len(challenge) != _RND_BYTES:
        raise errors.Malformed(f"expected a challenge of 16 bytes, found {len(challenge)} (17: card in LRP mode)")
    rnd_b = cmac.cbc_decrypt(key, challenge)
    token = cmac.cbc_encrypt(key, rnd_a + rotate_left(rnd_b))
    return apdu.Command(0x90, 0xAF, data=token, le=256), rnd_b


def finish(key: bytes, rnd_a: bytes, rnd_b: bytes, answer: bytes) -> Session:
    """Check the card's last answer to EV2First, E(K, TI || RndA' || capabilities), and return the session.

    Raises:
        errors.AuthenticationFailed: the card did not return our RndA, so it does not hold the key.
    """
    if len(answer) != 2 * _RND_BYTES:
        raise errors.AuthenticationFailed(f"expected 32 bytes, found {len(answer)}")
    plain = cmac.cbc_decrypt(key, answer)
    _must_return(rnd_a, plain[_TI_BYTES : _TI_BYTES + _RND_BYTES])
    enc_key, mac_key = session_keys(key, rnd_a, rnd_b)
    return Session(ti=plain[:_TI_BYTES], enc_key=enc_key, mac_key=mac_key)


def finish_non_first(session: Session, key: bytes, rnd_a: bytes, rnd_b: bytes, answer: bytes) -> Session:
    """Check the card's last answer to EV2NonFirst, E(K, RndA'); the session goes on under the new key.

    Transaction identifier and counter stay as they were.

    Raises:
        errors.AuthenticationFailed: the card did not return our RndA, so it does not hold the key.
    """
    if len(answer) != _RND_BYTES:
        raise errors.AuthenticationFailed(f"expected 16 bytes, found {len(answer)}")
    _must_return(rnd_a, cmac.cbc_decrypt(key, answer))
    enc_key, mac_key = session_keys(key, rnd_a, rnd_b)
    return replace(session, enc_key=enc_key, mac_key=mac_key)


def session_keys(key: bytes, rnd_a: bytes, rnd_b: bytes) -> tuple[bytes, bytes]:
    """Return (encryption key, MAC key) of a session (NT4H2421Gx §9.1.7)."""
    mixed = bytes(a ^ b for a, b in zip(rnd_a[2:8], rnd_b[:6], strict=True))
    context = rnd_a[:2] + mixed + rnd_b[6:] + rnd_a[8:]
    return cmac.cmac(key, _SV1_ENC + context), cmac.cmac(key, _SV2_MAC + context)


def rotate_left(block: bytes) -> bytes:
    """Return a block turned by one byte, as each side proves that it read the other's random number."""
    return block[1:] + block[:1]


def _must_return(rnd_a: bytes, found: bytes) -> None:
    if not hmac.compare_digest(found, rotate_left(rnd_a)):
        raise errors.AuthenticationFailed("the card did not return our random number: it does not hold the key")
