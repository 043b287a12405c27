"""NTAG 424 DNA's commands inside an EV2 session: keys, settings, protected reading and writing (NT4H2421Gx §10; AN12196).

Each function is a *script*: a generator that yields what to send and is sent what came back, so that whoever holds the keys
need not be whoever holds the card (see ``scripts``).
"""

from __future__ import annotations

import zlib

from nfc.protocol import apdu, errors, ev2, ntag424_files
from nfc.protocol.ntag424_files import FileSettings
from nfc.protocol.scripts import Ask, Script

MASTER_KEY = 0
KEYS = 5
_ZERO_KEY = bytes(16)
_WRITE_CHUNK = 128
_READ_CHUNK = 128
_COUNTER_BYTES = 3


def authenticate(key_number: int, key: bytes, rnd_a: bytes) -> Script[ev2.Session]:
    """Prove a key and open a session.

    Raises:
        errors.WrongKey: the card holds another key.
        errors.TooManyFailures: it was asked for wrong keys too often and wants some time.
        errors.AuthenticationFailed: the card could not prove that it holds the key.
    """
    command, rnd_b = yield from _challenged(ev2.first_command(key_number), key_number, key, rnd_a)
    answer = (yield Ask(command, f"prove key {key_number}")).require()
    return ev2.finish(key, rnd_a, rnd_b, answer)


def authenticate_again(session: ev2.Session, key_number: int, key: bytes, rnd_a: bytes) -> Script[ev2.Session]:
    """Prove another key in an open session; raises as :func:`authenticate`."""
    command, rnd_b = yield from _challenged(ev2.non_first_command(key_number), key_number, key, rnd_a)
    answer = (yield Ask(command, f"prove key {key_number} too")).require()
    return ev2.finish_non_first(session, key, rnd_a, rnd_b, answer)


def _challenged(first: apdu.Command, key_number: int, key: bytes, rnd_a: bytes) -> Script[tuple[apdu.Command, bytes]]:
    response = yield Ask(first, f"ask to prove key {key_number}")
    if response.sw != apdu.MORE_NATIVE:
        response.require()
        raise errors.Malformed(f"expected a challenge, found the status {response.sw:04X}")
    return ev2.answer_challenge(key, response.data, rnd_a)


def key_version(session: ev2.Session, key_number: int) -> Script[tuple[int, ev2.Session]]:
    """Read a key's version (0 to 255; 0 as it leaves the factory)."""
    response = yield Ask(session.mac_command(0x64, bytes((key_number,))), f"read the version of key {key_number}")
    data = session.check_response(response)
    if len(data) != 1:
        raise errors.Malformed(f"expected 1 byte of key version, found {len(data)}")
    return data[0], session.after()


def change_key(session: ev2.Session, key_number: int, old: bytes, new: bytes, version: int) -> Script[ev2.Session]:
    """Change key 1 to 4, in a session under key 0 (AN12196 §5.16.1).

    Raises:
        errors.IntegrityError: ``old`` is not the key the card holds.
    """
    if key_number == MASTER_KEY:
        raise ValueError("expected key 1 to 4; key 0 ends the session and has a function of its own")
    plain = bytes(a ^ b for a, b in zip(old, new, strict=True)) + bytes((version,)) + crc32_nk(new)
    command = session.full_command(0xC4, bytes((key_number,)), plain)
    session.check_response((yield Ask(command, f"change key {key_number}")))
    return session.after()


def change_master_key(session: ev2.Session, new: bytes, version: int) -> Script[None]:
    """Change key 0, in a session under it; the session ends (AN12196 §5.16.2)."""
    command = session.full_command(0xC4, bytes((MASTER_KEY,)), new + bytes((version,)))
    (yield Ask(command, "change key 0")).require()


def file_settings(session: ev2.Session, file: int) -> Script[tuple[FileSettings, ev2.Session]]:
    """Read a file's settings."""
    response = yield Ask(session.mac_command(0xF5, bytes((file,))), f"read the settings of file {file}")
    return FileSettings.of_answer(session.check_response(response)), session.after()


def change_file_settings(session: ev2.Session, file: int, settings: FileSettings) -> Script[ev2.Session]:
    """Change a file's settings, under the key that may."""
    command = session.full_command(0x5F, bytes((file,)), settings.to_bytes())
    session.check_response((yield Ask(command, f"change the settings of file {file}")))
    return session.after()


def card_uid(session: ev2.Session) -> Script[tuple[bytes, ev2.Session]]:
    """Read the UID, also of a card that hides it (GetCardUID)."""
    response = yield Ask(session.mac_command(0x51), "read the UID")
    return session.open_response(response), session.after()


def tap_counter(session: ev2.Session, file: int) -> Script[tuple[int, ev2.Session]]:
    """Read the counter of taps (GetFileCounters), under the key that may."""
    response = yield Ask(session.mac_command(0xF6, bytes((file,))), f"read the counter of file {file}")
    data = session.open_response(response)
    return int.from_bytes(data[:_COUNTER_BYTES], "little"), session.after()


def write(session: ev2.Session, file: int, data: bytes, mode: int = ntag424_files.PLAIN) -> Script[ev2.Session]:
    """Write a file from its beginning, in pieces (WriteData), in the file's communication mode."""
    for offset in range(0, len(data), _WRITE_CHUNK):
        chunk = data[offset : offset + _WRITE_CHUNK]
        what = f"write file {file} from {offset} on"
        response = yield Ask(_protected(session, 0x8D, _place(file, offset, len(chunk)), chunk, mode), what)
        if mode == ntag424_files.PLAIN:
            response.require()
        else:
            session.check_response(response)
        session = session.after()
    return session


def read(
    session: ev2.Session, file: int, length: int, mode: int = ntag424_files.PLAIN
) -> Script[tuple[bytes, ev2.Session]]:
    """Read a file from its beginning, in pieces (ReadData), in the file's communication mode.

    In a session the chip gives the file as it was written, without SUN's figures.
    """
    content = b""
    while len(content) < length:
        wanted = min(_READ_CHUNK, length - len(content))
        header = _place(file, len(content), wanted)
        command = (
            session.plain_command(0xAD, header) if mode == ntag424_files.PLAIN else session.mac_command(0xAD, header)
        )
        response = yield Ask(command, f"read file {file} from {len(content)} on")
        if mode == ntag424_files.PLAIN:
            chunk = response.require()
        elif mode == ntag424_files.MAC:
            chunk = session.check_response(response)
        else:
            chunk = session.open_response(response)
        if len(chunk) != wanted:
            raise errors.Malformed(f"expected {wanted} bytes of file {file}, found {len(chunk)}")
        content += chunk
        session = session.after()
    return content, session


def crc32_nk(key: bytes) -> bytes:
    """Return the CRC of a new key as ChangeKey wants it: CRC-32 without the final inversion, low byte first."""
    return (zlib.crc32(key) ^ 0xFFFFFFFF).to_bytes(4, "little")


def _protected(session: ev2.Session, ins: int, header: bytes, data: bytes, mode: int) -> apdu.Command:
    if mode == ntag424_files.PLAIN:
        return session.plain_command(ins, header, data)
    if mode == ntag424_files.MAC:
        return session.mac_command(ins, header, data)
    return session.full_command(ins, header, data)


def _place(file: int, offset: int, length: int) -> bytes:
    return bytes((file,)) + offset.to_bytes(3, "little") + length.to_bytes(3, "little")
