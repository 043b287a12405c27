"""What a virtual DESFire application holds, and what its files answer: reading, writing, booking, waiting for the commit."""

from __future__ import annotations

from dataclasses import dataclass, field

from nfc.virtual.desfire_session import Refused

STANDARD, BACKUP, VALUE = 0, 1, 2
_FREE = 0xE
_READ, _WRITE, _GET_VALUE, _CREDIT, _DEBIT = 0xBD, 0x3D, 0x6C, 0x0C, 0xDC
COMMANDS = {_READ, _WRITE, _GET_VALUE, _CREDIT, _DEBIT}


@dataclass
class File:
    """A file of an application.

    Args:
        kind: 0 standard, 1 backup, 2 value.
        mode: 0 plain, 1 MACed, 3 encrypted.
        read, write, both: the keys that may; 14 is everyone, 15 nobody.
        content: what a data file holds.
        value: what a value file holds.
        lower, upper: its limits.
    """

    kind: int
    mode: int
    read: int
    write: int
    both: int
    content: bytes = b""
    value: int = 0
    lower: int = 0
    upper: int = 0x7FFFFFFF
    shadow: bytearray | None = None
    pending: int | None = None

    def allows(self, key: int | None, *rights: int) -> bool:
        """Whether a session under this key (None: no session) has one of the rights."""
        return any(right in (_FREE, key) for right in rights)

    def commit(self) -> None:
        """Make what waits true."""
        if self.shadow is not None:
            self.content = bytes(self.shadow)
        if self.pending is not None:
            self.value = self.pending
        self.forget()

    def forget(self) -> None:
        """Drop what waits."""
        self.shadow = None
        self.pending = None


@dataclass
class Application:
    """An application: AES keys by number with their versions, files by number, and the ISO DF name it is also selected by."""

    keys: list[bytes]
    files: dict[int, File] = field(default_factory=dict)
    name: bytes = b""
    versions: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.versions = self.versions or [0] * len(self.keys)


def answer(ins: int, header: bytes, data: bytes, file: File, key: int | None) -> bytes:
    """Carry out a command on a file and return the answer's data.

    Args:
        ins: one of ``COMMANDS``.
        header, data: the command's two parts, decrypted.
        file: which.
        key: of the session; None without one.

    Raises:
        Refused: the key may not, the file is of another kind, or there is no such place in it.
    """
    if (file.kind == VALUE) != (ins in (_GET_VALUE, _CREDIT, _DEBIT)):
        raise Refused(0x9E)
    if ins == _READ:
        _allow(file, key, file.read, file.both)
        offset, length = _range(header, file)
        return file.content[offset : offset + (length or len(file.content) - offset)]
    if ins == _GET_VALUE:
        _allow(file, key, file.read, file.write, file.both)
        return file.value.to_bytes(4, "little", signed=True)
    if ins == _WRITE:
        _allow(file, key, file.write, file.both)
        _write(header, data, file)
    elif ins == _CREDIT:
        _allow(file, key, file.both)
        _book(data, file, 1)
    else:
        _allow(file, key, file.read, file.write, file.both)
        _book(data, file, -1)
    return b""


def _allow(file: File, key: int | None, *rights: int) -> None:
    if not file.allows(key, *rights):
        raise Refused(0x9D if key is not None else 0xAE)


def _range(header: bytes, file: File) -> tuple[int, int]:
    offset, length = int.from_bytes(header[1:4], "little"), int.from_bytes(header[4:7], "little")
    if offset + length > len(file.content) or offset >= len(file.content):
        raise Refused(0xBE)
    return offset, length


def _write(header: bytes, data: bytes, file: File) -> None:
    offset, length = _range(header, file)
    if length != len(data):
        raise Refused(0x7E)
    target = bytearray(file.content) if file.shadow is None else file.shadow
    target[offset : offset + length] = data
    if file.kind == BACKUP:
        file.shadow = target
    else:
        file.content = bytes(target)


def _book(data: bytes, file: File, direction: int) -> None:
    if len(data) != 4:
        raise Refused(0x7E)
    amount = int.from_bytes(data, "little", signed=True)
    before = file.value if file.pending is None else file.pending
    after = before + direction * amount
    if amount < 0 or not file.lower <= after <= file.upper:
        raise Refused(0xBE)
    file.pending = after


def settings(file: File) -> bytes:
    """Return what GetFileSettings tells."""
    rights = bytes((file.both << 4, file.read << 4 | file.write))
    head = bytes((file.kind, file.mode)) + rights
    if file.kind != VALUE:
        return head + len(file.content).to_bytes(3, "little")
    limits = b"".join(number.to_bytes(4, "little", signed=True) for number in (file.lower, file.upper, 0))
    return head + limits + b"\x00"
