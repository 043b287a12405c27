"""Queries of the staff, their sessions, and the first steps of signing in whose digits are awaited."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, select, update

from central_api.db import Tx
from central_api.staff.tables import staff, staff_challenges, staff_sessions


def active(tx: Tx, number: str) -> Any:
    """The row of somebody who works here, or None."""
    return tx.first(select(staff).where(staff.c.number == number, staff.c.active))


def totp(tx: Tx, number: str) -> Any:
    """Somebody's authenticator: `totp_secret` and `totp_pending`; None when nobody has the number."""
    return tx.first(select(staff.c.totp_secret, staff.c.totp_pending).where(staff.c.number == number))


def raise_totp(tx: Tx, number: str, counter: int) -> bool:
    """Move the counter of somebody's last digits up to `counter`; False when it was there or above."""
    statement = update(staff).where(staff.c.number == number, staff.c.totp_used < counter).values(totp_used=counter)
    return tx.execute(statement).rowcount == 1


def names(tx: Tx) -> Sequence[Any]:
    """Number and name of everybody, also of those who left."""
    return tx.rows(select(staff.c.number, staff.c.name))


def change(tx: Tx, number: str, values: Mapping[str, object]) -> bool:
    """Change somebody's row; False when nobody has the number."""
    return bool(tx.execute(update(staff).where(staff.c.number == number).values(**values)).rowcount)


def add_fail(tx: Tx, number: str) -> int:
    """Count one wrong try; how many there are now."""
    statement = update(staff).where(staff.c.number == number).values(fails=staff.c.fails + 1)
    return int(tx.scalar(statement.returning(staff.c.fails)))


def session_with_person(tx: Tx, token_sha256: str) -> Any:
    """The row of a session beside its person's, or None."""
    query = select(staff_sessions, staff).join(staff, staff.c.number == staff_sessions.c.staff)
    return tx.first(query.where(staff_sessions.c.token_sha256 == token_sha256))


def session(tx: Tx, token_sha256: str) -> Any:
    """The row of a session, or None."""
    return tx.first(select(staff_sessions).where(staff_sessions.c.token_sha256 == token_sha256))


def add_session(tx: Tx, values: Mapping[str, object]) -> None:
    """Write a new session."""
    tx.execute(insert(staff_sessions).values(**values))


def change_session(tx: Tx, token_sha256: str, values: Mapping[str, object]) -> None:
    """Change a session's row."""
    tx.execute(update(staff_sessions).where(staff_sessions.c.token_sha256 == token_sha256).values(**values))


def end_session(tx: Tx, token_sha256: str) -> None:
    """Take a session away."""
    tx.execute(delete(staff_sessions).where(staff_sessions.c.token_sha256 == token_sha256))


def forget_sessions(tx: Tx, now: datetime) -> None:
    """Clear away the sessions that are over."""
    tx.execute(delete(staff_sessions).where(staff_sessions.c.expires_at <= now))


def end_everything_of(tx: Tx, number: str) -> None:
    """Take away somebody's sessions and first steps."""
    tx.execute(delete(staff_sessions).where(staff_sessions.c.staff == number))
    tx.execute(delete(staff_challenges).where(staff_challenges.c.staff == number))


def challenged(tx: Tx, token_sha256: str, now: datetime) -> Any:
    """The row of somebody who works here and whose digits are awaited, or None."""
    query = select(staff).join(staff_challenges, staff_challenges.c.staff == staff.c.number)
    return tx.first(
        query.where(
            staff_challenges.c.token_sha256 == token_sha256, staff_challenges.c.expires_at > now, staff.c.active
        )
    )


def add_challenge(tx: Tx, values: Mapping[str, object]) -> None:
    """Write a first step whose digits are awaited."""
    tx.execute(insert(staff_challenges).values(**values))


def end_challenge(tx: Tx, token_sha256: str) -> None:
    """Take a first step away."""
    tx.execute(delete(staff_challenges).where(staff_challenges.c.token_sha256 == token_sha256))


def forget_challenges(tx: Tx, now: datetime) -> None:
    """Clear away the first steps that are too long ago."""
    tx.execute(delete(staff_challenges).where(staff_challenges.c.expires_at <= now))
