"""NTAG 424 DNA: the NDEF file's SUN message, a fresh cryptogram at each tap that the central API verifies alone.

Three exchanges are the fewest: the reader's UID (which the watch needs to know a card again), SELECT, and ReadData of the
file by its number, where the way of type 4 tags would select the file first. Chips that do not take ReadData are read that way.
The counter rises at the first read of an activation, so further reads of the same tap belong to the same message.
"""

from __future__ import annotations

from nfc.evidence import Assurance, Family
from nfc.families.profile import Profile
from nfc.protocol import apdu, errors, ndef, ntag424, sun

PROFILE = Profile(
    family=Family.NTAG424,
    told_by="SELECT of the NDEF application, then its SUN message; GetVersion when there is none",
    reads="the SUN message in the NDEF file",
    proves="this very chip, at this tap: AES-CMAC over UID and counter, verified by the central API; a relay is not seen",
    writes="five keys, the URL, mirroring of UID and counter",
    assurance=Assurance.CRYPTOGRAM,
    apdus=3,
)

_CHUNK = 128
_FILE = 0x02


def select(transmit: apdu.Transmit) -> bool:
    """Select the NDEF application; return whether the card has one."""
    try:
        ntag424.select_ndef_application(transmit)
    except errors.StatusError:
        return False
    return True


def sun_url(transmit: apdu.Transmit) -> str | None:
    """Return the card's URL when it holds a SUN message; a blank or foreign tag is simply a card without one."""
    try:
        url = ndef.parse_file(_content(transmit))
        sun.parse(url)
    except (errors.StatusError, errors.BadNdef, errors.BadSun):
        return None
    return url


def _content(transmit: apdu.Transmit) -> bytes:
    try:
        content = _read_data(transmit, 0, _CHUNK)
    except errors.StatusError:
        return ntag424.read_ndef(transmit)
    if len(content) < 2:
        raise errors.BadNdef(f"expected an NDEF length, found {len(content)} bytes")
    wanted = 2 + int.from_bytes(content[:2], "big")
    if wanted > ntag424.FILE_BYTES:
        raise errors.BadNdef(f"NDEF length says {wanted} bytes, the file holds {ntag424.FILE_BYTES}")
    if wanted > len(content):
        content += _read_data(transmit, len(content), wanted - len(content))
    return content[:wanted]


def _read_data(transmit: apdu.Transmit, offset: int, length: int) -> bytes:
    parameters = bytes((_FILE,)) + offset.to_bytes(3, "little") + length.to_bytes(3, "little")
    return apdu.exchange(transmit, apdu.Command(0x90, 0xAD, data=parameters, le=256)).require()
