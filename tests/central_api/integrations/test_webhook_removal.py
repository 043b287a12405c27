"""A webhook that is taken away while events are handed on, sent or repeated for it: nothing of it is left, nobody meets an error (A15)."""

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import func, select, text

from central_api.context import Context
from central_api.db import Tx
from central_api.integrations.tables import webhook_deliveries, webhooks
from central_api.integrations.webhooks import relay, service
from central_api.integrations.webhooks import repository as queries
from central_api.integrations.webhooks.delivery import Deliverer
from central_api.outbox.tables import outbox_events
from central_api.staff.tables import audit
from club.model import errors
from tests.central_api.integrations.test_webhook_turns import TAKEN, URL, Answering, quiet, tell
from tests.support.central import Club
from tests.support.wait import until

__all__ = ["quiet"]
WITHIN_S = 60.0


class Pause:
    """Holds a function of the queries up in the middle of its unit of work, until it is let go."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
        self.there, self._go = threading.Event(), threading.Event()
        done: Callable[..., Any] = getattr(queries, name)

        def held(tx: Tx, *arguments: Any, **more: Any) -> Any:
            found = done(tx, *arguments, **more)
            self.there.set()
            assert self._go.wait(WITHIN_S)
            return found

        monkeypatch.setattr(queries, name, held)

    def let_go(self) -> None:
        self._go.set()


def left(context: Context) -> tuple[int, int]:
    """How many webhooks and deliveries there are."""
    with context.db.read() as tx:
        return tuple(int(tx.scalar(select(func.count()).select_from(one))) for one in (webhooks, webhook_deliveries))  # type: ignore[return-value]


def blocked(context: Context, other: Future[Any]) -> None:
    """Wait until PostgreSQL says that the other waits for a lock; on SQLite there is one writer, and it waits anyway."""
    if context.db.is_sqlite:
        return
    found = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"

    def waits() -> bool:
        with context.db.read() as tx:
            return bool(tx.scalar(text(found))) or other.done()

    until(waits, "the other waiting for the webhook's row", within_s=WITHIN_S)
    assert not other.done(), "it went ahead of who was there first"


@pytest.fixture
def pool() -> Any:
    with ThreadPoolExecutor(2) as found:
        yield found


def test_who_hands_events_on_comes_first_and_what_it_wrote_goes_too(
    quiet: Club, monkeypatch: pytest.MonkeyPatch, pool: ThreadPoolExecutor
) -> None:
    context = quiet.context
    added = service.add(context, URL)
    tell(context, 1, 2)
    pause = Pause(monkeypatch, "add_deliveries")
    handing = pool.submit(relay.hand_on, context.db, quiet.clock.now())
    assert pause.there.wait(WITHIN_S)
    removal = pool.submit(service.remove, context, added.id)
    blocked(context, removal)
    pause.let_go()
    assert handing.result(WITHIN_S) == 2
    removal.result(WITHIN_S)
    assert left(context) == (0, 0)


def test_who_removes_comes_first_and_nothing_is_written_for_it(
    quiet: Club, monkeypatch: pytest.MonkeyPatch, pool: ThreadPoolExecutor
) -> None:
    context = quiet.context
    added = service.add(context, URL)
    tell(context, 1)
    relay.hand_on(context.db, quiet.clock.now())
    tell(context, 2)
    pause = Pause(monkeypatch, "forget")
    removal = pool.submit(service.remove, context, added.id)
    assert pause.there.wait(WITHIN_S)
    handing = pool.submit(relay.hand_on, context.db, quiet.clock.now())
    blocked(context, handing)
    pause.let_go()
    removal.result(WITHIN_S)
    assert handing.result(WITHIN_S) == 1
    assert left(context) == (0, 0)
    with context.db.read() as tx:
        assert tx.rows(select(outbox_events).where(outbox_events.c.handed_on_at.is_(None))) == []


def test_a_sender_in_the_middle_of_its_turn_sends_nothing_more(quiet: Club) -> None:
    context, sent = quiet.context, []
    added = service.add(context, URL)
    tell(context, 1, 2, 3)
    relay.hand_on(context.db, quiet.clock.now())

    def removed_meanwhile() -> None:
        sent.append(1)
        service.remove(context, added.id)

    assert Deliverer(context, sender=lambda: Answering(context, TAKEN, removed_meanwhile)).deliver(added.id) == 0
    assert sent == [1]
    assert left(context) == (0, 0)
    assert Deliverer(context, sender=lambda: Answering(context, TAKEN)).deliver(added.id) == 0


@pytest.mark.parametrize("act", [service.remove, service.replay])
def test_of_two_at_once_the_second_finds_it_gone(
    quiet: Club, monkeypatch: pytest.MonkeyPatch, pool: ThreadPoolExecutor, act: Callable[[Context, str], object]
) -> None:
    context = quiet.context
    added = service.add(context, URL)
    tell(context, 1)
    relay.hand_on(context.db, quiet.clock.now())
    pause = Pause(monkeypatch, "forget")
    first = pool.submit(service.remove, context, added.id)
    assert pause.there.wait(WITHIN_S)
    second = pool.submit(act, context, added.id)
    blocked(context, second)
    pause.let_go()
    first.result(WITHIN_S)
    with pytest.raises(errors.NotFound):
        second.result(WITHIN_S)
    with context.db.read() as tx:
        kinds = [row.act for row in tx.rows(select(audit).where(audit.c.act.like("webhook.%")).order_by(audit.c.id))]
    assert kinds == ["webhook.add", "webhook.remove"], "on the record once"
