"""Queries of cards, sessions, PINs and grants, of tries by phone, of masters, permits and runs."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, delete, func, insert, or_, select, update
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from central_api.cards.tables import (
    card_masters,
    card_permits,
    card_runs,
    card_sessions,
    cards,
    grants,
    member_codes,
    phone_keys,
    phone_tries,
    pins,
)
from central_api.db import Tx, among
from central_api.members.tables import members

_ONLY_A_NUMBER = "mifare-classic"
"""What is issued and can be copied all the same."""

_SHOWN = tuple(cards.c[name] for name in ("member", "uid", "state", "blocked_since", "assurance"))

# Statements of every tap are built once.
_CARD = (
    select(cards, members.c.status, members.c.valid_to)
    .outerjoin(members, members.c.id == cards.c.member)
    .where(cards.c.uid == bindparam("uid"))
)
_HOLDER = (
    select(members, cards.c.number, cards.c.face, pins.c.set_at.label("pin_set_at"))
    .join(cards, cards.c.member == members.c.id)
    .outerjoin(pins, pins.c.card == cards.c.id)
    .where(cards.c.id == bindparam("card"))
)
_CARD_BY_ID = select(cards).where(cards.c.id == bindparam("card"))
_SESSION = select(card_sessions).where(card_sessions.c.id == bindparam("session"))
_ADD_SESSION = {
    dialect: make(card_sessions)
    .on_conflict_do_nothing(index_elements=[card_sessions.c.id])
    .returning(card_sessions.c.id)
    for dialect, make in (("sqlite", sqlite_insert), ("postgresql", pg_insert))
}
_RAISE_COUNTER = (
    update(cards)
    .where(cards.c.id == bindparam("card"), cards.c.last_counter < bindparam("counter"))
    .values(last_counter=bindparam("counter"))
    .returning(cards.c.id)
)
_PIN_GIVEN = select(grants.c.id).where(grants.c.session == bindparam("session")).limit(1)


def card(tx: Tx, uid: str) -> Any:
    """The card of a UID (upper-case hex) with its holder's status and the membership's last day, or None."""
    return tx.first(_CARD, {"uid": uid})


def holder(tx: Tx, card_id: str) -> Any:
    """The member who holds a card, with the card's number and face, and when its PIN was set (None: it was not)."""
    return tx.connection.execute(_HOLDER, {"card": card_id}).one()


def card_by_id(tx: Tx, card_id: str) -> Any:
    """The card of an id."""
    return tx.connection.execute(_CARD_BY_ID, {"card": card_id}).one()


def cards_of(tx: Tx, member_id: str) -> Sequence[Any]:
    """A member's cards, also those no longer in use."""
    return tx.rows(select(cards).where(cards.c.member == member_id).order_by(cards.c.id))


def shown(tx: Tx, members: Sequence[str]) -> Sequence[Any]:
    """Of these members' cards what stands in the devices' mirror, in the cards' order; those without a UID, and stock, have no place there."""
    query = select(*_SHOWN).where(
        among(tx, cards.c.member, members), cards.c.uid.is_not(None), cards.c.state != "stock"
    )
    return tx.rows(query.order_by(cards.c.id))


def of_companies(tx: Tx, stores: Collection[str], most: int, skip: int = 0, *, like: str = "") -> Sequence[Any]:
    """Cards in the hands of companies that belong to these stores, company by company, with its name and store.

    Args:
        tx: reads.
        stores: whose.
        most: so many at most, behind the first `skip`.
        skip: see there.
        like: only those whose number ends with it, or whose company's name holds it in some language; blanks do not count.
    """
    query = select(cards, members.c.surname, members.c.home_store).join(members, members.c.id == cards.c.member)
    query = query.where(*_of_companies(stores))
    bare = "".join(like.split())
    if bare:
        # A store has few companies: which are meant is found among their names, whatever their letters.
        named = [row.id for row in _companies(tx, stores) if any(_holds(name, bare) for name in row.surname.values())]
        ends = func.replace(cards.c.number, " ", "").endswith(bare, autoescape=True)
        query = query.where(or_(ends, among(tx, members.c.id, named)) if named else ends)
    return tx.rows(query.order_by(members.c.id, cards.c.number).limit(most).offset(skip))


def _companies(tx: Tx, stores: Collection[str]) -> Sequence[Any]:
    of_stores = members.c.home_store.in_(sorted(stores))
    return tx.rows(select(members.c.id, members.c.surname).where(members.c.kind == "company", of_stores))


def _holds(name: str, bare: str) -> bool:
    return bare.casefold() in "".join(name.split()).casefold()


def is_of_company(tx: Tx, card_id: str, stores: Collection[str]) -> bool:
    """Whether a card is one of `of_companies`."""
    query = select(cards.c.id).join(members, members.c.id == cards.c.member)
    return tx.first(query.where(cards.c.id == card_id, *_of_companies(stores))) is not None


def _of_companies(stores: Collection[str]) -> tuple[Any, ...]:
    of_stores = members.c.home_store.in_(sorted(stores))
    return members.c.kind == "company", of_stores, cards.c.state.in_(("active", "blocked"))


def raise_counter(tx: Tx, card_id: str, counter: int) -> bool:
    """Move a card's counter up to `counter`; False when it was there or above, and nothing changed."""
    return tx.first(_RAISE_COUNTER, {"card": card_id, "counter": counter}) is not None


def set_state(tx: Tx, card_id: str, values: dict[str, object]) -> None:
    """Change a card's state."""
    tx.execute(update(cards).where(cards.c.id == card_id).values(**values))


def session(tx: Tx, session_id: str) -> Any:
    """The row of a session, or None."""
    return tx.first(_SESSION, {"session": session_id})


def add_session(tx: Tx, values: dict[str, object]) -> bool:
    """Write a new session; False when there is one of that id (waits for one that is just being written)."""
    return tx.first(_ADD_SESSION[tx.dialect], values) is not None


def change_session(tx: Tx, session_id: str, values: dict[str, object]) -> None:
    """Change a session's row."""
    tx.execute(update(card_sessions).where(card_sessions.c.id == session_id).values(**values))


def pin(tx: Tx, card_id: str, *, lock: bool = False) -> Any:
    """The row of a card's PIN, or None; locked until the end when asked for."""
    query = select(pins).where(pins.c.card == card_id)
    return tx.first(query.with_for_update() if lock else query)


def put_pin(tx: Tx, values: dict[str, object]) -> None:
    """Write a card's PIN anew."""
    make = sqlite_insert if tx.dialect == "sqlite" else pg_insert
    statement = make(pins).values(**values)
    tx.execute(statement.on_conflict_do_update(index_elements=[pins.c.card], set_=values))


def change_pin(tx: Tx, card_id: str, values: dict[str, object]) -> None:
    """Change the counting of a card's PIN."""
    tx.execute(update(pins).where(pins.c.card == card_id).values(**values))


def cards_with_pin(tx: Tx, member_id: str) -> Sequence[Any]:
    """A member's cards that have a PIN, by id."""
    query = select(cards).join(pins, pins.c.card == cards.c.id).where(cards.c.member == member_id)
    return tx.rows(query.order_by(cards.c.id))


def tries_of(tx: Tx, source: str, now: datetime) -> Any:
    """The row of a source of tries by phone, made when there is none; locked until the end.

    One statement: between one that makes the row and one that locks it, somebody else could clear it away.
    """
    make = sqlite_insert if tx.dialect == "sqlite" else pg_insert
    found = make(phone_tries).values(source=source, wrong=0, since=now, last=now)
    locked = found.on_conflict_do_update(index_elements=[phone_tries.c.source], set_={"source": found.excluded.source})
    return tx.connection.execute(locked.returning(phone_tries)).one()


def change_tries(tx: Tx, source: str, values: dict[str, object]) -> None:
    """Change the counting of a source of tries by phone."""
    tx.execute(update(phone_tries).where(phone_tries.c.source == source).values(**values))


def forget_tries(tx: Tx, before: datetime) -> None:
    """Clear away sources whose last try is older, but for those that are counted just now."""
    old = select(phone_tries.c.source).where(phone_tries.c.last < before).with_for_update(skip_locked=True)
    tx.execute(delete(phone_tries).where(phone_tries.c.source.in_(old)))


def put_member_code(tx: Tx, values: dict[str, object]) -> None:
    """Write a member's code in place of the one before."""
    make = sqlite_insert if tx.dialect == "sqlite" else pg_insert
    statement = make(member_codes).values(**values)
    tx.execute(statement.on_conflict_do_update(index_elements=[member_codes.c.member], set_=values))


def forget_member_codes(tx: Tx, members: Sequence[str]) -> int:
    """Delete the codes of these members; how many there were."""
    gone = delete(member_codes).where(among(tx, member_codes.c.member, members)).returning(member_codes.c.member)
    return len(tx.rows(gone))


def member_code(tx: Tx, members: Sequence[str]) -> Any:
    """When and by whom the latest code of these members was made, or None."""
    theirs = select(member_codes).where(among(tx, member_codes.c.member, members))
    return tx.first(theirs.order_by(member_codes.c.made_at.desc(), member_codes.c.member).limit(1))


def member_of_code(tx: Tx, digest: str) -> str | None:
    """Whose code it is by its digest, or None."""
    row = tx.first(select(member_codes.c.member).where(member_codes.c.digest == digest))
    return None if row is None else str(row.member)


def grant_of(tx: Tx, command_id: str) -> Any:
    """The grant of a command, or None."""
    return tx.first(select(grants).where(grants.c.command == command_id))


def pin_given(tx: Tx, session_id: str) -> bool:
    """Whether the right PIN was given in a session."""
    return tx.first(_PIN_GIVEN, {"session": session_id}) is not None


def add_grant(tx: Tx, values: dict[str, object]) -> None:
    """Write a new grant."""
    tx.execute(insert(grants).values(**values))


def use_grant(tx: Tx, grant_id: str, now: datetime) -> bool:
    """Note that what a grant was for was done; False when it was noted before."""
    unused = (grants.c.id == grant_id, grants.c.used_at.is_(None))
    return tx.execute(update(grants).where(*unused).values(used_at=now)).rowcount == 1


def masters(tx: Tx) -> Sequence[Any]:
    """Every master that lies in the database, sealed."""
    return tx.rows(select(card_masters.c.version, card_masters.c.purpose, card_masters.c.secret))


def add_master(tx: Tx, values: dict[str, object]) -> None:
    """Write a master; one that is there stays."""
    make = sqlite_insert if tx.dialect == "sqlite" else pg_insert
    tx.execute(make(card_masters).values(**values).on_conflict_do_nothing(index_elements=[card_masters.c.id]))


def add_permit(tx: Tx, values: dict[str, object]) -> None:
    """Write a new permit."""
    tx.execute(insert(card_permits).values(**values))


def open_permit(tx: Tx, device: str, purpose: str, now: datetime) -> Any:
    """The permit of a device that ends first and has cards left, locked until the end, or None."""
    fits = (card_permits.c.device == device, card_permits.c.purpose == purpose, card_permits.c.until > now)
    query = select(card_permits).where(*fits, card_permits.c.left > 0).order_by(card_permits.c.until)
    return tx.first(query.limit(1).with_for_update())


def permit(tx: Tx, permit_id: str) -> Any:
    """The permit of an id."""
    return tx.connection.execute(select(card_permits).where(card_permits.c.id == permit_id)).one()


def take_of_permit(tx: Tx, permit_id: str) -> None:
    """Count one card of a permit that was found open."""
    less = card_permits.c.left - 1
    tx.execute(update(card_permits).where(card_permits.c.id == permit_id).values(left=less))


def run(tx: Tx, run_id: str) -> Any:
    """The row of a run, locked until the end, or None."""
    return tx.first(select(card_runs).where(card_runs.c.id == run_id).with_for_update())


def runs_of(tx: Tx, uid: str, purposes: Sequence[str]) -> Sequence[Any]:
    """The last runs of a card for these purposes, newest first, locked until the end."""
    query = select(card_runs).where(card_runs.c.uid == uid, card_runs.c.purpose.in_(purposes))
    return tx.rows(query.order_by(card_runs.c.begun_at.desc()).limit(5).with_for_update())


def forget_proofs(tx: Tx, uid: str, before: datetime) -> None:
    """Delete a card's proofs of before an instant, which are good for nothing any more."""
    old = (card_runs.c.uid == uid, card_runs.c.purpose == "prove", card_runs.c.begun_at < before)
    tx.execute(delete(card_runs).where(*old))


def add_run(tx: Tx, values: dict[str, object]) -> None:
    """Write a new run."""
    tx.execute(insert(card_runs).values(**values))


def change_run(tx: Tx, run_id: str, values: dict[str, object]) -> None:
    """Change a run's row."""
    tx.execute(update(card_runs).where(card_runs.c.id == run_id).values(**values))


def phone_key(tx: Tx, credential: str) -> str | None:
    """The public key that a phone's credential is enrolled with, in hex, or None."""
    row = tx.first(select(phone_keys.c.public_key).where(phone_keys.c.credential == credential))
    return None if row is None else str(row.public_key)


def add_phone_key(tx: Tx, credential: str, public_key: str, now: datetime) -> None:
    """Enrol a phone's key; one that is there stays."""
    make = sqlite_insert if tx.dialect == "sqlite" else pg_insert
    values = {"credential": credential, "public_key": public_key, "enrolled_at": now}
    tx.execute(make(phone_keys).values(**values).on_conflict_do_nothing(index_elements=[phone_keys.c.credential]))


def written(tx: Tx, uid: str) -> dict[str, object]:
    """What a kiosk wrote onto a card before it came into stock: its keys' version, last counter and assurance, if it did."""
    row = next((run for run in runs_of(tx, uid, ("issue", "reset")) if run.state == "done"), None)
    if row is None:
        return {}
    found: dict[str, object] = {"key_version": row.version, "last_counter": row.counter or -1}
    if row.purpose == "issue" and row.family != _ONLY_A_NUMBER:
        found["assurance"] = "cryptogram"
    return found


def blank_of(tx: Tx, batch: str) -> int:
    """How many cards of a batch are in stock."""
    query = select(func.count()).select_from(cards).where(cards.c.batch == batch, cards.c.state == "stock")
    return int(tx.scalar(query))


def end_permits(tx: Tx, ids: Sequence[str], now: datetime) -> None:
    """Let permits count no more cards, nor go on with those that were torn."""
    tx.execute(update(card_permits).where(card_permits.c.id.in_(list(ids))).values(left=0, until=now))


def stock(tx: Tx) -> Sequence[Any]:
    """How many cards there are of each batch, face and state."""
    kinds = (cards.c.batch, cards.c.face, cards.c.state)
    return tx.rows(select(*kinds, func.count().label("cards")).group_by(*kinds).order_by(*kinds))
