"""Finds members by what staff have in hand, shows them masked, and opens one to who may, on the record (X2, C6)."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from central_api import texts
from central_api.db import Tx
from central_api.members import masks, normal, personal, repository
from central_api.members.personal import Details, Vehicle
from central_api.security.vault import Vault
from central_api.staff import audit, roles
from central_api.staff.service import Person
from club.model import errors
from club.model.text import Text

MOST = 50
"""Hits that are shown; more of them, and the query says too little."""
_REASON_LONGEST = 64


@dataclass(frozen=True, slots=True)
class Masked:
    """A member as a list shows them; nothing in it is enough to reach them."""

    id: str
    name: Text
    kind: str
    phone: str
    plates: tuple[str, ...]
    tier: str
    status: str
    home_store: str
    valid_to: date
    merged_into: str | None


@dataclass(frozen=True, slots=True)
class Unmasked:
    """A member with everything open."""

    id: str
    surname: Text
    title: Text
    details: Details
    vehicles: tuple[Vehicle, ...]


def find(tx: Tx, vault: Vault, query: str) -> tuple[Masked, ...]:
    """Members whose phone (or its last four digits), plate, VIN, identity number, full name or id is exactly `query`.

    Reads only. Who was merged into another is found by what they were, and shown as what they are now. At most 50 are found.
    """
    ids = repository.found_by(tx, hashes(tx, vault, query), MOST)
    named = query.strip()
    whole = (
        repository.find(tx, named) if len(named) <= normal.LONGEST and named.isascii() and named.isprintable() else None
    )
    if whole is not None and whole.id not in ids:
        ids.append(whole.id)
    return masked(tx, vault, [row.id for row in repository.of_ids(tx, {current(tx, found) for found in ids})])


def hashes(tx: Tx, vault: Vault, query: str) -> list[tuple[str, str]]:
    """Each (kind, hash) that a query could mean."""
    kinds: tuple[tuple[str, Callable[[str], str]], ...] = (
        ("phone", normal.phone),
        ("plate", normal.plate_key),
        ("vin", normal.vin),
        ("id-number", normal.id_number),
    )
    found = []
    for kind, normalise in kinds:
        try:
            found.append((kind, normalise(query)))
        except errors.Malformed:
            continue
    bare = normal.name_key(query)
    if len(bare) == normal.TAIL and bare.isascii() and bare.isdecimal():
        found.append(("phone-tail", bare))
    elif bare and len(query) <= normal.LONGEST:
        found.append(("name", bare))
    return [(kind, vault.lookup(tx, kind, value)) for kind, value in found]


def masked(tx: Tx, vault: Vault, ids: Sequence[str]) -> tuple[Masked, ...]:
    """These members as a list shows them, by id. Reads only."""
    details = repository.details(tx, ids)
    cars: dict[str, list[str]] = {}
    for row in repository.vehicles_of(tx, ids):
        plate = personal.opened_vehicle(tx, vault, row).plate
        if plate:
            cars.setdefault(row.member, []).append(masks.plate(plate))
    found = []
    for row in repository.of_ids(tx, ids):
        surname = texts.text(row.surname)
        mask = masks.company if row.kind == "company" else masks.name
        known = personal.opened(tx, vault, details[row.id]) if row.id in details else Details()
        found.append(
            Masked(
                id=row.id,
                name=Text(mask(surname.zh), mask(surname.en)),
                kind=row.kind,
                phone=masks.phone(known.phone) if known.phone else "",
                plates=tuple(cars.get(row.id, ())),
                tier=row.tier,
                status=row.status,
                home_store=row.home_store,
                valid_to=row.valid_to,
                merged_into=row.merged_into,
            )
        )
    return tuple(found)


def reveal(tx: Tx, vault: Vault, person: Person, member_id: str, reason: str, now: datetime) -> Unmasked:
    """A member with everything open, written into the log of acts in the same transaction.

    Args:
        tx: a unit of work that writes.
        vault: opens.
        person: of the staff; a store's own staff see its members, those of all stores everybody.
        member_id: whom.
        reason: a slug, such as `call-back`; the log keeps it.
        now: the instant.

    Raises:
        NotAllowed: the role may not, or the member is another store's.
        NotFound: no such member.
    """
    must(person.roles, "members.reveal")
    row = repository.find(tx, member_id)
    if row is None or row.closed_for == "left":
        raise errors.NotFound("expected a member, found none under this id", kind="member", id=member_id[:64])
    if person.stores and row.home_store not in person.stores:
        raise errors.NotAllowed("expected a member of the person's own store, found another's", needs=row.home_store)
    audit.record(
        tx,
        actor=person.actor,
        act="member.reveal",
        subject=f"member:{member_id}",
        now=now,
        facts={"reason": reason[:_REASON_LONGEST]},
    )
    details, cars = personal.read(tx, vault, member_id), personal.vehicles(tx, vault, member_id)
    return Unmasked(member_id, texts.text(row.surname), texts.text(row.title), details, tuple(cars))


def must(held: Collection[str], right: roles.Right) -> None:
    """Refuse whoever's roles do not have a right.

    Raises:
        NotAllowed: with the fact needs.
    """
    if not roles.may(held, right):
        raise errors.NotAllowed(
            f"expected a role that has {right}, found {', '.join(sorted(held)) or 'none'}", needs=right
        )


def current(tx: Tx, member_id: str) -> str:
    """Whose a member's things are now: their own, or of whom they were merged into, also by way of another."""
    seen = {member_id}
    while True:
        row = repository.find(tx, member_id)
        if row is None or row.merged_into is None or row.merged_into in seen:
            return member_id
        member_id = row.merged_into
        seen.add(member_id)
