"""Makes, revokes and recognises keys of other programs (A15): shown once, kept as SHA-256, found by their open part.

A key is `xck_<id>_<secret>`: the id finds its row and may stand in logs, the secret is 256 random bits, so that a plain
hash of it cannot be turned back and no guess succeeds. Wrong ones are limited all the same, for what they cost.
"""

import hashlib
import hmac
import re
from base64 import urlsafe_b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NoReturn

from central_api.db import Database, Tx
from central_api.devices import repository as stores
from central_api.integrations.keys import guesses, repository, scopes
from central_api.staff import audit
from club.model import errors

MARK = "xck"
WRONG_KEYS = 10
SEEN_EVERY = timedelta(minutes=1)
"""How often a key's last use is written: not with every request."""
_SYMBOLS = "abcdefghijkmnpqrstuvwxyz23456789"
_ID_LENGTH = 12
_SOURCE = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")
_LONGEST_ADDRESS = 64
_NOBODY = "0" * 64


@dataclass(frozen=True, slots=True)
class Client:
    """A program that calls with a key: `source` names whose numbers it sends, `store` is None for the whole group."""

    key: str
    source: str
    store: str | None
    scopes: frozenset[str]

    @property
    def actor(self) -> str:
        """How the log of acts names it."""
        return f"key:{self.key}"

    def must_serve(self, store: str) -> None:
        """Refuse a store that is not the key's.

        Raises:
            NotAllowed: the key is another store's.
        """
        if self.store is not None and store != self.store:
            raise errors.NotAllowed(f"expected the key's store {self.store}, found {store}", needs=self.store)


@dataclass(frozen=True, slots=True)
class Wish:
    """A key to be made; `days` None: it is good until revoked."""

    name: str
    source: str
    scopes: Sequence[str]
    store: str | None = None
    days: int | None = None


def make(tx: Tx, wish: Wish, now: datetime, *, by: str, random_below: Callable[[int], int]) -> str:
    """Make a key and return it whole; nobody can see it again.

    Raises:
        ValueError: an unknown scope or none, no name, or a life that is not 1 to 3650 days.
        NotFound: there is no such store.
    """
    unknown = sorted(set(wish.scopes) - set(scopes.ALL))
    if unknown or not wish.scopes:
        raise ValueError(f"expected scopes out of {', '.join(scopes.ALL)}, found {', '.join(unknown) or 'none'}")
    if not 1 <= len(wish.name) <= 64 or not wish.name.isprintable():
        raise ValueError(f"expected a name of 1 to 64 printable characters, found {len(wish.name)}")
    if _SOURCE.fullmatch(wish.source) is None:
        raise ValueError(f"expected a source such as dms-east, of at most 32 a-z, 0-9 and -, found {wish.source!r}")
    if wish.days is not None and not 1 <= wish.days <= 3650:
        raise ValueError(f"expected a life of 1 to 3650 days, found {wish.days}")
    if wish.store is not None and stores.store(tx, wish.store) is None:
        raise errors.NotFound(f"expected a store, found none named {wish.store}", kind="store", id=wish.store)
    key_id = "".join(_SYMBOLS[random_below(len(_SYMBOLS))] for _ in range(_ID_LENGTH))
    secret = urlsafe_b64encode(random_below(2**256).to_bytes(32)).rstrip(b"=").decode("ascii")
    values = {
        "id": key_id,
        "name": wish.name,
        "source": wish.source,
        "scopes": sorted(set(wish.scopes)),
        "store": wish.store,
        "secret_sha256": _hash(secret),
        "made_at": now,
        "made_by": by,
        "expires_at": None if wish.days is None else now + timedelta(days=wish.days),
    }
    repository.add_key(tx, values)
    audit.record(tx, actor=by, act="key.make", subject=f"key:{key_id}", now=now, facts={"source": wish.source})
    return f"{MARK}_{key_id}_{secret}"


def revoke(tx: Tx, key_id: str, now: datetime, *, by: str) -> None:
    """End a key; ended again, it changes nothing.

    Raises:
        NotFound: there is no such key.
    """
    row = repository.key(tx, key_id)
    if row is None:
        raise errors.NotFound(f"expected the id of a key, found {key_id[:64]!r}", kind="key", id=key_id[:64])
    if row.revoked_at is None:
        repository.change_key(tx, key_id, {"revoked_at": now})
        audit.record(tx, actor=by, act="key.revoke", subject=f"key:{key_id}", now=now)


def state(row: Any, now: datetime) -> str:
    """What a key's row is: `good`, `expired` or `revoked`."""
    if row.revoked_at is not None:
        return "revoked"
    return "expired" if row.expires_at is not None and row.expires_at <= now else "good"


def recognise(db: Database, authorization: str, now: datetime, *, address: str) -> Client:
    """Whose key a request carries. Writes only when the key was wrong, or its last use is a minute old.

    Args:
        db: the database.
        authorization: the request's header of that name: `Bearer xck_…`.
        now: the instant.
        address: the network address it came from.

    Raises:
        KeyWrong: no key, no such key, another secret, or a key whose time is over (facts: reason).
        TooManyGuesses: many wrong ones came from there; a right key is let in all the same.
    """
    key_id, secret = _parts(authorization)
    with db.read() as tx:
        row = repository.key(tx, key_id) if key_id else None
    right = hmac.compare_digest(_hash(secret), _NOBODY if row is None else row.secret_sha256)
    if row is None or not right:
        _refuse_wrong(db, now, address[:_LONGEST_ADDRESS] or "unknown")
    found = state(row, now)
    if found != "good":
        raise errors.KeyWrong(f"expected a key that is good, found one that is {found}; make a new one", reason=found)
    if row.used_at is None or now - row.used_at >= SEEN_EVERY:
        with db.write() as tx:
            repository.change_key(tx, key_id, {"used_at": now})
    return Client(key_id, row.source, row.store, frozenset(row.scopes))


def _refuse_wrong(db: Database, now: datetime, address: str) -> NoReturn:
    guesses.must_be_few(db, address, WRONG_KEYS, now, "keys from one address")
    guesses.count(db, address, now)
    raise errors.KeyWrong(f"expected a key as `Authorization: Bearer {MARK}_…`, found none or a wrong one")


def _parts(authorization: str) -> tuple[str, str]:
    scheme, _, token = authorization.partition(" ")
    mark, _, rest = token.strip().partition("_")
    key_id, _, secret = rest.partition("_")
    if scheme.lower() != "bearer" or mark != MARK or len(key_id) != _ID_LENGTH or not key_id.isascii():
        return "", ""
    return (key_id, secret) if key_id.isalnum() else ("", "")


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
