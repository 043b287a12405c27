"""Binds an authenticator to a member of the staff, and takes it off again: with the password, then with its own digits (C1)."""

from datetime import datetime

from central_api.db import Database, Tx
from central_api.security.passwords import Passwords
from central_api.staff import audit, repository, service, totp
from club.model import errors


def is_bound(tx: Tx, number: str) -> bool:
    """Whether somebody signs in with an authenticator."""
    return bool(_bound(tx, number))


def pending(tx: Tx, number: str) -> str:
    """The secret that waits to be proven, empty when none does."""
    row = repository.totp(tx, number)
    return "" if row is None else row.totp_pending or ""


def start(db: Database, passwords: Passwords, number: str, password: str, now: datetime) -> None:
    """Make a secret to be shown and proven; who sits at an open console without knowing its password gets none.

    Raises:
        SignInWrong: the password is not right, counted like a wrong sign-in; facts tries_left, or locked.
    """
    service.check_password(db, passwords, number, password, now)
    with db.write() as tx:
        repository.change(tx, number, {"totp_pending": totp.new_secret()})


def confirm(tx: Tx, number: str, digits: str, now: datetime) -> bool:
    """Bind the waiting secret when these digits prove that an authenticator has it; its digits are asked from now on."""
    secret = pending(tx, number)
    counter = totp.counter_of(secret, digits, now) if secret else 0
    if not counter:
        return False
    repository.change(tx, number, {"totp_secret": secret, "totp_pending": None, "totp_used": counter})
    audit.record(tx, actor=f"staff:{number}", act="staff.totp-bind", subject=f"staff:{number}", now=now)
    return True


def drop_pending(tx: Tx, number: str) -> None:
    """Forget a secret that was shown and not proven."""
    repository.change(tx, number, {"totp_pending": None})


def remove(db: Database, passwords: Passwords, number: str, password: str, digits: str, now: datetime) -> None:
    """Take the authenticator off again.

    Raises:
        SignInWrong: password or digits are not right, counted like a wrong sign-in.
    """
    service.check_password(db, passwords, number, password, now)
    with db.write() as tx:
        secret = _bound(tx, number)
        counter = totp.counter_of(secret, digits, now) if secret else 0
        refused: errors.SignInWrong | None = None
        if counter and totp.take(tx, number, counter):
            repository.change(tx, number, {"totp_secret": None, "totp_pending": None})
            audit.record(tx, actor=f"staff:{number}", act="staff.totp-remove", subject=f"staff:{number}", now=now)
        else:
            tries_left, locked = service.count_fail(tx, number, now)
            refused = errors.SignInWrong("wrong digits", tries_left=tries_left, locked=locked)
    if refused is not None:  # out here: the count is to stay
        raise refused


def _bound(tx: Tx, number: str) -> str:
    row = repository.totp(tx, number)
    return "" if row is None else row.totp_secret or ""
