"""Queries of what staff are to a kiosk: their cards, their PINs, the sessions they open there (K12)."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from central_api.db import Tx
from central_api.staff.tables import kiosk_staff_sessions, staff, staff_cards, staff_pins


def card(tx: Tx, uid: str) -> Any:
    """The staff card of a UID (upper-case hex), or None."""
    return tx.first(select(staff_cards).where(staff_cards.c.uid == uid))


def add_card(tx: Tx, values: Mapping[str, object]) -> None:
    """Write a new staff card."""
    tx.execute(insert(staff_cards).values(**values))


def change_card(tx: Tx, card_id: str, values: Mapping[str, object]) -> None:
    """Change a staff card."""
    tx.execute(update(staff_cards).where(staff_cards.c.id == card_id).values(**values))


def raise_counter(tx: Tx, card_id: str, counter: int) -> bool:
    """Move a staff card's counter up to `counter`; False when it was there or above."""
    fits = (staff_cards.c.id == card_id, staff_cards.c.last_counter < counter)
    return tx.execute(update(staff_cards).where(*fits).values(last_counter=counter)).rowcount == 1


def pin(tx: Tx, number: str) -> Any:
    """The row of somebody's PIN, locked until the end, or None."""
    return tx.first(select(staff_pins).where(staff_pins.c.staff == number).with_for_update())


def put_pin(tx: Tx, values: Mapping[str, object]) -> None:
    """Write somebody's PIN anew."""
    make = sqlite_insert if tx.dialect == "sqlite" else pg_insert
    statement = make(staff_pins).values(**values)
    tx.execute(statement.on_conflict_do_update(index_elements=[staff_pins.c.staff], set_=dict(values)))


def change_pin(tx: Tx, number: str, values: Mapping[str, object]) -> None:
    """Change the counting of somebody's PIN."""
    tx.execute(update(staff_pins).where(staff_pins.c.staff == number).values(**values))


def session(tx: Tx, session_id: str) -> Any:
    """The row of a session, or None."""
    return tx.first(select(kiosk_staff_sessions).where(kiosk_staff_sessions.c.id == session_id))


def add_session(tx: Tx, values: Mapping[str, object]) -> None:
    """Write a new session."""
    tx.execute(insert(kiosk_staff_sessions).values(**values))


def change_session(tx: Tx, session_id: str, values: Mapping[str, object]) -> None:
    """Change a session's row."""
    tx.execute(update(kiosk_staff_sessions).where(kiosk_staff_sessions.c.id == session_id).values(**values))


def working(tx: Tx, number: str) -> Any:
    """The row of somebody who works here, or None."""
    return tx.first(select(staff).where(staff.c.number == number, staff.c.active))


def is_good(tx: Tx, card_id: str) -> bool:
    """Whether a staff card is in use."""
    fits = (staff_cards.c.id == card_id, staff_cards.c.state == "active")
    return tx.first(select(staff_cards.c.id).where(*fits)) is not None
