"""Who sends for a webhook, and who hands events on: one at a time, also where one was held up for long (A15, A16)."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from central_api import background
from central_api.context import Context
from central_api.db import Tx
from central_api.integrations.tables import webhook_deliveries, webhooks
from central_api.integrations.webhooks import relay, service
from central_api.integrations.webhooks import repository as queries
from central_api.integrations.webhooks.delivery import Deliverer
from central_api.integrations.webhooks.sending import Outcome, Sender
from central_api.ledger.proof import sealing
from central_api.outbox import service as outbox
from central_api.outbox.tables import outbox_events, outbox_seals
from tests.support.central import Club

URL = "https://dms.example.com/club"
TAKEN, NOT_TAKEN = Outcome(True, False, "status 200"), Outcome(False, False, "ReadTimeout")


@pytest.fixture
def quiet(club: Club, monkeypatch: pytest.MonkeyPatch) -> Club:
    """A club whose running service sends nothing by itself, with nothing left to be told."""
    monkeypatch.setattr(background, "HAND_ON_S", 3600.0)
    while sealing.seal(club.context.db):
        pass
    while relay.hand_on(club.context.db, club.clock.now()):
        pass
    return club


class Answering(Sender):
    """Sends nothing; something happens meanwhile, and then it says how it ended."""

    def __init__(self, context: Context, outcome: Outcome, meanwhile: Any = None) -> None:
        super().__init__(context.settings.webhooks)
        self._outcome, self._meanwhile = outcome, meanwhile

    def send(self, url: str, body: bytes, headers: Any) -> Outcome:
        """As told."""
        if self._meanwhile is not None:
            self._meanwhile()
        return self._outcome


def tell(context: Context, *numbers: int) -> None:
    with context.db.write() as tx:
        for number in numbers:
            outbox.tell(tx, "tier.changed", f"tier-{number}", context.clock.now(), store="east")


def deliveries(context: Context) -> list[tuple[int, str, int]]:
    with context.db.read() as tx:
        rows = tx.rows(select(webhook_deliveries).order_by(webhook_deliveries.c.sequence))
    return [(row.sequence, row.state, row.tries) for row in rows]


@pytest.mark.parametrize("said", [NOT_TAKEN, TAKEN, Outcome(False, True, "status 410")])
def test_one_who_was_held_up_beyond_its_turn_changes_nothing_of_what_others_did(quiet: Club, said: Outcome) -> None:
    context = quiet.context
    added = service.add(context, URL)
    tell(context, 1, 2)
    relay.hand_on(context.db, quiet.clock.now())

    def held_up() -> None:
        quiet.clock.forward(24 * 3600)
        assert Deliverer(context, sender=lambda: Answering(context, TAKEN)).deliver(added.id) == 2

    late = Deliverer(context, sender=lambda: Answering(context, said, held_up))
    assert late.deliver(added.id) == 0
    assert deliveries(context) == [(1, "delivered", 1), (2, "delivered", 1)]
    with context.db.read() as tx:
        assert queries.find(tx, added.id).active


def test_one_who_was_held_up_does_not_end_the_turn_of_who_sends_now(quiet: Club) -> None:
    context = quiet.context
    added = service.add(context, URL)
    tell(context, 1)
    relay.hand_on(context.db, quiet.clock.now())
    until = quiet.clock.now() + timedelta(days=2)

    def held_up() -> None:
        quiet.clock.forward(24 * 3600)
        with context.db.write() as tx:
            assert queries.claim(tx, added.id, quiet.clock.now(), until)

    Deliverer(context, sender=lambda: Answering(context, NOT_TAKEN, held_up)).deliver(added.id)
    with context.db.read() as tx:
        assert tx.scalar(select(webhooks.c.busy_until)) == until


def test_a_turn_goes_on_with_each_delivery_and_is_given_back(quiet: Club) -> None:
    context = quiet.context
    added = service.add(context, URL)
    tell(context, 1, 2, 3)
    relay.hand_on(context.db, quiet.clock.now())
    lease = timedelta(seconds=context.settings.webhooks.timeout_s * 4 + 30)
    slow = Answering(context, TAKEN, lambda: quiet.clock.forward(lease.total_seconds() - 1))
    assert Deliverer(context, sender=lambda: slow).deliver(added.id) == 3
    with context.db.read() as tx:
        assert tx.scalar(select(webhooks.c.busy_until)) is None


def test_what_happens_after_a_webhook_was_added_is_told_to_it_also_while_events_are_being_handed_on(
    quiet: Club, monkeypatch: pytest.MonkeyPatch
) -> None:
    context, asked = quiet.context, []
    with context.db.write() as tx:
        outbox.tell(tx, "tier.changed", "tier-0", context.clock.now(), store="east")
    row: dict[str, object] = {"id": "wh-1", "url": URL, "kinds": [], "store": None, "active": True, "head": 0}
    row |= {"made_at": context.clock.now(), "made_by": "test"}
    read = queries.waiting_events

    def added_meanwhile(tx: Tx, most: int) -> Sequence[Any]:
        asked.append(most)
        if most == relay.MOST and asked.count(most) == 1:
            if context.db.is_sqlite:  # one writes at a time there: it comes before or after
                queries.add(tx, row)
            else:
                with context.db.write() as other:
                    queries.add(other, row)
                tell(context, 1)
        return read(tx, most)

    monkeypatch.setattr(queries, "waiting_events", added_meanwhile)
    relay.hand_on(context.db, quiet.clock.now())
    if context.db.is_sqlite:
        tell(context, 1)
    relay.hand_on(context.db, quiet.clock.now())
    with context.db.read() as tx:
        told = {row.event for row in tx.rows(select(webhook_deliveries))}
        left = tx.rows(select(outbox_events).where(outbox_events.c.handed_on_at.is_(None)))
    assert "tier-1" in told
    assert not left


def test_handing_on_at_once_where_nobody_listens_is_no_error(quiet: Club) -> None:
    context = quiet.context
    with context.db.write() as tx:
        tx.execute(outbox_seals.delete())
    tell(context, 1, 2)
    with ThreadPoolExecutor(4) as pool:
        counts = list(pool.map(lambda _: relay.hand_on(context.db, quiet.clock.now()), range(4)))
    assert sum(counts) == 2
