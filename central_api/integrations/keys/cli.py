"""`central-api api-keys`: makes a key, lists them, ends one."""

from collections.abc import Iterator

from central_api.context import Context
from central_api.integrations.keys import repository, service
from central_api.integrations.keys.service import Wish

_BY = "system"  # whoever may run the server's own command line


def new(context: Context, wish: Wish) -> str:
    """Make a key; returned whole, and kept nowhere.

    Raises:
        ValueError: see `service.make`.
        NotFound: the same.
    """
    with context.db.write() as tx:
        return service.make(tx, wish, context.clock.now(), by=_BY, random_below=context.random_below)


def revoke(context: Context, key_id: str) -> None:
    """End a key.

    Raises:
        NotFound: there is no such key.
    """
    with context.db.write() as tx:
        service.revoke(tx, key_id, context.clock.now(), by=_BY)


def lines(context: Context) -> Iterator[str]:
    """A line for each key: id, state, source, store, scopes, last use, name."""
    now = context.clock.now()
    with context.db.read() as tx:
        rows = repository.keys(tx)
    for row in rows:
        used = "never" if row.used_at is None else row.used_at.isoformat(timespec="minutes")
        yield "  ".join(
            (row.id, service.state(row, now), row.source, row.store or "group", ",".join(row.scopes), used, row.name)
        )
