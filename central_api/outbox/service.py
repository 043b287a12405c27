"""Writes down what other programs are to be told, in the transaction of what happened: neither is without the other (A16).

What moves points is not written here: the ledger's entries are its events, whoever books them, and are handed on as they
are sealed (`integrations.webhooks.relay`). So a redemption pays nothing for it, and no second row can say something else.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal, TypeAlias, get_args

from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from central_api.db import Tx
from central_api.outbox.tables import outbox_events

Kind: TypeAlias = Literal[
    "points.earned",
    "points.spent",
    "points.returned",
    "points.taken-back",
    "points.expired",
    "points.adjusted",
    "points.expiring",
    "tier.changed",
    "member.joined",
    "member.told",
    "bill.booked",
    "bill.refunded",
    "ping",
]
KINDS: tuple[Kind, ...] = get_args(Kind)
LONGEST_ID = 96


def tell(
    tx: Tx,
    kind: Kind,
    event_id: str,
    at: datetime,
    *,
    member: str = "",
    store: str = "",
    facts: Mapping[str, int | str] | None = None,
) -> bool:
    """Note an event, and say whether it is new; noted again under the same id it stays one.

    Args:
        tx: the unit of work of what happened.
        kind: what happened.
        event_id: the same for the same event, for ever, such as `tier-<id of the change>`; at most `LONGEST_ID` characters.
        at: when it happened.
        member: id, or empty.
        store: slug, or empty for what is no store's.
        facts: slugs and whole numbers, never personal data (X2).
    """
    make = sqlite_insert if tx.dialect == "sqlite" else pg_insert
    values = {"id": event_id, "kind": kind, "member": member, "store": store, "at": at, "facts": dict(facts or {})}
    statement = make(outbox_events).values(**values).on_conflict_do_nothing(index_elements=[outbox_events.c.id])
    return tx.first(statement.returning(outbox_events.c.arrival)) is not None
