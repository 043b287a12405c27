"""Queries of webhooks, of what they are sent, and of the events that wait to be handed on."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, case, delete, func, insert, literal, or_, select, text, update

from central_api.db import Tx
from central_api.devices.tables import stores
from central_api.integrations.tables import webhook_deliveries, webhooks
from central_api.ledger.tables import accounts, ledger_entries, ledger_postings, ledger_seals
from central_api.outbox.tables import outbox_events, outbox_seals

_HANDING_ON = int.from_bytes(b"hand-on", signed=True)
_WAITING = webhook_deliveries.c.state == "waiting"


def add(tx: Tx, values: Mapping[str, object]) -> None:
    """Write a new webhook."""
    tx.execute(insert(webhooks).values(**values))


def find(tx: Tx, webhook: str, *, lock: bool = False) -> Any:
    """The row of a webhook, or None; locked until the end when asked for."""
    query = select(webhooks).where(webhooks.c.id == webhook)
    return tx.first(query.with_for_update() if lock else query)


def change(tx: Tx, webhook: str, values: Mapping[str, object]) -> None:
    """Change a webhook's row."""
    tx.execute(update(webhooks).where(webhooks.c.id == webhook).values(**values))


def listening(tx: Tx, *, lock: bool = False) -> Sequence[Any]:
    """The webhooks that are sent to, by their ids; locked until the end when asked for."""
    query = select(webhooks).where(webhooks.c.active).order_by(webhooks.c.id)
    return tx.rows(query.with_for_update() if lock else query)


def counted(tx: Tx) -> Sequence[Any]:
    """Every webhook with how many deliveries wait and how many are dead, in the order they were added."""

    def number(state: str) -> Any:
        return func.coalesce(func.sum(case((webhook_deliveries.c.state == state, 1), else_=0)), 0).label(state)

    query = (
        select(webhooks, number("waiting"), number("dead"))
        .outerjoin(webhook_deliveries, webhook_deliveries.c.webhook == webhooks.c.id)
        .group_by(webhooks.c.id)
        .order_by(webhooks.c.made_at, webhooks.c.id)
    )
    return tx.rows(query)


def waiting_events(tx: Tx, most: int) -> Sequence[Any]:
    """Events that were not handed on, in the order of their arrival."""
    query = select(outbox_events).where(outbox_events.c.handed_on_at.is_(None))
    return tx.rows(query.order_by(outbox_events.c.arrival).limit(most))


def handed_on(tx: Tx, arrivals: Collection[int], now: datetime) -> None:
    """Note that events were handed on."""
    tx.execute(update(outbox_events).where(outbox_events.c.arrival.in_(arrivals)).values(handed_on_at=now))


def seal_cursors(tx: Tx) -> dict[str, int]:
    """How far the seals of each store were handed on."""
    return {row.store: int(row.sequence) for row in tx.rows(select(outbox_seals))}


def put_seal_cursors(tx: Tx, reached: Mapping[str, int]) -> None:
    """Note how far the seals of stores were handed on."""
    known = seal_cursors(tx)
    new = [{"store": store, "sequence": sequence} for store, sequence in reached.items() if store not in known]
    further = [{"of": store, "to": sequence} for store, sequence in reached.items() if store in known]
    if new:
        tx.execute(insert(outbox_seals), new)
    if further:
        moved = update(outbox_seals).where(outbox_seals.c.store == bindparam("of")).values(sequence=bindparam("to"))
        tx.execute(moved, further)


def last_seals(tx: Tx) -> dict[str, int]:
    """The sequence of the newest seal of every store that has one; entries of no store are under the empty name.

    A look at the index's end for each store: a grouped maximum would read all of it.
    """
    names = select(stores.c.slug).union_all(select(literal(""))).subquery()
    newest = select(func.max(ledger_seals.c.sequence)).where(ledger_seals.c.store == names.c.slug).scalar_subquery()
    rows = tx.rows(select(names.c.slug.label("store"), newest.label("sequence")))
    return {row.store: int(row.sequence) for row in rows if row.sequence is not None}


def sealed_after(tx: Tx, store: str, sequence: int, most: int) -> Sequence[Any]:
    """Entries of a store behind a seal, in their order, with what they moved on the member's accounts by track."""

    def moved(track: str) -> Any:
        return func.coalesce(func.sum(case((accounts.c.track == track, ledger_postings.c.amount), else_=0)), 0)

    some = (
        select(ledger_seals.c.sequence, ledger_seals.c.entry)
        .where(ledger_seals.c.store == store, ledger_seals.c.sequence > sequence)
        .order_by(ledger_seals.c.sequence)
        .limit(most)
        .subquery()
    )
    own = (accounts.c.id == ledger_postings.c.account) & accounts.c.member.is_not(None)
    query = (
        select(
            some.c.sequence,
            ledger_entries.c.id,
            ledger_entries.c.kind,
            ledger_entries.c.member,
            ledger_entries.c.at,
            ledger_entries.c.bill,
            ledger_entries.c.reverses,
            moved("points").label("points"),
            moved("tier").label("tier_points"),
        )
        .join(ledger_entries, ledger_entries.c.id == some.c.entry)
        .outerjoin(ledger_postings, ledger_postings.c.entry == ledger_entries.c.id)
        .outerjoin(accounts, own)
        .group_by(
            some.c.sequence,
            ledger_entries.c.id,
            ledger_entries.c.kind,
            ledger_entries.c.member,
            ledger_entries.c.at,
            ledger_entries.c.bill,
            ledger_entries.c.reverses,
        )
        .order_by(some.c.sequence)
    )
    return tx.rows(query)


def add_deliveries(tx: Tx, rows: Sequence[Mapping[str, object]]) -> None:
    """Write deliveries that wait."""
    if rows:
        tx.execute(insert(webhook_deliveries), list(rows))


def next_of(tx: Tx, webhook: str) -> Any:
    """The delivery of a webhook that comes next, or None."""
    query = select(webhook_deliveries).where(webhook_deliveries.c.webhook == webhook, _WAITING)
    return tx.first(query.order_by(webhook_deliveries.c.sequence).limit(1))


def due(tx: Tx, now: datetime) -> list[str]:
    """The webhooks nobody is sending for, whose next delivery is due."""
    free = or_(webhooks.c.busy_until.is_(None), webhooks.c.busy_until <= now)
    heads = (
        select(webhook_deliveries.c.webhook, func.min(webhook_deliveries.c.sequence).label("sequence"))
        .where(_WAITING)
        .group_by(webhook_deliveries.c.webhook)
        .subquery()
    )
    at_head = (webhook_deliveries.c.webhook == heads.c.webhook) & (webhook_deliveries.c.sequence == heads.c.sequence)
    query = (
        select(webhooks.c.id)
        .join(heads, heads.c.webhook == webhooks.c.id)
        .join(webhook_deliveries, at_head)
        .where(webhooks.c.active, free, webhook_deliveries.c.next_at <= now)
    )
    return [row.id for row in tx.rows(query.order_by(webhooks.c.id))]


def claim(tx: Tx, webhook: str, now: datetime, until: datetime) -> bool:
    """Take the right to send for a webhook until then; False when another process has it."""
    free = or_(webhooks.c.busy_until.is_(None), webhooks.c.busy_until <= now)
    statement = update(webhooks).where(webhooks.c.id == webhook, webhooks.c.active, free).values(busy_until=until)
    return tx.first(statement.returning(webhooks.c.id)) is not None


def renew(tx: Tx, webhook: str, held: datetime, until: datetime | None) -> bool:
    """Hold on to the right to send, or with None give it back; False when it is somebody else's by now: then nothing changes."""
    statement = update(webhooks).where(webhooks.c.id == webhook, webhooks.c.busy_until == held)
    return tx.first(statement.values(busy_until=until).returning(webhooks.c.id)) is not None


def lock_handing_on(tx: Tx) -> None:
    """Let one hand on at a time, also where nobody listens yet; on SQLite one writes at a time anyway."""
    if tx.dialect == "postgresql":
        tx.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _HANDING_ON})


def change_delivery(tx: Tx, delivery: int, values: Mapping[str, object]) -> None:
    """Change a delivery's row."""
    tx.execute(update(webhook_deliveries).where(webhook_deliveries.c.id == delivery).values(**values))


def wait_again(tx: Tx, webhook: str, states: Collection[str], first: int, now: datetime) -> int:
    """Let deliveries of these states from a sequence on be sent again; how many."""
    statement = update(webhook_deliveries).where(
        webhook_deliveries.c.webhook == webhook,
        webhook_deliveries.c.state.in_(states),
        webhook_deliveries.c.sequence >= first,
    )
    again = statement.values(state="waiting", tries=0, next_at=now, said="", ended_at=None)
    return int(tx.execute(again).rowcount)


def forget(tx: Tx, webhook: str) -> None:
    """Take a webhook away, with all that it was sent or was to be."""
    tx.execute(delete(webhook_deliveries).where(webhook_deliveries.c.webhook == webhook))
    tx.execute(delete(webhooks).where(webhooks.c.id == webhook))


def forget_before(tx: Tx, moment: datetime) -> int:
    """Clear away what was delivered, and events that were handed on, before a moment; dead deliveries stay. How many went."""
    delivered = (webhook_deliveries.c.state == "delivered") & (webhook_deliveries.c.ended_at < moment)
    gone = tx.execute(delete(webhook_deliveries).where(delivered)).rowcount
    return int(gone + tx.execute(delete(outbox_events).where(outbox_events.c.handed_on_at < moment)).rowcount)
