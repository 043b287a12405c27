"""Makes a DESFire card a member card, and blank again (spec N6, MF3D(H)x3 §11).

:func:`issue` asks the card at each step how far it is and goes on from there, so it can be torn at any exchange and started
again, by anybody who has the same keys: nothing has to be remembered. Key versions tell which keys the card has, the factory's or
which of the programme's; key 0 is changed last, so a card whose key 0 has the version is whole.

The application is made without the card's own master key, as cards come from the factory; whoever knows that key (it is
public then) can wipe a card, and learn or forge nothing.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from nfc.protocol import apdu, desfire, errors, ev1
from nfc.protocol.applications import CLUB_AID, CLUB_DESFIRE_AID
from nfc.protocol.channels import Call, Mode

ROOT = bytes(desfire.AID_BYTES)
FACTORY_KEY, FACTORY_VERSION = bytes(16), 0
MEMBER_FILE = 1
FILE_BYTES = 32
ISSUER_KEY, PROOF_KEY = 0, 1
_ISO_FILE_ID = bytes.fromhex("10E1")
# Change of the master key allowed, listing free, files only under key 0, settings may change; keys are changed under key 0.
_KEY_SETTINGS = 0x0B
_AES = 0x80
_ACCESS = desfire.Access(read=PROOF_KEY, write=ISSUER_KEY, both=ISSUER_KEY, change=ISSUER_KEY)
_CREATE_APPLICATION, _DELETE_APPLICATION = 0xCA, 0xDA
_CREATE_BACKUP_FILE, _CHANGE_KEY = 0xCB, 0xC4

_STEPS = {
    0x5A: "select the application",
    _CREATE_APPLICATION: "make the application",
    _DELETE_APPLICATION: "delete the application",
    _CREATE_BACKUP_FILE: "make the file",
    _CHANGE_KEY: "change a key",
    0x71: "prove a key",
    0xAA: "prove a key",
    0x64: "version of a key",
    0x6F: "list the files",
    0xBD: "read the file",
    0x3D: "write the file",
    0xC7: "commit the file",
}

Random = Callable[[int], bytes]


class NotOurs(errors.ProtocolError):
    """The club's application is on the card, under keys that are neither the programme's nor the factory's."""


class NotKept(errors.ProtocolError):
    """The card does not read back what was written."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a card shall become.

    Args:
        keys: the card's own keys 0 (issuing) and 1 (proving and reading), 16 bytes each.
        version: what these keys are marked with, 1 to 255.
        content: of the member file, at most 32 bytes.
        ev1: speak EV1 sessions, for cards that know no other.
    """

    keys: Sequence[bytes]
    version: int
    content: bytes
    ev1: bool = False

    def __post_init__(self) -> None:
        if [len(key) for key in self.keys] != [16, 16] or FACTORY_KEY in self.keys:
            raise ValueError("expected two keys of 16 bytes that are not the factory's")
        if not 1 <= self.version <= 0xFF or len(self.content) > FILE_BYTES:
            raise ValueError(f"expected a version from 1 to 255 and at most {FILE_BYTES} bytes of content")


Older = Mapping[int, Sequence[bytes]]
"""Keys a card may hold beside the plan's and the factory's: its own two, by version."""
_NONE_OLDER: Older = MappingProxyType({})


def issue(transmit: apdu.Transmit, plan: Plan, random: Random, older: Older = _NONE_OLDER) -> None:
    """Make a card what the plan says, from wherever it stands, and verify it by reading back.

    Args:
        transmit: sends one APDU; the card was just connected.
        plan: keys and content.
        random: makes random bytes.
        older: earlier versions' keys, which the card is given up for the plan's.

    Raises:
        NotOurs: another programme's card, or one whose keys are lost.
        NotKept: the card is faulty.
        errors.ProtocolError: it left, refused, or is no DESFire card; start again with the same plan.
    """
    card = desfire.Card(transmit)
    _enter(card)
    held = _held(plan, older)
    version = card.key_version(ISSUER_KEY)
    issuer = _known(held, ISSUER_KEY, version)
    _authenticate(card, plan, ISSUER_KEY, issuer, random)
    if MEMBER_FILE not in card.file_ids():
        create_backup_file(card, MEMBER_FILE, FILE_BYTES, Mode.FULL, _ACCESS)
    found = card.key_version(PROOF_KEY)
    if found != plan.version:
        old = _known(held, PROOF_KEY, found)
        change_key(card, PROOF_KEY, plan.keys[PROOF_KEY], plan.version, old=old, under=ISSUER_KEY)
    content = plan.content.ljust(FILE_BYTES, b"\x00")
    if not hmac.compare_digest(card.read(MEMBER_FILE, 0, FILE_BYTES, Mode.FULL), content):
        card.write(MEMBER_FILE, 0, content, Mode.FULL)
        card.commit()
    if version != plan.version:
        change_key(card, ISSUER_KEY, plan.keys[ISSUER_KEY], plan.version, old=issuer, under=ISSUER_KEY)
    _verify(card, plan, content, random)


def wipe(transmit: apdu.Transmit, plan: Plan, random: Random, older: Older = _NONE_OLDER) -> None:
    """Take the club's application off a card, as far as it was issued; a card without it is left as it is.

    Raises:
        NotOurs, errors.ProtocolError: as :func:`issue`.
    """
    card = desfire.Card(transmit)
    try:
        card.select(CLUB_DESFIRE_AID)
    except errors.NotFound:
        return
    issuer = _known(_held(plan, older), ISSUER_KEY, card.key_version(ISSUER_KEY))
    _authenticate(card, plan, ISSUER_KEY, issuer, random)
    card.call(Call(_DELETE_APPLICATION, header=CLUB_DESFIRE_AID, ends=True, length=None))
    card.forget_session()
    _must_be_gone(card)


def create_application(card: desfire.Card, aid: bytes, keys: int, name: bytes) -> None:
    """Make an application with AES keys of zeros; the card itself must be selected.

    Args:
        card: without a session.
        aid: 3 bytes, low byte first.
        keys: how many, 1 to 14.
        name: its ISO DF name, 1 to 16 bytes.
    """
    settings = bytes((_KEY_SETTINGS, _AES | keys))
    card.call(Call(_CREATE_APPLICATION, header=aid + settings + _ISO_FILE_ID + name))


def create_backup_file(card: desfire.Card, number: int, size: int, mode: Mode, access: desfire.Access) -> None:
    """Make a backup file of ``size`` bytes in the selected application, under its key 0."""
    header = bytes((number, mode)) + access.to_bytes() + size.to_bytes(3, "little")
    card.call(Call(_CREATE_BACKUP_FILE, header=header))


def change_key(card: desfire.Card, number: int, new: bytes, version: int, *, old: bytes, under: int) -> None:
    """Change an AES key.

    Args:
        card: in a session.
        number: of the key to change.
        new, version: what it becomes.
        old: what it is now.
        under: the key of the session; when it is the very one, the card ends the session.
    """
    if number == under:
        call = Call(_CHANGE_KEY, bytes((number,)), new + bytes((version,)), sends=Mode.FULL, ends=True, length=None)
    else:
        mixed = bytes(a ^ b for a, b in zip(new, old, strict=True)) + bytes((version,))
        call = Call(_CHANGE_KEY, bytes((number,)), mixed, sends=Mode.FULL, tail=ev1.crc32(new))
    card.call(call)
    if call.ends:
        card.forget_session()


def step_of(command: apdu.Command) -> str:
    """Return what a command of issuing or wiping is for, in a journal's words."""
    return _STEPS.get(command.ins, "go on")


def _held(plan: Plan, older: Older) -> Older:
    return {**older, FACTORY_VERSION: (FACTORY_KEY, FACTORY_KEY), plan.version: plan.keys}


def _known(held: Older, number: int, version: int) -> bytes:
    if version not in held:
        raise NotOurs(f"expected key {number} in a version we hold, found version {version}: not our card")
    return held[version][number]


def _enter(card: desfire.Card) -> None:
    try:
        card.select(CLUB_DESFIRE_AID)
    except errors.NotFound:
        card.select(ROOT)
        create_application(card, CLUB_DESFIRE_AID, keys=2, name=CLUB_AID)
        card.select(CLUB_DESFIRE_AID)


def _authenticate(card: desfire.Card, plan: Plan, number: int, key: bytes, random: Random) -> None:
    authenticate = card.authenticate_ev1 if plan.ev1 else card.authenticate_ev2
    try:
        authenticate(number, key, random(16))
    except (errors.WrongKey, errors.AuthenticationFailed) as fault:
        raise NotOurs(f"key {number} is neither the programme's nor the factory's") from fault


def _must_be_gone(card: desfire.Card) -> None:
    try:
        card.select(CLUB_DESFIRE_AID)
    except errors.NotFound:
        return
    raise NotKept("the application is still there after it was deleted")


def _verify(card: desfire.Card, plan: Plan, content: bytes, random: Random) -> None:
    """Prove both keys and read the file as a tap's proof would."""
    _authenticate(card, plan, ISSUER_KEY, plan.keys[ISSUER_KEY], random)
    _authenticate(card, plan, PROOF_KEY, plan.keys[PROOF_KEY], random)
    if not hmac.compare_digest(card.read(MEMBER_FILE, 0, FILE_BYTES, Mode.FULL), content):
        raise NotKept("the member file does not read back as it was written")
