"""How a virtual DESFire is issued: applications and files made and deleted, keys changed."""

from __future__ import annotations

from nfc.protocol import ev1
from nfc.virtual.desfire_files import BACKUP, STANDARD, Application, File
from nfc.virtual.desfire_session import Refused

CREATE_STANDARD, CREATE_BACKUP, CHANGE_KEY = 0xCD, 0xCB, 0xC4
_AES = 0x80
_KEY_BYTES = 16


def new_application(applications: dict[bytes, Application], body: bytes) -> None:
    """Make an application (CreateApplication): AID, settings, number of AES keys, ISO file id, DF name."""
    if len(body) < 5:
        raise Refused(0x7E)
    aid, count, name = body[:3], body[4] & 0xF, body[7:]
    if not body[4] & _AES or not 1 <= count <= 14:
        raise Refused(0x9E)
    if aid in applications or any(one.name and one.name == name for one in applications.values()):
        raise Refused(0xDE)  # duplicate
    applications[aid] = Application([bytes(_KEY_BYTES)] * count, name=name)


def new_file(application: Application, ins: int, header: bytes) -> None:
    """Make a file (CreateStdDataFile, CreateBackupDataFile): number, mode, rights, size."""
    number, mode = header[0], header[1]
    if number in application.files:
        raise Refused(0xDE)
    application.files[number] = File(
        kind=STANDARD if ins == CREATE_STANDARD else BACKUP,
        mode=mode,
        read=header[3] >> 4,
        write=header[3] & 0xF,
        both=header[2] >> 4,
        content=bytes(int.from_bytes(header[4:7], "little")),
    )


def change_key(application: Application, number: int, data: bytes, under: int) -> None:
    """Change a key (ChangeKey); the session's own ends it.

    Args:
        application: whose key.
        number: which.
        data: the new key and its version; for another key than the session's mixed with the old one, and the new one's CRC.
        under: the key of the session, which must be key 0.
    """
    if under != 0 or number >= len(application.keys):
        raise Refused(0x9D if under else 0x40)
    same = number == under
    if len(data) != _KEY_BYTES + 1 + (0 if same else 4):
        raise Refused(0x7E)
    key = data[:_KEY_BYTES]
    if not same:
        key = bytes(a ^ b for a, b in zip(key, application.keys[number], strict=True))
        if ev1.crc32(key) != data[-4:]:
            raise Refused(0x1E)
    application.keys[number] = key
    application.versions[number] = data[_KEY_BYTES]
