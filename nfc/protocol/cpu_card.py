"""Commands of ISO 7816-4 CPU cards (FM1208 kind, 国密 cards): select, challenge, INTERNAL and EXTERNAL AUTHENTICATE, files, PIN.

The cipher is the card's: 3DES with challenges of 8 bytes, AES and SM4 with 16. Keys are the card's own, diversified
(``an10922``): a card whose key is everybody's opens all when one is opened.
"""

from __future__ import annotations

import hmac

from nfc.protocol import apdu, ciphers, errors, tlv

_FCI, _DF_NAME = 0x6F, 0x84
_MAX_SFI = 30
_MAX_SFI_OFFSET = 0xFF


def select(transmit: apdu.Transmit, name: bytes) -> bytes:
    """Select a DF by its name (AID) and return its file control information, empty when the card gives none.

    Raises:
        errors.NotFound: the card has no such application.
    """
    return apdu.exchange(transmit, apdu.Command(0x00, 0xA4, 0x04, 0x00, name, le=256)).require()


def select_file(transmit: apdu.Transmit, file_id: int) -> None:
    """Select a file by its 2-byte identifier."""
    apdu.exchange(transmit, apdu.Command(0x00, 0xA4, 0x00, 0x00, file_id.to_bytes(2, "big"), le=256)).require()


def df_name(fci: bytes) -> bytes | None:
    """Return the name in file control information; None when there is none to be read."""
    try:
        return tlv.find(fci, _FCI, _DF_NAME)
    except errors.Malformed:
        return None


def internal_command(algorithm: ciphers.Algorithm, key_id: int, challenge: bytes) -> apdu.Command:
    """Return INTERNAL AUTHENTICATE: the card shall encrypt our challenge.

    Args:
        algorithm: the card's cipher.
        key_id: which of its keys (P2).
        challenge: fresh, one block long.
    """
    if len(challenge) != algorithm.block:
        raise ValueError(f"expected a challenge of {algorithm.block} bytes for {algorithm}, found {len(challenge)}")
    return apdu.Command(0x00, 0x88, 0x00, key_id, challenge, le=algorithm.block)


def check_internal(algorithm: ciphers.Algorithm, key: bytes, challenge: bytes, answer: bytes) -> None:
    """Check what the card made of our challenge.

    Raises:
        errors.AuthenticationFailed: it does not hold the key.
    """
    if not hmac.compare_digest(ciphers.encrypt(algorithm, key, challenge), answer):
        raise errors.AuthenticationFailed("the card did not encrypt our challenge under its key: it does not hold it")


def external_authenticate(transmit: apdu.Transmit, algorithm: ciphers.Algorithm, key_id: int, key: bytes) -> None:
    """Prove to the card that we hold a key: GET CHALLENGE, then EXTERNAL AUTHENTICATE with its cryptogram.

    Raises:
        errors.NotAuthorised: the key is wrong; 63Cx says that x tries are left.
        errors.TooManyFailures: none are; the key is blocked.
        errors.Malformed: the card's challenge has not one block.
    """
    size = algorithm.block
    challenge = apdu.exchange(transmit, apdu.Command(0x00, 0x84, le=size)).require()
    if len(challenge) != size:
        raise errors.Malformed(f"expected a challenge of {size} bytes, found {len(challenge)}")
    cryptogram = ciphers.encrypt(algorithm, key, challenge)
    apdu.exchange(transmit, apdu.Command(0x00, 0x82, 0x00, key_id, cryptogram)).require()


def read_binary(transmit: apdu.Transmit, sfi: int, offset: int, length: int) -> bytes:
    """Read from a transparent file by its short identifier; the card may give fewer bytes.

    Args:
        transmit: sends one APDU.
        sfi: 1 to 30.
        offset: 0 to 255.
        length: 1 to 256.
    """
    return apdu.exchange(transmit, apdu.Command(0x00, 0xB0, _sfi(sfi, offset), offset, le=length)).require()


def update_binary(transmit: apdu.Transmit, sfi: int, offset: int, data: bytes) -> None:
    """Write to a transparent file; most want an EXTERNAL AUTHENTICATE first."""
    apdu.exchange(transmit, apdu.Command(0x00, 0xD6, _sfi(sfi, offset), offset, data)).require()


def verify_pin(transmit: apdu.Transmit, key_id: int, pin: bytes) -> None:
    """Show the card its PIN.

    Raises:
        errors.NotAuthorised: wrong; 63Cx says that x tries are left.
        errors.TooManyFailures: the PIN is blocked.
    """
    apdu.exchange(transmit, apdu.Command(0x00, 0x20, 0x00, key_id, pin)).require()


def tries_left(refusal: errors.StatusError) -> int | None:
    """Return how many tries a refusal leaves (63Cx, 6983); None when it does not say."""
    if refusal.sw & 0xFFF0 == 0x63C0:
        return refusal.sw & 0xF
    return 0 if refusal.sw == 0x6983 else None


def _sfi(sfi: int, offset: int) -> int:
    if not 1 <= sfi <= _MAX_SFI or not 0 <= offset <= _MAX_SFI_OFFSET:
        raise ValueError(f"expected a file from 1 to 30 and an offset from 0 to 255, found {sfi} and {offset}")
    return 0x80 | sfi
