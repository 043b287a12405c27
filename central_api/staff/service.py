"""Signs staff in and out: password, lock-out, second factor, sessions on the server (C1).

A session's token is 256 random bits; the database holds only its SHA-256, so that who reads the database cannot sign in.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

import pyotp
from sqlalchemy import delete, insert, select, update

from central_api.db import Database, Tx
from central_api.security.passwords import Passwords
from central_api.staff import audit
from central_api.staff.tables import staff, staff_sessions
from club.model import errors
from club.model.text import Text

TRIES = 5
LOCK = timedelta(minutes=15)
LONGEST_SESSION = timedelta(hours=12)
_TOTP_STEP_S = 30
SEEN_EVERY = timedelta(minutes=1)
"""How often a session's life is written: not with every request."""
# What is checked for a number nobody has: the answer takes as long as for one somebody has.
_NOBODY = "$argon2id$v=19$m=19456,t=2,p=1$LpK3wgEMU14nG1jFtqIxTg$pV2F+qS/WeHmbFjv/BRRU9OczLTUGgvHHL0fjZWyk8A"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody of the staff, as pages greet them."""

    number: str
    name: str
    job: Text
    roles: tuple[str, ...]
    stores: tuple[str, ...]
    language: str

    @property
    def actor(self) -> str:
        """How the log of acts names them."""
        return f"staff:{self.number}"


@dataclass(frozen=True, slots=True)
class Session:
    """An open session; `csrf` goes into each form of its pages."""

    person: Person
    csrf: str
    token_sha256: str
    seen_at: datetime


@dataclass(frozen=True, slots=True)
class _Account:
    number: str
    password: str
    fails: int
    locked_until: datetime | None
    totp_secret: str | None
    totp_used: int


def sign_in(
    db: Database, passwords: Passwords, *, number: str, password: str, totp: str, now: datetime, minutes: int
) -> str:
    """Open a session and return its token, for the cookie.

    Wrong tries are counted in a transaction of their own: the refusal does not undo the count.

    Args:
        db: the database.
        passwords: checks the hash on its own threads.
        number: the staff number.
        password: as typed.
        totp: the six digits of the authenticator, empty for who has none.
        now: the instant.
        minutes: how long a session lives without a request.

    Raises:
        SignInWrong: number, password or digits are not right (which of them is not said); facts: tries_left.
            While locked: facts locked (minutes left).
    """
    with db.read() as tx:
        account = _account(tx, number)
    locked = account.locked_until if account else None
    if locked is not None and locked > now:
        raise errors.SignInWrong("too many wrong tries", locked=_minutes(locked - now), tries_left=0)
    right = passwords.matches(account.password if account else _NOBODY, password)
    counter = _totp_counter(account, totp, now) if account and right else 0
    tries_left, locked_for = TRIES - 1, 0
    with db.write() as tx:
        # Read again: many tries at once must not slip past the lock while their hashes are worked out.
        current = _account(tx, number)
        if account is None or current is None:
            audit.record(tx, actor="system", act="console.sign-in-refused", subject="staff:unknown", now=now)
        elif current.locked_until is not None and current.locked_until > now:
            tries_left, locked_for = 0, _minutes(current.locked_until - now)
        elif right and (not account.totp_secret or (counter and _take_totp(tx, number, counter))):
            return _open(tx, number, now, minutes)
        else:
            tries_left, locked_for = _count_fail(tx, number, now)
    if locked_for:
        raise errors.SignInWrong("too many wrong tries", locked=locked_for, tries_left=0)
    raise errors.SignInWrong("wrong password or digits", tries_left=tries_left)


def session(tx: Tx, token: str, now: datetime) -> Session | None:
    """The session of a cookie's token, None when there is none, it has ended, or the person left."""
    row = tx.first(
        select(staff_sessions, staff)
        .join(staff, staff.c.number == staff_sessions.c.staff)
        .where(staff_sessions.c.token_sha256 == _digest(token))
    )
    if row is None or row.expires_at <= now or not row.active:
        return None
    person = Person(
        number=row.number,
        name=row.name,
        job=Text(row.job["zh"], row.job.get("en", "")),
        roles=tuple(row.roles),
        stores=tuple(row.stores),
        language=row.language,
    )
    return Session(person, row.csrf, row.token_sha256, row.seen_at)


def keep_alive(tx: Tx, token_sha256: str, now: datetime, minutes: int) -> None:
    """Let a session live on after a request, at most twelve hours from its start; call it once in `SEEN_EVERY`."""
    row = tx.first(select(staff_sessions).where(staff_sessions.c.token_sha256 == token_sha256))
    if row is None:
        return
    until = min(now + timedelta(minutes=minutes), row.created_at + LONGEST_SESSION)
    tx.execute(
        update(staff_sessions)
        .where(staff_sessions.c.token_sha256 == token_sha256)
        .values(seen_at=now, expires_at=until)
    )


def sign_out(tx: Tx, found: Session, now: datetime) -> None:
    """End a session."""
    tx.execute(delete(staff_sessions).where(staff_sessions.c.token_sha256 == found.token_sha256))
    audit.record(tx, actor=found.person.actor, act="console.sign-out", subject=found.person.actor, now=now)


def names(tx: Tx) -> dict[str, str]:
    """How each actor of the log is called."""
    return {f"staff:{row.number}": row.name for row in tx.rows(select(staff.c.number, staff.c.name))}


def set_password(tx: Tx, passwords: Passwords, number: str, password: str, now: datetime, *, by: str) -> None:
    """Give somebody a new password; their sessions end and their lock is lifted.

    Raises:
        NotFound: no such staff number.
    """
    changed = tx.execute(
        update(staff)
        .where(staff.c.number == number)
        .values(password=passwords.hash(password), fails=0, locked_until=None)
    )
    if not changed.rowcount:
        raise errors.NotFound(f"expected a staff number, found {number!r} that nobody has", kind="staff", id=number)
    tx.execute(delete(staff_sessions).where(staff_sessions.c.staff == number))
    audit.record(tx, actor=by, act="staff.password", subject=f"staff:{number}", now=now)


def _account(tx: Tx, number: str) -> _Account | None:
    row = tx.first(select(staff).where(staff.c.number == number, staff.c.active))
    if row is None or row.password is None:
        return None
    return _Account(row.number, row.password, row.fails, row.locked_until, row.totp_secret, row.totp_used)


def _open(tx: Tx, number: str, now: datetime, minutes: int) -> str:
    token, csrf = secrets.token_urlsafe(32), secrets.token_urlsafe(24)
    tx.execute(delete(staff_sessions).where(staff_sessions.c.expires_at <= now))
    tx.execute(update(staff).where(staff.c.number == number).values(fails=0, locked_until=None))
    tx.execute(
        insert(staff_sessions).values(
            token_sha256=_digest(token),
            staff=number,
            csrf=csrf,
            created_at=now,
            seen_at=now,
            expires_at=now + timedelta(minutes=minutes),
        )
    )
    audit.record(tx, actor=f"staff:{number}", act="console.sign-in", subject=f"staff:{number}", now=now)
    return token


def _count_fail(tx: Tx, number: str, now: datetime) -> tuple[int, int]:
    """Count one wrong try; how many are left, and for how many minutes the account is locked (0: it is not)."""
    fails = int(
        tx.scalar(
            update(staff).where(staff.c.number == number).values(fails=staff.c.fails + 1).returning(staff.c.fails)
        )
    )
    audit.record(
        tx,
        actor=f"staff:{number}",
        act="console.sign-in-refused",
        subject=f"staff:{number}",
        now=now,
        facts={"fails": fails},
    )
    if fails < TRIES:
        return TRIES - fails, 0
    tx.execute(update(staff).where(staff.c.number == number).values(fails=0, locked_until=now + LOCK))
    return 0, _minutes(LOCK)


def _totp_counter(account: _Account, digits: str, now: datetime) -> int:
    """The counter these digits belong to (RFC 6238, one step of drift), 0 when they are wrong or not asked for."""
    if not account.totp_secret:
        return 0
    totp = pyotp.TOTP(account.totp_secret)
    current = int(now.timestamp()) // _TOTP_STEP_S
    for counter in (current, current - 1, current + 1):
        if secrets.compare_digest(totp.generate_otp(counter), digits.strip().replace(" ", "")):
            return counter
    return 0


def _take_totp(tx: Tx, number: str, counter: int) -> bool:
    """Use up the digits of a counter; False when they, or later ones, were used before."""
    taken = tx.execute(
        update(staff).where(staff.c.number == number, staff.c.totp_used < counter).values(totp_used=counter)
    )
    return taken.rowcount == 1


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _minutes(span: timedelta) -> int:
    return max(1, -(-int(span.total_seconds()) // 60))
