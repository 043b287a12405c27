"""Queries of cards, card sessions, PINs and grants."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from central_api.cards.tables import card_sessions, cards, grants, pins
from central_api.db import Tx


def card(tx: Tx, uid: str) -> Any:
    """The card of a UID (upper-case hex), or None."""
    return tx.first(select(cards).where(cards.c.uid == uid))


def card_by_id(tx: Tx, card_id: str) -> Any:
    """The card of an id."""
    return tx.connection.execute(select(cards).where(cards.c.id == card_id)).one()


def cards_of(tx: Tx, member_id: str) -> Sequence[Any]:
    """A member's cards, also those no longer in use."""
    return tx.rows(select(cards).where(cards.c.member == member_id).order_by(cards.c.id))


def raise_counter(tx: Tx, card_id: str, counter: int) -> bool:
    """Move a card's counter up to `counter`; False when it was there or above, and nothing changed."""
    statement = update(cards).where(cards.c.id == card_id, cards.c.last_counter < counter).values(last_counter=counter)
    return tx.first(statement.returning(cards.c.id)) is not None


def set_state(tx: Tx, card_id: str, values: dict[str, object]) -> None:
    """Change a card's state."""
    tx.execute(update(cards).where(cards.c.id == card_id).values(**values))


def session(tx: Tx, session_id: str) -> Any:
    """The row of a session, or None."""
    return tx.first(select(card_sessions).where(card_sessions.c.id == session_id))


def add_session(tx: Tx, values: dict[str, object]) -> bool:
    """Write a new session; False when there is one of that id (waits for one that is just being written)."""
    make = sqlite_insert if tx.dialect == "sqlite" else pg_insert
    statement = make(card_sessions).values(**values).on_conflict_do_nothing(index_elements=[card_sessions.c.id])
    return tx.first(statement.returning(card_sessions.c.id)) is not None


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


def grant_of(tx: Tx, command_id: str) -> Any:
    """The grant of a command, or None."""
    return tx.first(select(grants).where(grants.c.command == command_id))


def add_grant(tx: Tx, values: dict[str, object]) -> None:
    """Write a new grant."""
    tx.execute(insert(grants).values(**values))


def use_grant(tx: Tx, grant_id: str, now: datetime) -> None:
    """Note that a grant's command has ended."""
    tx.execute(update(grants).where(grants.c.id == grant_id).values(used_at=now))
