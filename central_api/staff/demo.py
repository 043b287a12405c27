"""Loads the demo staff, each with a password made now; who is there already keeps theirs."""

import secrets
from collections.abc import Mapping
from typing import Any

from sqlalchemy import insert, select

from central_api.db import Tx
from central_api.security.passwords import Passwords
from central_api.staff.tables import staff

_SYMBOLS = "abcdefghjkmnpqrstuvwxyz23456789"  # none that look alike
_LENGTH = 10


def load(tx: Tx, passwords: Passwords, content: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """Load the people of `staff.toml`.

    Args:
        tx: the unit of work.
        passwords: makes the hashes.
        content: the parsed file.

    Returns:
        Number, name and password of everybody who is new; the passwords are kept nowhere else.
    """
    known = {row.number for row in tx.rows(select(staff.c.number))}
    new = [person for person in content["staff"] if person["number"] not in known]
    made = [new_password() for _ in new]
    for person, password in zip(new, passwords.hash_all(made), strict=True):
        tx.execute(
            insert(staff).values(
                number=person["number"],
                slug=person["slug"],
                name=person["zh"],
                job={"zh": person["job_zh"], "en": person["job_en"]},
                roles=person["roles"],
                stores=person["stores"],
                language=person["language"],
                active=True,
                password=password,
                fails=0,
                locked_until=None,
                totp_secret=None,
                totp_used=0,
            )
        )
    return [(person["number"], person["zh"], password) for person, password in zip(new, made, strict=True)]


def new_password() -> str:
    """A random password one can type: ten letters and digits, some 49 bits."""
    return "".join(secrets.choice(_SYMBOLS) for _ in range(_LENGTH))
