"""The settings of NTAG 424 DNA's files, SDM among them (NT4H2421Gx §8.2.3, §10.7.1; AN12196 §5.9)."""

from __future__ import annotations

from dataclasses import dataclass

from nfc.protocol import errors, ndef, sun

FREE, NEVER = 0xE, 0xF
"""Access conditions beside key numbers 0 to 4."""
PLAIN, MAC, FULL = 0x00, 0x01, 0x03
"""Communication modes, as in the low bits of the file option."""

_SDM_ENABLED = 0x40
_UID_MIRROR, _COUNTER_MIRROR, _ASCII = 0x80, 0x40, 0x01
_SDM_FEATURES = _UID_MIRROR | _COUNTER_MIRROR | _ASCII
_PICC_DIGITS, _MAC_DIGITS = 32, 16
_UNIQUE_PICC, _UNIQUE_MAC = "P" * _PICC_DIGITS, "M" * _MAC_DIGITS
_HEAD_BYTES, _SDM_BYTES, _TYPE_AND_SIZE_BYTES = 3, 12, 4


@dataclass(frozen=True, slots=True)
class Access:
    """Who may do what with a file: key numbers, ``FREE`` or ``NEVER``."""

    read: int
    write: int
    read_write: int
    change: int

    def to_bytes(self) -> bytes:
        """Return the two bytes as sent: [read-write | change] [read | write]."""
        return bytes((self.read_write << 4 | self.change, self.read << 4 | self.write))

    @classmethod
    def parse(cls, raw: bytes) -> Access:
        """Undo :meth:`to_bytes`."""
        return cls(read=raw[1] >> 4, write=raw[1] & 0xF, read_write=raw[0] >> 4, change=raw[0] & 0xF)


@dataclass(frozen=True, slots=True)
class Sdm:
    """Secure Dynamic Messaging with encrypted UID and counter, and a MAC over what lies before it.

    Args:
        meta_key, file_key: numbers of the keys that encrypt and that MAC.
        counter_key: who may read the counter, ``NEVER`` for nobody.
        picc_offset, mac_input_offset, mac_offset: places in the file, its two length bytes counted.
    """

    meta_key: int
    file_key: int
    counter_key: int
    picc_offset: int
    mac_input_offset: int
    mac_offset: int

    def to_bytes(self) -> bytes:
        """Return SDM options, access rights and offsets as sent."""
        rights = bytes((0xF0 | self.counter_key, self.meta_key << 4 | self.file_key))
        offsets = (self.picc_offset, self.mac_input_offset, self.mac_offset)
        return bytes((_SDM_FEATURES,)) + rights + b"".join(offset.to_bytes(3, "little") for offset in offsets)

    @classmethod
    def parse(cls, raw: bytes) -> Sdm:
        """Undo :meth:`to_bytes`.

        Raises:
            errors.Malformed: it is an SDM of another kind than member cards have.
        """
        if len(raw) != _SDM_BYTES or raw[0] != _SDM_FEATURES:
            raise errors.Malformed(f"expected SDM settings of a member card, found {raw.hex().upper() or 'none'}")
        offsets = [int.from_bytes(raw[at : at + 3], "little") for at in (3, 6, 9)]
        return cls(raw[2] >> 4, raw[2] & 0xF, raw[1] & 0xF, *offsets)


@dataclass(frozen=True, slots=True)
class FileSettings:
    """How a file may be used; ``mode`` is its communication mode."""

    mode: int
    access: Access
    sdm: Sdm | None = None

    def to_bytes(self) -> bytes:
        """Return the data of ChangeFileSettings."""
        option = self.mode | (_SDM_ENABLED if self.sdm else 0)
        return bytes((option,)) + self.access.to_bytes() + (self.sdm.to_bytes() if self.sdm else b"")

    @classmethod
    def parse(cls, raw: bytes) -> FileSettings:
        """Read the data of ChangeFileSettings.

        Raises:
            errors.Malformed: the length does not fit.
        """
        if len(raw) < _HEAD_BYTES:
            raise errors.Malformed(f"expected at least {_HEAD_BYTES} bytes of file settings, found {len(raw)}")
        sdm = Sdm.parse(raw[_HEAD_BYTES:]) if raw[0] & _SDM_ENABLED else None
        if sdm is None and len(raw) != _HEAD_BYTES:
            raise errors.Malformed(f"expected {_HEAD_BYTES} bytes of file settings without SDM, found {len(raw)}")
        return cls(raw[0] & 0x03, Access.parse(raw[1:3]), sdm)

    @classmethod
    def of_answer(cls, raw: bytes) -> FileSettings:
        """Read the answer of GetFileSettings: file type, option, access, size, then SDM.

        Raises:
            errors.Malformed: the length does not fit, or the SDM is none of ours.
        """
        if len(raw) < _HEAD_BYTES + _TYPE_AND_SIZE_BYTES:
            raise errors.Malformed(f"expected at least 7 bytes of file settings, found {len(raw)}")
        return cls.parse(raw[1:4] + raw[7:])


OPEN = FileSettings(PLAIN, Access(read=FREE, write=FREE, read_write=FREE, change=0))
"""File 2 as it leaves the factory: anyone reads and writes, key 0 changes the settings."""


def member_file(url_template: str, *, meta_key: int, file_key: int, write_key: int) -> tuple[bytes, FileSettings]:
    """Return the NDEF file of a member card, placeholders in the place of what the chip fills in, and its settings.

    Args:
        url_template: holds ``{picc}`` and ``{mac}`` once each.
        meta_key, file_key, write_key: numbers of the card's keys.

    Raises:
        ValueError: a placeholder is missing, or the URL is too long for the file.
    """
    if url_template.count("{picc}") != 1 or url_template.count("{mac}") != 1:
        raise ValueError(f"expected a URL with {{picc}} and {{mac}} once each, found {url_template!r}")
    # Built once with marks that stand nowhere else, to find the places; then with the zeros that are written.
    marked = ndef.build_file(_filled(url_template, _UNIQUE_PICC, _UNIQUE_MAC))
    content = ndef.build_file(_filled(url_template, "0" * _PICC_DIGITS, "0" * _MAC_DIGITS))
    if len(content) > sun.MAX_URL_CHARS:
        raise ValueError(f"expected an NDEF file of at most {sun.MAX_URL_CHARS} bytes, found {len(content)}")
    mac_offset = marked.index(_UNIQUE_MAC.encode())
    sdm = Sdm(meta_key, file_key, NEVER, marked.index(_UNIQUE_PICC.encode()), mac_offset, mac_offset)
    access = Access(read=FREE, write=write_key, read_write=write_key, change=0)
    return content, FileSettings(PLAIN, access, sdm)


def _filled(template: str, picc: str, mac: str) -> str:
    return template.replace("{picc}", picc).replace("{mac}", mac)
