"""Joining: a registration waits for its code, becomes a membership, or lapses and leaves nothing personal (K10, A6).

The code is told by whoever sends messages (`Tell`: an SMS webhook, say), or made by staff at the desk; the database keeps
a keyed hash of it, and a few wrong codes end it.

Whether a number is a member's is told to staff, and to whoever brings its code; a kiosk that only asks is answered alike (ADR 17).
"""

import hmac
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal, TypeAlias

from central_api import texts
from central_api.db import Tx
from central_api.gifts import desk as giving
from central_api.gifts import joining
from central_api.ledger import service as ledger
from central_api.lifecycle import erasure, mirroring, repository
from central_api.members import consents, normal, personal, search
from central_api.members import repository as members
from central_api.members.personal import Details, Vehicle
from central_api.programme.content import Programme
from central_api.programme.joining import JoiningRules
from central_api.security.keyring import Keyring
from central_api.security.vault import Vault
from central_api.staff import audit
from club.model import errors, voucher
from club.model.text import Text
from club.wire.codec import encode

Source = Literal["purchase", "vehicle", "spend", "training", "fee", "import"]
"""How somebody came to join (A6): bought a car, brought one, spent, by driver training, paid the fee, from another system."""
Tell: TypeAlias = Callable[[Tx, str, str, str], None]
"""Passes a code on: unit of work, member's id, phone, code. It writes to an outbox; it does not send."""
CODE_DIGITS = 6
TRIES = 5
"""Wrong codes after which a code is no good any more."""
CODES, CODES_WITHIN = 3, timedelta(days=1)
"""So many codes are told to one phone, from which on it waits so long after the last: nobody's telephone is rung from a kiosk."""
AN_HOUR = timedelta(hours=1)
_AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class Applicant:
    """Who wants to join. A company has its whole name as `surname`; `agreed` is the version by document."""

    kind: Literal["person", "company"]
    surname: Text = field(repr=False)
    title: Text
    given: str = field(repr=False)
    phone: str = field(repr=False)
    language: str
    source: Source
    agreed: Mapping[str, str]
    adviser: str = ""
    plate: str = field(default="", repr=False)
    id_number: str = field(default="", repr=False)
    birthday: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Registered:
    """What a registration made. `code` is what was told; empty when the same registration came again."""

    registration: str
    member: str
    expires_at: datetime
    code: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Desk:
    """What joining is worked on with: keys, the sources of ids and of chance, and who passes codes on (None: staff do).

    `to_staff`: whoever reads the answer may see members, and is told at once that a phone is one's. `an_hour`: so many registrations
    are taken from whoever asks in an hour, whatever becomes of them; None: as many as they bring.
    """

    vault: Vault
    keyring: Keyring
    new_id: Callable[[], str]
    random_below: Callable[[int], int]
    tell: Tell | None = None
    to_staff: bool = False
    an_hour: int | None = None


def register(
    tx: Tx, desk: Desk, programme: Programme, registration: str, who: Applicant, *, store: str, by: str, now: datetime
) -> Registered:
    """Take a registration in; it waits for its code. The same id with the same content finds what it made before.

    With a member's number it waits as any other, until its code shows that whoever asked has the phone; then it is refused.

    Args:
        tx: a unit of work that writes.
        desk: what it is worked on with.
        programme: the rules in force.
        registration: an id made by whoever asks, before asking.
        who: the applicant, as typed.
        store: slug of the home store.
        by: `device:…` or `staff:…`.
        now: the instant.

    Raises:
        Malformed: name, phone, plate, number or birthday cannot be; the fact `field` says which.
        ConsentMissing, EditConflict: terms or privacy text were not agreed to, or another version of them.
        AlreadyMember: a member has this phone; only staff are told.
        TooManyGuesses: this phone was told too many codes; or, with the reason `registrations`, too many were asked for from there.
        IdempotencyConflict: the id was used for another registration.
    """
    surname = Text(normal.name(who.surname.zh), normal.name(who.surname.en) if who.surname.en.strip() else "")
    phone = normal.phone(who.phone)
    if desk.an_hour is not None:
        repository.alone_with(tx, f"registrations:{by}")
    repository.alone_with(tx, f"phone:{desk.vault.lookup(tx, 'phone', phone)}")
    asked = desk.vault.lookup(tx, "registration", encode([by, store, who]).decode())
    known = repository.registration(tx, registration)
    if known is not None:
        if not hmac.compare_digest(known.body_hash, asked):
            raise errors.IdempotencyConflict("this registration id was used before with other content")
        return Registered(known.id, known.member, known.expires_at)
    consents.must_be_in_force(tx, who.agreed, now)
    _must_be_few(tx, desk, by, now)
    told = _begun_anew(tx, desk, phone, now)
    today = texts.local_day(now, programme.time_zone)
    member = desk.new_id()
    values = {
        "id": member,
        "surname": texts.column(surname),
        "title": texts.column(who.title),
        "kind": who.kind,
        "language": who.language,
        "tier": min(programme.tiers, key=lambda tier: tier.rank).slug,
        "status": "pending",
        "home_store": store,
        "joined": today,
        "valid_to": today + timedelta(days=programme.membership_days),
        "created_at": now,
        "source": who.source,
        "adviser": who.adviser,
    }
    members.add(tx, values)
    repository.add_accounts(tx, accounts_of(member))
    details = Details(given=who.given, phone=phone, id_number=who.id_number, birthday=who.birthday)
    personal.write(tx, desk.vault, member, details, now)
    if who.plate:
        personal.write_vehicle(tx, desk.vault, member, Vehicle(desk.new_id(), plate=who.plate), now)
    for document, version in sorted(who.agreed.items()):
        consents.record(tx, member, document, version, given=True, now=now, by=by)
    code, expires_at = _new_code(desk), now + timedelta(days=programme.activation_days)
    row = {
        "id": registration,
        "member": member,
        "by": by,
        "body_hash": asked,
        "state": "pending",
        "code_hash": code_hash(desk.keyring, member, code),
        "tries": 0,
        "told": told + 1,
        "asked_at": now,
        "expires_at": expires_at,
    }
    repository.add_registration(tx, row)
    if desk.tell is not None:
        desk.tell(tx, member, phone, code)
    audit.record(tx, actor=by, act="member.register", subject=f"member:{member}", now=now, facts={"source": who.source})
    return Registered(registration, member, expires_at, code)


def accounts_of(member: str) -> list[dict[str, object]]:
    """The rows of a new member's accounts."""
    tracks: tuple[ledger.Track, ...] = ("points", "tier")
    return [
        {"id": ledger.member_account(member, track), "track": track, "member": member, "balance": 0} for track in tracks
    ]


def new_code(tx: Tx, desk: Desk, member: str, *, by: str, now: datetime) -> str:
    """A new code for somebody who waits, told by staff to whoever showed who they are; the one before is no good any more.

    Raises:
        NotFound: nobody of this id waits for activation.
    """
    row = repository.pending_of(tx, member)
    if row is None or row.expires_at <= now:
        raise errors.NotFound("expected somebody who waits for activation, found none", kind="member", id=member[:64])
    code = _new_code(desk)
    repository.change_registration(tx, row.id, {"code_hash": code_hash(desk.keyring, member, code), "tries": 0})
    audit.record(tx, actor=by, act="member.new-code", subject=f"member:{member}", now=now)
    return code


def activate(
    tx: Tx,
    desk: Desk,
    programme: Programme,
    registration: str,
    code: str,
    *,
    offers: JoiningRules | None,
    by: str,
    now: datetime,
) -> str | errors.ActivationCodeWrong | errors.AlreadyMember:
    """Turn a registration into a membership by its code; the member's id. Doing it again with the same code changes nothing.

    With the membership comes what the month's `offers` hold for how they came (A8); None: the club has none.

    A refusal comes back, and is not raised: the count of wrong codes is to stay, so the caller raises it behind the unit of work.
    A member's number is one (`AlreadyMember`): only the right code is told so. The registration then lapses in its time.
    """
    _alone_with_phone(tx, desk.vault, repository.registration(tx, registration))
    row = repository.registration(tx, registration, lock=True)
    if row is None or not row.code_hash or row.state == "lapsed" or row.tries >= TRIES:
        return errors.ActivationCodeWrong("no code of this registration is good any more", tries_left=0)
    if not hmac.compare_digest(row.code_hash, code_hash(desk.keyring, row.member, code)):
        repository.change_registration(tx, row.id, {"tries": row.tries + 1})
        return errors.ActivationCodeWrong("another code was given out", tries_left=TRIES - row.tries - 1)
    if row.state == "activated":
        return str(row.member)
    if row.expires_at <= now:
        return errors.ActivationCodeWrong("the code is out of date", tries_left=0)
    if _is_taken(tx, desk.vault, row.member):
        return errors.AlreadyMember("a member has this phone")
    _begin(tx, desk, programme, row, offers, by, now)
    return str(row.member)


def activate_by_staff(
    tx: Tx, desk: Desk, programme: Programme, member: str, *, offers: JoiningRules | None, by: str, now: datetime
) -> None:
    """Turn a registration into a membership without its code: staff have seen who it is. Arguments as in `activate`.

    Raises:
        NotFound: nobody of this id waits for activation.
        AlreadyMember: a member has the phone they gave.
    """
    _alone_with_phone(tx, desk.vault, repository.pending_of(tx, member, lock=False))
    row = repository.pending_of(tx, member)
    if row is None or row.expires_at <= now:
        raise errors.NotFound("expected somebody who waits for activation, found none", kind="member", id=member[:64])
    if _is_taken(tx, desk.vault, member):
        raise errors.AlreadyMember("a member has this phone")
    _begin(tx, desk, programme, row, offers, by, now)


def lapse_overdue(tx: Tx, now: datetime) -> int:
    """End the registrations that nobody activated in time and erase what they said; how many (at most a hundred at once)."""
    rows = repository.overdue(tx, now, _AT_ONCE)
    for row in rows:
        _lapse(tx, row, now)
    return len(rows)


def change_phone(tx: Tx, vault: Vault, member: str, phone: str, *, by: str, now: datetime) -> None:
    """Give a member another phone (K11); for staff, who may be told whose it is. At a kiosk: `own_phone.ask`.

    Raises:
        Malformed: it is no phone.
        AlreadyMember: another member has it.
    """
    wanted = normal.phone(phone)
    repository.alone_with(tx, f"phone:{vault.lookup(tx, 'phone', wanted)}")
    if _holders(tx, vault, wanted) - {member}:
        raise errors.AlreadyMember("another member has this phone")
    before = personal.read(tx, vault, member)
    details = Details(before.given, wanted, before.id_number, before.birthday)
    personal.write(tx, vault, member, details, now)
    audit.record(tx, actor=by, act="member.phone", subject=f"member:{member}", now=now)


def _must_be_few(tx: Tx, desk: Desk, by: str, now: datetime) -> None:
    """Refuse whoever asked for too many within an hour, before a phone is looked at: this tells nothing of it."""
    if desk.an_hour is None:
        return
    lately = repository.asked_lately(tx, by, now - AN_HOUR, desk.an_hour)
    if len(lately) == desk.an_hour:
        left = AN_HOUR - (now - lately[-1])
        raise errors.TooManyGuesses(
            f"expected at most {desk.an_hour} registrations of {by} in an hour, found one more; try again in {left} or ask staff",
            seconds=math.ceil(left.total_seconds()),
            reason="registrations",
        )


def _begun_anew(tx: Tx, desk: Desk, phone: str, now: datetime) -> int:
    """Let whoever still waits with this phone begin anew; how many codes were told to it of late. Staff are refused a member's."""
    told = 0
    for row in _with_phone(tx, desk.vault, phone):
        waiting = repository.pending_of(tx, row.id)
        if waiting is None:
            if desk.to_staff:
                raise errors.AlreadyMember("a member has this phone")
            continue  # a member's: the code that goes to the phone will tell its holder
        left = CODES_WITHIN - (now - waiting.asked_at)
        told = waiting.told if left > timedelta(0) else 0
        if desk.tell is not None and told >= CODES:
            raise errors.TooManyGuesses(
                f"expected at most {CODES} codes to one phone, a day apart, found one more; try again in {left} or ask staff",
                seconds=math.ceil(left.total_seconds()),
            )
        _lapse(tx, waiting, now)
    return told


def _with_phone(tx: Tx, vault: Vault, phone: str) -> list[Any]:
    ids = members.found_by(tx, [("phone", vault.lookup(tx, "phone", phone))], search.MOST)
    return [row for row in members.of_ids(tx, {search.current(tx, found) for found in ids}) if row.status != "closed"]


def _holders(tx: Tx, vault: Vault, phone: str) -> set[str]:
    """Members who have this phone; who only waits to become one does not count: anybody can type a number at a kiosk."""
    return {row.id for row in _with_phone(tx, vault, phone) if row.status != "pending"}


def _is_taken(tx: Tx, vault: Vault, member: str) -> bool:
    """Whether the phone that an applicant gave is a member's."""
    phone = personal.read(tx, vault, member).phone
    return bool(phone and _holders(tx, vault, phone))


def _alone_with_phone(tx: Tx, vault: Vault, row: Any) -> None:
    """Wait for whoever does something with an applicant's phone; before any row is locked, as everywhere here."""
    phone = personal.read(tx, vault, row.member).phone if row is not None else ""
    if phone:
        repository.alone_with(tx, f"phone:{vault.lookup(tx, 'phone', phone)}")


def _begin(
    tx: Tx, desk: Desk, programme: Programme, row: Any, offers: JoiningRules | None, by: str, now: datetime
) -> None:
    today = texts.local_day(now, programme.time_zone)
    valid_to = today + timedelta(days=programme.membership_days)
    members.change(tx, row.member, {"status": "active", "joined": today, "valid_to": valid_to})
    repository.change_registration(tx, row.id, {"state": "activated"})
    gifts = giving.Desk(desk.keyring, desk.new_id, lambda: voucher.make(desk.random_below), now)
    joining.give(tx, gifts, row.member, offers, today)
    mirroring.publish(tx, desk.keyring, row.member, now)
    audit.record(tx, actor=by, act="member.activate", subject=f"member:{row.member}", now=now)


def _lapse(tx: Tx, row: Any, now: datetime) -> None:
    erasure.erase(tx, row.member)
    members.change(tx, row.member, {"status": "closed", "closed_at": now, "closed_for": "lapsed"})
    audit.record(tx, actor="system", act="member.lapse", subject=f"member:{row.member}", now=now)


def _new_code(desk: Desk) -> str:
    return f"{desk.random_below(10**CODE_DIGITS):0{CODE_DIGITS}d}"


def code_hash(keyring: Keyring, member: str, code: str) -> str:
    """How a code is kept: bound to the one who waits for it."""
    return keyring.code_hash(f"activate:{member}:{code}")
