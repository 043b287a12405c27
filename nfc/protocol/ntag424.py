"""Commands of NTAG 424 DNA and its relative DESFire, as far as reading a member card needs them (NT4H2421Gx §10)."""

from __future__ import annotations

from dataclasses import dataclass

from nfc.protocol import apdu, errors, keys

CC_FILE = 0xE103
NDEF_FILE = 0xE104
FILE_BYTES = 256
_READ_CHUNK = 128
_NXP = 0x04
_TYPE_DESFIRE = 0x01
_TYPE_NTAG = 0x04
_MAJOR_NTAG424 = 0x30

GET_UID = apdu.Command(0xFF, 0xCA, le=256)
"""PC/SC part 3 §3.2.2.1.3: the *reader* answers with the card's UID."""
GET_VERSION = apdu.Command(0x90, 0x60, le=256)
SELECT_NDEF_APPLICATION = apdu.Command(0x00, 0xA4, 0x04, 0x0C, keys.NDEF_AID, le=256)


@dataclass(frozen=True, slots=True)
class Version:
    """The hardware part of GetVersion: vendor 04 is NXP; ``kind`` 01 DESFire, 04 NTAG; ``major`` 30 NTAG 424 DNA."""

    vendor: int
    kind: int
    major: int

    @property
    def is_ntag424(self) -> bool:
        """Whether the chip says it is an NTAG 424 DNA (or its tamper variant)."""
        return (self.vendor, self.kind, self.major) == (_NXP, _TYPE_NTAG, _MAJOR_NTAG424)

    @property
    def is_desfire(self) -> bool:
        """Whether the chip says it is a DESFire; the low nibble of the type is the generation's."""
        return self.vendor == _NXP and self.kind & 0x0F == _TYPE_DESFIRE


def get_uid(transmit: apdu.Transmit) -> bytes:
    """Ask the reader for the UID.

    Raises:
        errors.StatusError: this reader or card has none (contact cards: 6A81, 6D00, 6E00).
        errors.Malformed: the length is none of 4, 7, 8 (FeliCa, ISO 15693) and 10.
    """
    uid = apdu.exchange(transmit, GET_UID).require()
    if len(uid) not in (4, 7, 8, 10):
        raise errors.Malformed(f"expected a UID of 4, 7, 8 or 10 bytes, found {len(uid)}")
    return uid


def get_version(transmit: apdu.Transmit) -> Version:
    """Ask the chip what it is (all three frames are read, so that the next command starts clean).

    Raises:
        errors.StatusError: the card does not know the command (not an NXP chip of this kind).
        errors.Malformed: the answer is too short.
    """
    answer = apdu.exchange(transmit, GET_VERSION).require()
    if len(answer) < 14:
        raise errors.Malformed(f"expected at least 14 bytes of version, found {len(answer)}")
    return Version(vendor=answer[0], kind=answer[1], major=answer[3])


def select_ndef_application(transmit: apdu.Transmit) -> None:
    """Select the NDEF application D2760000850101.

    Raises:
        errors.NotFound: the card has none.
    """
    apdu.exchange(transmit, SELECT_NDEF_APPLICATION).require()


def select_file(transmit: apdu.Transmit, file_id: int) -> None:
    """Select an elementary file by its 2-byte id inside the current application."""
    apdu.exchange(transmit, apdu.Command(0x00, 0xA4, 0x00, 0x0C, file_id.to_bytes(2, "big"))).require()


def read_binary(transmit: apdu.Transmit, offset: int, length: int) -> bytes:
    """Read ``length`` (1 to 256) bytes at ``offset`` (0 to 32767) of the selected file; the card may give fewer."""
    if not 0 <= offset <= 0x7FFF:
        raise ValueError(f"READ BINARY offset must be 0 to 32767, found {offset}")
    return apdu.exchange(transmit, apdu.Command(0x00, 0xB0, offset >> 8, offset & 0xFF, le=length)).require()


def read_ndef(transmit: apdu.Transmit) -> bytes:
    """Return the NDEF file's message with its 2-byte length; the NDEF application must be selected.

    The first chunk is read with the length, because the counter rises at the first read after activation and the URL is
    fixed from then on: further reads of the same tap belong to the same message.

    Raises:
        errors.StatusError: the file is missing or locked.
        errors.BadNdef: the length does not fit the file.
    """
    select_file(transmit, NDEF_FILE)
    content = read_binary(transmit, 0, _READ_CHUNK)
    if len(content) < 2:
        raise errors.BadNdef(f"expected an NDEF length, found {len(content)} bytes")
    wanted = 2 + int.from_bytes(content[:2], "big")
    if wanted > FILE_BYTES:
        raise errors.BadNdef(f"NDEF length says {wanted} bytes, the file holds {FILE_BYTES}")
    while len(content) < wanted:
        chunk = read_binary(transmit, len(content), min(_READ_CHUNK, wanted - len(content)))
        if not chunk:
            raise errors.BadNdef(f"NDEF length says {wanted} bytes, the file ends after {len(content)}")
        content += chunk
    return content[:wanted]
