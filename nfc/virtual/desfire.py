"""A virtual MIFARE DESFire EV1, EV2 or EV3: applications with AES keys, files, commit, random UID.

It keeps the chip's rules where a member card meets them: who may read and write by which key, how each file's data travel in
an EV1 or EV2 session, that backup and value files change only at commit, and that any error ends the session. Left out are
3DES keys, record files and transaction MACs.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping

from nfc.protocol import applications
from nfc.virtual import desfire_admin as admin
from nfc.virtual import desfire_files as files
from nfc.virtual import desfire_session as secure
from nfc.virtual.card import ATR_ISO14443_4, SW_NOT_SUPPORTED, SW_OK, data_of
from nfc.virtual.desfire_files import BACKUP, Application, File

ROOT = bytes(3)
GENERATIONS = {
    1: bytes.fromhex("04010101001805"),
    2: bytes.fromhex("04010112001805"),
    3: bytes.fromhex("04010133001805"),
}

_MACED, _FULL = 1, 3
_FRAME = 59  # data bytes in one answer
_SOFTWARE = bytes.fromhex("04010101001805")
_BATCH = bytes.fromhex("BA5453D5503012")
_HEADERS = {0xBD: 7, 0x3D: 7, 0x6C: 1, 0x0C: 1, 0xDC: 1, 0xF5: 1, 0x64: 1, 0x6F: 0, 0xC7: 0, 0xA7: 0, 0x51: 0}
_HEADERS |= {0xCB: 7, 0xCD: 7, 0xC4: 1}
_SW_NOT_FOUND = bytes.fromhex("6A82")


class Desfire:
    """A personalised card.

    Args:
        uid: 7 bytes.
        applications: by AID (3 bytes, low byte first).
        generation: 1, 2 or 3; EV2 authentication exists from 2 on.
        random_uid: show a fresh 4-byte UID at each activation instead of the real one.
        random_bytes: makes challenges, transaction identifiers and random UIDs.
    """

    atr = ATR_ISO14443_4

    def __init__(
        self,
        uid: bytes,
        applications: Mapping[bytes, Application],
        generation: int = 3,
        *,
        random_uid: bool = False,
        random_bytes: Callable[[int], bytes] = secrets.token_bytes,
    ) -> None:
        self.uid = uid
        self.applications = dict(applications)
        self._generation = generation
        self._random_uid = random_uid
        self._random_bytes = random_bytes
        self._shown_uid = uid
        self._application = Application(keys=[bytes(16)])
        self._session: secure.Session | None = None
        self._handshake: secure.Handshake | None = None
        self._frames: list[bytes] = []
        self.power_on()

    def power_on(self) -> None:
        """Forget selection and session, and what was not committed."""
        for application in self.applications.values():
            for file in application.files.values():
                file.forget()
        self._application = self.applications.get(ROOT, Application(keys=[bytes(16)]))
        self._session = None
        self._handshake = None
        self._frames = []
        self._shown_uid = b"\x08" + self._random_bytes(3) if self._random_uid else self.uid

    def transmit(self, command: bytes) -> bytes | None:
        """Answer one APDU as the chip (and the reader, for FF CA) does."""
        if len(command) < 4:
            return SW_NOT_SUPPORTED
        match command[0], command[1]:
            case 0xFF, 0xCA:
                return self._shown_uid + SW_OK
            case 0x00, 0xA4 if command[2] == 0x04:
                return self._select_name(data_of(command))
            case 0x90, ins:
                try:
                    return self._native(ins, data_of(command))
                except secure.Refused as refusal:
                    self._session = None
                    self._handshake = None
                    self._frames = []
                    return bytes((0x91, refusal.status))
        return SW_NOT_SUPPORTED

    def _select_name(self, name: bytes) -> bytes:
        found = next((one for one in self.applications.values() if one.name and one.name == name), None)
        if found is None:
            return _SW_NOT_FOUND
        self._enter(found)
        return SW_OK

    def _enter(self, application: Application) -> None:
        for file in self._application.files.values():
            file.forget()
        self._application = application
        self._session = None

    def _native(self, ins: int, body: bytes) -> bytes:
        if ins == 0xAF:
            return self._next(body)
        self._frames = []
        self._handshake = None
        match ins:
            case 0xCA | 0xDA:
                return self._manage(ins, body)
            case 0x60:
                uid = bytes(7) if self._random_uid else self.uid
                return self._chained([GENERATIONS[self._generation], _SOFTWARE, uid + _BATCH])
            case 0x5A:
                return self._select(body)
            case 0xAA | 0x71:
                return self._authenticate(ins, body)
        header_size = _HEADERS.get(ins)
        if header_size is None:
            raise secure.Refused(0x1C)
        file = self._file(body) if ins in files.COMMANDS else None
        mode = _MACED if file is None else file.mode
        if self._session is None:
            if ins == admin.CHANGE_KEY:
                raise secure.Refused(0xAE)
            answer = self._do(ins, body[:header_size], body[header_size:], file)
            return self._chained(_split(answer))
        session = self._session
        data = session.open_command(ins, body, header_size, _FULL if ins == admin.CHANGE_KEY else mode)
        answer = self._do(ins, body[:header_size], data, file)
        if ins == admin.CHANGE_KEY and body[0] == session.key_number:
            self._session = None
            return b"\x91\x00"
        sealed = session.seal_answer(answer, _FULL if ins == 0x51 else mode)
        return self._chained(_split(sealed))

    def _next(self, body: bytes) -> bytes:
        if self._handshake is not None:
            handshake, self._handshake = self._handshake, None
            answer, self._session = handshake.finish(body)
            return answer + b"\x91\x00"
        if not self._frames:
            raise secure.Refused(0x1C)
        return self._chained(self._frames)

    def _chained(self, frames: list[bytes]) -> bytes:
        self._frames = frames[1:]
        return frames[0] + (b"\x91\xaf" if self._frames else b"\x91\x00")

    def _select(self, aid: bytes) -> bytes:
        if aid == ROOT:
            self._enter(self.applications.get(ROOT, Application(keys=[bytes(16)])))
        elif aid in self.applications:
            self._enter(self.applications[aid])
        else:
            raise secure.Refused(0xA0)
        return b"\x91\x00"

    def _authenticate(self, ins: int, body: bytes) -> bytes:
        self._session = None
        if ins == 0x71 and self._generation == 1:
            raise secure.Refused(0x1C)
        if len(body) != (1 if ins == 0xAA else 2):
            raise secure.Refused(0x7E)
        number = body[0]
        if number >= len(self._application.keys):
            raise secure.Refused(0x40)
        kind = secure.Ev1Handshake if ins == 0xAA else secure.Ev2Handshake
        self._handshake = kind(number, self._application.keys[number], self._random_bytes)
        return self._handshake.challenge + b"\x91\xaf"

    def _manage(self, ins: int, body: bytes) -> bytes:
        """Make an application, as a card from the factory lets anyone; or delete the selected one under its key 0."""
        if ins == 0xCA:
            if self._session is not None or self._application.name:
                raise secure.Refused(0x9D)
            admin.new_application(self.applications, body)
            return b"\x91\x00"
        if self._session is None or self._session.key_number != 0:
            raise secure.Refused(0xAE)
        aid = self._session.open_command(ins, body, 3, _MACED) or body[:3]
        if self.applications.get(body[:3]) is not self._application or aid[:3] != body[:3]:
            raise secure.Refused(0xA0)
        del self.applications[body[:3]]
        self._enter(Application(keys=[bytes(16)]))
        return b"\x91\x00"

    def _issue(self, ins: int, header: bytes, data: bytes, key: int | None) -> bytes:
        if key != 0:
            raise secure.Refused(0xAE if key is None else 0x9D)
        if ins == admin.CHANGE_KEY:
            admin.change_key(self._application, header[0], data, under=key)
        else:
            admin.new_file(self._application, ins, header)
        return b""

    def _key_version(self, number: int) -> bytes:
        if number >= len(self._application.versions):
            raise secure.Refused(0x40)
        return bytes((self._application.versions[number],))

    def _file(self, body: bytes) -> File:
        if not body or body[0] not in self._application.files:
            raise secure.Refused(0xF0)
        return self._application.files[body[0]]

    def _do(self, ins: int, header: bytes, data: bytes, file: File | None) -> bytes:
        if len(header) != _HEADERS[ins]:
            raise secure.Refused(0x7E)
        key = self._session.key_number if self._session else None
        if file is not None:
            return files.answer(ins, header, data, file, key)
        match ins:
            case 0x51 if key is not None:
                return self.uid
            case 0x51:
                raise secure.Refused(0x9D)
            case 0x6F:
                return bytes(sorted(self._application.files))
            case 0xF5:
                return files.settings(self._file(header))
            case 0x64:
                return self._key_version(header[0])
            case admin.CREATE_STANDARD | admin.CREATE_BACKUP | admin.CHANGE_KEY:
                return self._issue(ins, header, data, key)
        changed = [one for one in self._application.files.values() if one.shadow is not None or one.pending is not None]
        if not changed:
            raise secure.Refused(0x0C)  # no changes
        for one in changed:
            if ins == 0xC7:
                one.commit()
            else:
                one.forget()
        return b""


def member_card(
    uid: bytes, key: bytes, content: bytes = b"", generation: int = 3, *, random_uid: bool = False
) -> Desfire:
    """Return a card with the club's application: key 0 issues, key 1 proves the card and reads file 1 (encrypted backup file).

    Args:
        uid: 7 bytes.
        key: the card's own 16-byte key number 1.
        content: what file 1 holds.
        generation: 1, 2 or 3.
        random_uid: see :class:`Desfire`.
    """
    file = File(kind=BACKUP, mode=_FULL, read=1, write=0, both=0, content=content.ljust(32, b"\x00"))
    club = Application([secrets.token_bytes(16), key], {1: file}, applications.CLUB_AID)
    return Desfire(uid, {applications.CLUB_DESFIRE_AID: club}, generation, random_uid=random_uid)


def _split(answer: bytes) -> list[bytes]:
    return [answer[start : start + _FRAME] for start in range(0, len(answer), _FRAME)] or [b""]
