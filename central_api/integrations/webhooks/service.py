"""Adds, tries, repeats and removes webhooks (A15)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from central_api.context import Context
from central_api.db import Tx
from central_api.devices import repository as stores
from central_api.integrations.webhooks import addresses, relay, repository, sending, signing
from central_api.integrations.webhooks.sending import Outcome, Sender
from central_api.ledger.proof import sealing
from central_api.outbox.service import KINDS
from central_api.staff import audit
from club.model import errors

_ID_LENGTH = 16
_BY = "system"


@dataclass(frozen=True, slots=True)
class Added:
    """A new webhook and the secret its receiver checks signatures with."""

    id: str
    secret: str


def add(context: Context, url: str, kinds: Sequence[str] = (), store: str | None = None) -> Added:
    """Add a webhook; it is told of what happens from now on.

    Args:
        context: the service's parts.
        url: where it is sent.
        kinds: of events; empty: all.
        store: events of this store alone; None: of all.

    Raises:
        ValueError: a URL nothing may be sent to, or an unknown kind.
        NotFound: there is no such store.
    """
    addresses.must_be_allowed(url, context.settings.webhooks.private_hosts)
    unknown = sorted(set(kinds) - set(KINDS))
    if unknown:
        raise ValueError(f"expected kinds out of {', '.join(KINDS)}, found {', '.join(unknown)}")
    now, webhook = context.clock.now(), f"wh-{context.new_id()[-_ID_LENGTH:]}"
    values = {
        "id": webhook,
        "url": url,
        "kinds": sorted(set(kinds)),
        "store": store,
        "active": True,
        "head": 0,
        "made_at": now,
        "made_by": _BY,
    }
    # What happened before is not for it, also where its entries still wait for their seals: after a large import, say.
    while sealing.seal(context.db):
        pass
    while relay.hand_on(context.db, now):
        pass
    with context.db.write() as tx:
        if store is not None and stores.store(tx, store) is None:
            raise errors.NotFound(f"expected a store, found none named {store}", kind="store", id=store)
        repository.add(tx, values)
        audit.record(tx, actor=_BY, act="webhook.add", subject=f"webhook:{webhook}", now=now)
    return Added(webhook, signing.secret(context.keyring, webhook))


def remove(context: Context, webhook: str) -> None:
    """Take a webhook away; what waits for it is never sent, only what is on its way just then may still arrive.

    Raises:
        NotFound: there is no such webhook.
    """
    now = context.clock.now()
    with context.db.write() as tx:
        # Locked before anything is deleted: who hands events on for it is waited for, or finds it gone.
        _must_be_there(tx, webhook, lock=True)
        repository.forget(tx, webhook)
        audit.record(tx, actor=_BY, act="webhook.remove", subject=f"webhook:{webhook}", now=now)


def replay(context: Context, webhook: str, first: int | None = None) -> int:
    """Send again what is dead, or with `first` everything kept from that sequence on, and switch the webhook on again.

    Returns:
        How many deliveries wait anew.

    Raises:
        NotFound: there is no such webhook.
    """
    now = context.clock.now()
    states = ("dead",) if first is None else ("dead", "delivered")
    with context.db.write() as tx:
        # Webhook first, deliveries behind it: the order in which senders lock them.
        _must_be_there(tx, webhook, lock=True)
        count = repository.wait_again(tx, webhook, states, first or 0, now)
        repository.change(tx, webhook, {"active": True})
        audit.record(tx, actor=_BY, act="webhook.replay", subject=f"webhook:{webhook}", now=now, facts={"rows": count})
    return count


def ping(context: Context, webhook: str, sender: Callable[[], Sender] | None = None) -> Outcome:
    """Send one event of kind `ping` at once, past the queue; how it ended.

    Raises:
        NotFound: there is no such webhook.
    """
    with context.db.read() as tx:
        row = _must_be_there(tx, webhook)
    now: datetime = context.clock.now()
    event = relay.Event(f"ping-{context.new_id()}", "ping", "", row.store or "", now, {})
    body = relay.body_of(event, 0)
    found = sender() if sender else sending.Sender(context.settings.webhooks)
    try:
        signature = signing.sign(signing.secret(context.keyring, webhook), body, now)
        return found.send(row.url, body, {signing.HEADER: signature, "Club-Event": "ping", "Club-Event-Id": event.id})
    finally:
        found.close()


def lines(context: Context) -> list[str]:
    """A line for each webhook: id, on or off, sent, waiting, dead, store, kinds, URL."""
    with context.db.read() as tx:
        rows = repository.counted(tx)
    return [
        "  ".join(
            (
                row.id,
                "on" if row.active else "off",
                f"made={row.head}",
                f"waiting={row.waiting}",
                f"dead={row.dead}",
                row.store or "group",
                ",".join(row.kinds) or "all",
                row.url,
            )
        )
        for row in rows
    ]


def _must_be_there(tx: Tx, webhook: str, *, lock: bool = False) -> Any:
    row = repository.find(tx, webhook, lock=lock)
    if row is None:
        raise errors.NotFound(f"expected the id of a webhook, found {webhook[:64]!r}", kind="webhook", id=webhook[:64])
    return row
