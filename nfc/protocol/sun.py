"""SUN messages of NTAG 424 DNA (Secure Dynamic Messaging, AES mode): build, parse, decrypt, verify.

Source: NXP AN12196 §3.3 to §3.4 and NT4H2421Gx §9.3. The card replaces placeholders of its NDEF URL at each tap::

    https://HOST/t?e=<PICCENCData, 32 hex digits>&c=<SDMMAC, 16 hex digits>

The MAC input is empty, as in AN12196's personalisation example (SDMMACInputOffset == SDMMACOffset): the MAC key itself
is derived from UID and counter, so the message is bound to both. Cards that MAC a text are verified too: give the text
as ``mac_input``.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

from nfc.protocol import cmac, errors

PICC_PARAMETER = "e"
MAC_PARAMETER = "c"

_SV2_PREFIX = bytes.fromhex("3CC300010080")
_UID_BYTES = 7
_COUNTER_BYTES = 3
_RANDOM_BYTES = 5
_TAG = 0xC7  # UID mirrored (80), counter mirrored (40), UID length 7
_HEX = re.compile(r"[0-9A-Fa-f]*\Z")
MAX_COUNTER = 0xFFFFFF
MAX_URL_CHARS = 256  # the card's NDEF file holds 256 bytes


@dataclass(frozen=True, slots=True)
class SunMessage:
    """A SUN message as read, nothing proved yet.

    Args:
        picc_enc: 16 encrypted bytes holding UID and counter.
        mac: the 8-byte SDMMAC.
        mac_input: the bytes the MAC covers; empty in the product's cards.
    """

    picc_enc: bytes
    mac: bytes
    mac_input: bytes = b""


@dataclass(frozen=True, slots=True)
class PiccData:
    """What the encrypted part says: the card's 7-byte UID, and its read counter (0 to 2^24 - 1)."""

    uid: bytes
    counter: int


def parse(url: str, *, picc: str = PICC_PARAMETER, mac: str = MAC_PARAMETER) -> SunMessage:
    """Take the SUN message out of a URL.

    Args:
        url: what the card's NDEF file holds.
        picc, mac: names of the two query parameters.

    Raises:
        errors.BadSun: a part is missing, doubled or not hexadecimal of the right length.
    """
    if len(url) > MAX_URL_CHARS:
        raise errors.BadSun(f"expected a URL of at most {MAX_URL_CHARS} characters, found {len(url)}")
    try:
        query = parse_qs(urlsplit(url).query, keep_blank_values=True, max_num_fields=16)
    except ValueError as fault:
        raise errors.BadSun(f"expected a URL with a SUN message, found one that cannot be parsed: {fault}") from fault
    return SunMessage(picc_enc=_hex_field(query, picc, 16), mac=_hex_field(query, mac, 8))


def decrypt(meta_key: bytes, picc_enc: bytes) -> PiccData:
    """Open the encrypted part under the programme's meta key. Proves nothing: see :func:`verify`.

    Raises:
        errors.BadSun: it does not hold a 7-byte UID and a counter (wrong key, or not one of our cards).
    """
    if len(picc_enc) != cmac.BLOCK:
        raise errors.BadSun(f"expected 16 bytes of PICCENCData, found {len(picc_enc)}")
    plain = cmac.cbc_decrypt(meta_key, picc_enc)
    if plain[0] != _TAG:
        raise errors.BadSun("PICCENCData does not open under this meta key: another programme's card, or a forgery")
    return PiccData(
        uid=plain[1 : 1 + _UID_BYTES],
        counter=int.from_bytes(plain[1 + _UID_BYTES : 1 + _UID_BYTES + _COUNTER_BYTES], "little"),
    )


def encrypt(meta_key: bytes, picc: PiccData, filler: bytes) -> bytes:
    """Make PICCENCData as the card does; ``filler`` is 5 random bytes."""
    if len(filler) != _RANDOM_BYTES:
        raise ValueError(f"expected {_RANDOM_BYTES} random bytes, found {len(filler)}")
    return cmac.cbc_encrypt(meta_key, bytes((_TAG,)) + _identity(picc) + filler)


def session_mac_key(file_key: bytes, picc: PiccData) -> bytes:
    """Return K_SesSDMFileReadMAC (AN12196 §3.4.3.2): CMAC under the card's file key over SV2."""
    return cmac.cmac(file_key, _SV2_PREFIX + _identity(picc))


def sdm_mac(file_key: bytes, picc: PiccData, mac_input: bytes = b"") -> bytes:
    """Return the 8-byte SDMMAC the genuine card would send (AN12196 §3.4.4)."""
    return cmac.truncated(cmac.cmac(session_mac_key(file_key, picc), mac_input))


def verify(message: SunMessage, meta_key: bytes, file_key_of: Callable[[bytes], bytes]) -> PiccData:
    """Prove that a message was made by the card it names. The caller still has to refuse a counter seen before.

    Args:
        message: as :func:`parse` returns it.
        meta_key: the programme's 16-byte meta key.
        file_key_of: UID -> that card's 16-byte file key, e.g. ``partial(keys.file_key, master)``.

    Returns:
        The card's UID and the counter of this tap.

    Raises:
        errors.BadSun: the message does not open under the meta key.
        errors.SunRefused: the MAC is wrong.
    """
    picc = decrypt(meta_key, message.picc_enc)
    expected = sdm_mac(file_key_of(picc.uid), picc, message.mac_input)
    if not hmac.compare_digest(expected, message.mac):
        raise errors.SunRefused("the message's MAC was not made with this card's key")
    return picc


def build(url_template: str, meta_key: bytes, file_key: bytes, picc: PiccData, filler: bytes) -> str:
    """Return the URL a genuine card shows at one tap.

    Args:
        url_template: holds ``{picc}`` and ``{mac}`` once each.
        meta_key, file_key: 16 bytes each; ``file_key`` is the card's own, already diversified.
        picc: the card's UID and counter.
        filler: 5 random bytes that the card mixes in.
    """
    picc_hex = encrypt(meta_key, picc, filler).hex().upper()
    mac_hex = sdm_mac(file_key, picc).hex().upper()
    return url_template.replace("{picc}", picc_hex).replace("{mac}", mac_hex)


def _identity(picc: PiccData) -> bytes:
    if len(picc.uid) != _UID_BYTES:
        raise ValueError(f"expected a UID of {_UID_BYTES} bytes, found {len(picc.uid)}")
    return picc.uid + picc.counter.to_bytes(_COUNTER_BYTES, "little")


def _hex_field(query: dict[str, list[str]], name: str, size: int) -> bytes:
    values = query.get(name, [])
    if len(values) != 1:
        raise errors.BadSun(f"expected one query parameter {name!r}, found {len(values)}")
    text = values[0]
    if len(text) != size * 2 or not _HEX.match(text):
        raise errors.BadSun(f"expected {size * 2} hexadecimal digits in {name!r}, found {len(text)} characters")
    return bytes.fromhex(text)
