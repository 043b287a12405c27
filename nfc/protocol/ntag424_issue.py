"""Brings an NTAG 424 DNA to what it should be, a member card or a blank one, from whatever state it is in (spec N6).

The card itself says how far an earlier attempt came: each key's version, the file's settings, the file. So one script both
issues and resumes: it does what is missing, checks each step by reading it back, and changes key 0 last, so that a card
torn at any command still lets us in with a key we know. Only then are the keys proved one by one, and the card read as at a
tap.

=======================================  =========  ======================================================
step                                     commands   what a tear leaves
=======================================  =========  ======================================================
select, prove key 0                      3          nothing changed (5 when key 0 was changed already)
versions of keys 1 to 4, settings        5          nothing changed
open the file if it is closed            0 or 1     a file that anybody may write, as from the factory
write, read back                         2 to 4     half a file; written anew
settings with SUN, read back             2          either the old settings or the new
keys 1 to 4, each with its version       8          each key is the old one or the new one; its version says which
key 0                                    1          old or new: both are tried, the likelier first
prove all five keys, version of key 0    11         a finished card, checked again
select, read as at a tap                 3          a finished card; the counter has moved on
=======================================  =========  ======================================================
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from nfc.protocol import apdu, errors, ev2, keys, ntag424, ntag424_admin, ntag424_files, sun
from nfc.protocol import ndef as ndef_files
from nfc.protocol.keys import KeySet
from nfc.protocol.ntag424_files import FileSettings
from nfc.protocol.scripts import Ask, Random, Script

NDEF_FILE_NUMBER = 2
_RND_BYTES = 16
_CHUNK = 128
_AGAIN = "select the application again"
_KEY_0_MAY_BE_NEW = frozenset({"change key 0", _AGAIN})
"""Steps at which a torn card's key 0 is the old one or the new one; later ones prove the new one first."""


class NotOurs(errors.ProtocolError):
    """The card holds keys we do not know: another programme's, or of a version that is gone."""


class NotAsWritten(errors.ProtocolError):
    """What was read back is not what was written."""


@dataclass(frozen=True, slots=True)
class Goal:
    """What a card should become.

    Args:
        keys: of the version it should have; ``keys.FACTORY`` for a blank card.
        content: of the NDEF file, from its beginning.
        settings: of the NDEF file.
    """

    keys: KeySet
    content: bytes
    settings: FileSettings


@dataclass(frozen=True, slots=True)
class Reached:
    """A card that is what it should be: the version of its keys, and the last counter its SUN message was seen with."""

    version: int
    counter: int


def member_card(card_keys: KeySet, url_template: str) -> Goal:
    """Return the goal of issuing.

    Args:
        card_keys: the card's own keys.
        url_template: holds ``{picc}`` and ``{mac}`` once each.

    Raises:
        ValueError: the URL cannot be a member card's.
    """
    content, settings = ntag424_files.member_file(
        url_template, meta_key=keys.META, file_key=keys.FILE, write_key=keys.WRITE
    )
    return Goal(card_keys, content, settings)


BLANK = Goal(keys.FACTORY, bytes(ntag424.FILE_BYTES), ntag424_files.OPEN)
"""A card as from the factory."""


def bring_to(goal: Goal, uid: bytes, known: Sequence[KeySet], random: Random) -> Script[Reached]:
    """Issue a card, go on where an earlier attempt was torn, change its keys' version, or return it to the factory's state.

    Args:
        goal: what it should become.
        uid: the card's 7-byte UID.
        known: keys the card may hold now, the likeliest first; those of the goal need not be among them.
        random: makes random bytes.

    Raises:
        NotOurs: the card holds other keys.
        NotAsWritten: it does not keep what it is told.
        errors.ProtocolError: the card refuses, breaks its protocol or is gone; nothing is lost, run it again.
    """
    candidates = [*known, *(() if goal.keys in known else (goal.keys,))]
    yield from _select()
    session, key_0 = yield from _enter(candidates, random)
    session, found = yield from _versions(session)
    by_version = {candidate.version: candidate for candidate in reversed(candidates)}
    _must_be_known(found, by_version)
    session = yield from _file(goal, session)
    for number in range(keys.META, keys.UNUSED + 1):
        if found[number] != goal.keys.version:
            session = yield from _change(session, number, by_version[found[number]], goal.keys)
    if key_0 != goal.keys:
        yield from ntag424_admin.change_master_key(session, goal.keys.keys[keys.APP], goal.keys.version)
    yield from _select(_AGAIN)
    yield from _prove(goal.keys, random)
    return (yield from _tap(goal, uid))


def likeliest_first(known: Sequence[int], torn_version: int, torn_step: str) -> list[int]:
    """Order versions of keys by where an earlier run was torn: at or behind the change of key 0 its goal comes first.

    Args:
        known: all that the card may hold, in their usual order.
        torn_version: the version that run was to reach.
        torn_step: what its last command was for.
    """
    if torn_step not in _KEY_0_MAY_BE_NEW:
        return list(known)
    return sorted(known, key=lambda version: version != torn_version)


def code_of(fault: errors.ProtocolError) -> str:
    """Return a stable word for why a card could not be brought to its goal."""
    match fault:
        case NotOurs():
            return "not_ours"
        case NotAsWritten():
            return "not_as_written"
        case errors.TooManyFailures():
            return "wait"
        case errors.CardLeft():
            return "card_left"
        case errors.AuthenticationFailed() | errors.WrongKey():
            return "not_proved"
    return "card_fault"


def _enter(candidates: Sequence[KeySet], random: Random) -> Script[tuple[ev2.Session, KeySet]]:
    """Open a session under key 0 with the first of the candidates that fits; each that does not is counted by the card."""
    for candidate in candidates:
        try:
            session = yield from ntag424_admin.authenticate(keys.APP, candidate.keys[keys.APP], random(_RND_BYTES))
        except errors.WrongKey:
            continue
        return session, candidate
    versions = ", ".join(str(candidate.version) for candidate in candidates)
    raise NotOurs(f"expected a card with key 0 of one of the versions {versions}, found another key: not our card")


def _versions(session: ev2.Session) -> Script[tuple[ev2.Session, Mapping[int, int]]]:
    found = {}
    for number in range(keys.META, keys.UNUSED + 1):
        found[number], session = yield from ntag424_admin.key_version(session, number)
    return session, found


def _must_be_known(found: Mapping[int, int], by_version: Mapping[int, KeySet]) -> None:
    for number, version in found.items():
        if version not in by_version:
            raise NotOurs(f"expected key {number} in a version we hold, found version {version}: not our card")


def _file(goal: Goal, session: ev2.Session) -> Script[ev2.Session]:
    """Write the NDEF file and its settings, unless both are right already."""
    settings, session = yield from _settings(session)
    if settings == goal.settings:
        content, session = yield from ntag424_admin.read(session, NDEF_FILE_NUMBER, len(goal.content))
        if content == goal.content:
            return session
    if settings != ntag424_files.OPEN:
        session = yield from ntag424_admin.change_file_settings(session, NDEF_FILE_NUMBER, ntag424_files.OPEN)
    session = yield from ntag424_admin.write(session, NDEF_FILE_NUMBER, goal.content)
    content, session = yield from ntag424_admin.read(session, NDEF_FILE_NUMBER, len(goal.content))
    if content != goal.content:
        raise NotAsWritten(f"expected the {len(goal.content)} bytes that were written to the NDEF file, found others")
    if goal.settings == ntag424_files.OPEN:
        return session
    session = yield from ntag424_admin.change_file_settings(session, NDEF_FILE_NUMBER, goal.settings)
    settings, session = yield from _settings(session)
    if settings != goal.settings:
        raise NotAsWritten(f"expected the file settings {goal.settings}, found {settings}")
    return session


def _settings(session: ev2.Session) -> Script[tuple[FileSettings | None, ev2.Session]]:
    """Read the settings; None when they are of a kind that member cards never have."""
    try:
        return (yield from ntag424_admin.file_settings(session, NDEF_FILE_NUMBER))
    except errors.Malformed:
        return None, session.after()


def _change(session: ev2.Session, number: int, old: KeySet, new: KeySet) -> Script[ev2.Session]:
    session = yield from ntag424_admin.change_key(session, number, old.keys[number], new.keys[number], new.version)
    version, session = yield from ntag424_admin.key_version(session, number)
    if version != new.version:
        raise NotAsWritten(f"expected key {number} in version {new.version}, found {version}")
    return session


def _prove(card_keys: KeySet, random: Random) -> Script[None]:
    """Prove all five keys: a version alone says only what somebody wrote beside a key."""
    session = yield from ntag424_admin.authenticate(keys.APP, card_keys.keys[keys.APP], random(_RND_BYTES))
    version, session = yield from ntag424_admin.key_version(session, keys.APP)
    if version != card_keys.version:
        raise NotAsWritten(f"expected key 0 in version {card_keys.version}, found {version}")
    for number in range(keys.META, keys.UNUSED + 1):
        session = yield from ntag424_admin.authenticate_again(
            session, number, card_keys.keys[number], random(_RND_BYTES)
        )


def _tap(goal: Goal, uid: bytes) -> Script[Reached]:
    """Read the card as at a tap, out of the session: a member card's SUN message must verify."""
    yield from _select("leave the session")
    select_file = apdu.Command(0x00, 0xA4, 0x00, 0x0C, ntag424.NDEF_FILE.to_bytes(2, "big"))
    (yield Ask(select_file, "select the file")).require()
    wanted = len(goal.content)
    content = b""
    while len(content) < wanted:
        length = min(_CHUNK, wanted - len(content))
        read = apdu.Command(0x00, 0xB0, len(content) >> 8, len(content) & 0xFF, le=length)
        chunk = (yield Ask(read, "read as at a tap")).require()
        if not chunk:
            raise NotAsWritten(f"expected {wanted} bytes in the NDEF file, found {len(content)}")
        content += chunk
    if goal.settings.sdm is None:
        if content != goal.content:
            raise NotAsWritten("expected the NDEF file as it was written, found another")
        return Reached(goal.keys.version, 0)
    try:
        message = sun.parse(ndef_files.parse_file(content))
        picc = sun.verify(message, goal.keys.keys[keys.META], lambda _: goal.keys.keys[keys.FILE])
    except (errors.Malformed, errors.SunRefused) as fault:
        # All five keys were proved: what it shows is not what was written to it.
        raise NotAsWritten(f"expected a message that verifies, found another: {fault}") from fault
    if picc.uid != uid:
        raise NotAsWritten("expected a message that names this card, found one of another")
    return Reached(goal.keys.version, picc.counter)


def _select(what: str = "select the application") -> Script[None]:
    (yield Ask(ntag424.SELECT_NDEF_APPLICATION, what)).require()
