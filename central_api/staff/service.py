"""Signs staff in and out: password, lock-out, second factor, sessions on the server (C1).

A session's token is 256 random bits; the database holds only its SHA-256, so that who reads the database cannot sign in.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from central_api.db import Database, Tx
from central_api.security.passwords import Passwords
from central_api.staff import audit, repository, totp
from club.model import errors
from club.model.text import Text

TRIES = 5
LOCK = timedelta(minutes=15)
LONGEST_SESSION = timedelta(hours=12)
SECOND_STEP = timedelta(minutes=5)
"""How long the digits are awaited."""
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
class Account:
    """What somebody signs in by."""

    number: str
    password: str
    locked_until: datetime | None
    totp_secret: str | None


@dataclass(frozen=True, slots=True)
class Entered:
    """The first step was right: `token` is a session's, or stands for the digits that are still awaited."""

    token: str
    awaits_digits: bool = False


def sign_in(db: Database, passwords: Passwords, *, number: str, password: str, now: datetime, minutes: int) -> Entered:
    """The first step: number and password. Opens a session, or asks for the digits of whoever has an authenticator.

    Wrong tries are counted in a transaction of their own: the refusal does not undo the count.

    Args:
        db: the database.
        passwords: checks the hash on its own threads.
        number: the staff number.
        password: as typed.
        now: the instant.
        minutes: how long a session lives without a request.

    Raises:
        SignInWrong: number or password are not right, or too many wrong tries lock the account. Which of them is not told, by
            facts, by words or by the time it takes: whoever tries numbers one by one learns of none that it exists.
        Unavailable: too many sign in at this moment.
    """
    try:
        account = check_password(db, passwords, number, password, now)
    except errors.SignInWrong:
        raise errors.SignInWrong("number or password is not right, or the account is locked") from None
    with db.write() as tx:
        if account.totp_secret:
            return Entered(_await_digits(tx, number, now), awaits_digits=True)
        return Entered(_open(tx, number, now, minutes))


def check_password(db: Database, passwords: Passwords, number: str, password: str, now: datetime) -> Account:
    """The account of a number whose password this is.

    Raises:
        SignInWrong: it is not, counted; facts: tries_left. While the account is locked: facts locked (minutes left).
            For who is signed in already: a stranger is not to be told these facts.
    """
    with db.read() as tx:
        account = _account(tx, number)
    # Also while it is locked: an answer that came sooner would tell that the number exists.
    right = passwords.matches_for_stranger(account.password if account else _NOBODY, password)
    tries_left, locked_for = TRIES - 1, 0
    with db.write() as tx:
        # Read again: many tries at once must not slip past the lock while their hashes are worked out.
        current = _account(tx, number)
        if account is None or current is None:
            audit.record(tx, actor="system", act="console.sign-in-refused", subject="staff:unknown", now=now)
        elif current.locked_until is not None and current.locked_until > now:
            tries_left, locked_for = 0, _minutes(current.locked_until - now)
        elif right:
            return current
        else:
            tries_left, locked_for = count_fail(tx, number, now)
    raise _wrong(tries_left, locked_for)


def awaited(tx: Tx, token: str, now: datetime) -> Person | None:
    """Whose digits are awaited after the first step, None when nobody's are any more."""
    row = repository.challenged(tx, _digest(token), now)
    return None if row is None else _person(row)


def second_step(db: Database, *, token: str, digits: str, now: datetime, minutes: int) -> str:
    """Open a session for whoever did the first step and types the digits of their authenticator; the session's token.

    Raises:
        SessionEnded: the first step is too long ago.
        SignInWrong: the digits are wrong or were used; counted like wrong passwords. Facts: tries_left, locked.
    """
    with db.write() as tx:
        row = repository.challenged(tx, _digest(token), now)
        if row is None:
            raise errors.SessionEnded("the first step is too long ago; sign in again")
        if row.locked_until is not None and row.locked_until > now:
            tries_left, locked_for = 0, _minutes(row.locked_until - now)
        else:
            counter = totp.counter_of(row.totp_secret, digits, now) if row.totp_secret else 0
            if counter and totp.take(tx, row.number, counter):
                forget_first_step(tx, token)
                return _open(tx, row.number, now, minutes)
            tries_left, locked_for = count_fail(tx, row.number, now)
    raise _wrong(tries_left, locked_for)


def forget_first_step(tx: Tx, token: str) -> None:
    """End what the first step began: somebody else wants to sign in."""
    repository.end_challenge(tx, _digest(token))


def session(tx: Tx, token: str, now: datetime) -> Session | None:
    """The session of a cookie's token, None when there is none, it has ended, or the person left."""
    row = repository.session_with_person(tx, _digest(token))
    if row is None or row.expires_at <= now or not row.active:
        return None
    return Session(_person(row), row.csrf, row.token_sha256, row.seen_at)


def keep_alive(tx: Tx, token_sha256: str, now: datetime, minutes: int) -> None:
    """Let a session live on after a request, at most twelve hours from its start; call it once in `SEEN_EVERY`."""
    row = repository.session(tx, token_sha256)
    if row is None:
        return
    until = min(now + timedelta(minutes=minutes), row.created_at + LONGEST_SESSION)
    repository.change_session(tx, token_sha256, {"seen_at": now, "expires_at": until})


def sign_out(tx: Tx, found: Session, now: datetime) -> None:
    """End a session."""
    repository.end_session(tx, found.token_sha256)
    audit.record(tx, actor=found.person.actor, act="console.sign-out", subject=found.person.actor, now=now)


def names(tx: Tx) -> dict[str, str]:
    """How each actor of the log is called."""
    return {f"staff:{row.number}": row.name for row in repository.names(tx)}


def person_of(tx: Tx, number: str) -> Person | None:
    """Somebody who works here, None when nobody with this number does."""
    row = repository.active(tx, number)
    return None if row is None else _person(row)


def set_password(tx: Tx, passwords: Passwords, number: str, password: str, now: datetime, *, by: str) -> None:
    """Give somebody a new password; their sessions end, their lock and their authenticator are taken off.

    Raises:
        NotFound: no such staff number.
    """
    anew: dict[str, object] = {"fails": 0, "locked_until": None, "totp_secret": None, "totp_pending": None}
    if not repository.change(tx, number, {"password": passwords.hash(password), **anew}):
        raise errors.NotFound(f"expected a staff number, found {number!r} that nobody has", kind="staff", id=number)
    repository.end_everything_of(tx, number)
    audit.record(tx, actor=by, act="staff.password", subject=f"staff:{number}", now=now)


def _person(row: Any) -> Person:
    return Person(
        number=row.number,
        name=row.name,
        job=Text(row.job["zh"], row.job.get("en", "")),
        roles=tuple(row.roles),
        stores=tuple(row.stores),
        language=row.language,
    )


def _account(tx: Tx, number: str) -> Account | None:
    row = repository.active(tx, number)
    if row is None or row.password is None:
        return None
    return Account(row.number, row.password, row.locked_until, row.totp_secret)


def _open(tx: Tx, number: str, now: datetime, minutes: int) -> str:
    token, csrf = secrets.token_urlsafe(32), secrets.token_urlsafe(24)
    repository.forget_sessions(tx, now)
    repository.change(tx, number, {"fails": 0, "locked_until": None})
    values = {
        "token_sha256": _digest(token),
        "staff": number,
        "csrf": csrf,
        "created_at": now,
        "seen_at": now,
        "expires_at": now + timedelta(minutes=minutes),
    }
    repository.add_session(tx, values)
    audit.record(tx, actor=f"staff:{number}", act="console.sign-in", subject=f"staff:{number}", now=now)
    return token


def count_fail(tx: Tx, number: str, now: datetime) -> tuple[int, int]:
    """Count one wrong try; how many are left, and for how many minutes the account is locked (0: it is not)."""
    fails = repository.add_fail(tx, number)
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
    repository.change(tx, number, {"fails": 0, "locked_until": now + LOCK})
    return 0, _minutes(LOCK)


def _await_digits(tx: Tx, number: str, now: datetime) -> str:
    token = secrets.token_urlsafe(32)
    repository.forget_challenges(tx, now)
    repository.add_challenge(tx, {"token_sha256": _digest(token), "staff": number, "expires_at": now + SECOND_STEP})
    return token


def _wrong(tries_left: int, locked_for: int) -> errors.SignInWrong:
    if locked_for:
        return errors.SignInWrong("too many wrong tries", locked=locked_for, tries_left=0)
    return errors.SignInWrong("wrong password or digits", tries_left=tries_left)


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _minutes(span: timedelta) -> int:
    return max(1, -(-int(span.total_seconds()) // 60))
