"""Delivers: for each webhook one at a time and in order, again with growing pauses, until it is taken or counts as dead.

A delivery is made at least once: a receiver that took it and whose answer was lost gets it again, under the same id.
"""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from prometheus_client import Counter

from central_api.context import Context
from central_api.integrations.webhooks import repository, sending, signing
from central_api.integrations.webhooks.sending import Outcome, Sender
from club.model import errors

TRIES = 15
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=5), timedelta(hours=6)
"""The pauses double from the first to the longest: with `TRIES` tries some 17 hours, a night's outage and more."""
IN_A_ROW = 50
"""Deliveries for one webhook before the others have their turn."""
AT_ONCE = 8
"""Webhooks sent to at the same time; one that is slow holds up itself alone."""
_END_WITHIN_S = 2.0

_ENDED = Counter("club_webhook_tries", "Tries to deliver to webhooks", ("result",))
_log = logging.getLogger(__name__)


def pause(tries: int, random_below: Callable[[int], int]) -> timedelta:
    """How long to wait after so many tries in vain.

    It is doubled each time, and of that at random half to all, so that many that failed together do not come back together.
    """
    whole = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(tries - 1, 32))
    milliseconds = whole // timedelta(milliseconds=1)
    return timedelta(milliseconds=milliseconds // 2 + random_below(milliseconds // 2 + 1))


@dataclass(slots=True)
class _Turn:
    """The right to send for a webhook, and until when: who was held up for longer finds that it is another's."""

    webhook: str
    until: datetime


class Deliverer:
    """Sends what is due, each webhook on a thread of its own that ends when nothing is due for it."""

    def __init__(self, context: Context, *, sender: Callable[[], Sender] | None = None) -> None:
        settings = context.settings.webhooks
        self._context = context
        self._sender = sender or (lambda: sending.Sender(settings))
        self._lease = timedelta(seconds=settings.timeout_s * 4 + 30)
        self._running: dict[str, threading.Thread] = {}
        self._closing = threading.Event()

    def start_due(self) -> int:
        """Start sending for every webhook that something is due for; how many were started."""
        self._running = {webhook: thread for webhook, thread in self._running.items() if thread.is_alive()}
        with self._context.db.read() as tx:
            due = repository.due(tx, self._context.clock.now())
        fresh = [webhook for webhook in due if webhook not in self._running][: AT_ONCE - len(self._running)]
        for webhook in fresh:
            thread = threading.Thread(target=self._run, args=(webhook,), name=f"webhook-{webhook}", daemon=True)
            self._running[webhook] = thread
            thread.start()
        return len(fresh)

    def wait(self, within_s: float) -> bool:
        """Wait until nothing is being sent; False when something still is."""
        for thread in self._running.values():
            thread.join(within_s)
        return not any(thread.is_alive() for thread in self._running.values())

    def close(self) -> None:
        """Begin nothing new, and give what is being sent a moment to end; what is cut off is sent again."""
        self._closing.set()
        self.wait(_END_WITHIN_S)

    def _run(self, webhook: str) -> None:
        try:
            self.deliver(webhook)
        except errors.ClubError as fault:  # the database is away; it stays due
            _log.warning("webhook_not_sent webhook=%s %s", webhook, fault.code)
        except Exception as fault:  # noqa: BLE001 -- a thread that ended in silence would be missed by nobody
            _log.error("webhook_not_sent webhook=%s %s", webhook, type(fault).__name__)

    def deliver(self, webhook: str) -> int:
        """Send what is due for one webhook, in order, unless another process does; how many were taken."""
        context, taken = self._context, 0
        began = context.clock.now()
        turn = _Turn(webhook, began + self._lease)
        with context.db.write() as tx:
            if not repository.claim(tx, webhook, began, turn.until):
                return 0
        sender = self._sender()
        try:
            for _ in range(IN_A_ROW):
                if self._closing.is_set() or not self._send_next(turn, sender):
                    break
                taken += 1
        finally:
            sender.close()
            with context.db.write() as tx:
                repository.renew(tx, webhook, turn.until, None)
        return taken

    def _send_next(self, turn: _Turn, sender: Sender) -> bool:
        """Send the next delivery if it is due; whether it was taken, so that the one after it may follow."""
        context, webhook = self._context, turn.webhook
        now = context.clock.now()
        with context.db.read() as tx:
            row, target = repository.next_of(tx, webhook), repository.find(tx, webhook)
        if row is None or target is None or not target.active or row.next_at > now:
            return False
        body = row.body.encode()
        headers = {
            signing.HEADER: signing.sign(signing.secret(context.keyring, webhook), body, now),
            "Club-Event": row.kind,
            "Club-Event-Id": row.event,
        }
        outcome = sender.send(target.url, body, headers)
        return self._note(turn, row, outcome) and outcome.taken

    def _note(self, turn: _Turn, row: Any, outcome: Outcome) -> bool:
        """Keep how a try ended; False when the turn was over meanwhile: what others have done since then stays as it is."""
        context, webhook = self._context, turn.webhook
        now, tries = context.clock.now(), row.tries + 1
        if outcome.taken:
            state, following, ended = "delivered", now, now
        elif tries >= TRIES:
            state, following, ended = "dead", now, now
        else:
            state, following, ended = "waiting", now + pause(tries, context.random_below), None
        values = {"state": state, "tries": tries, "next_at": following, "said": outcome.said, "ended_at": ended}
        with context.db.write() as tx:
            if not repository.renew(tx, webhook, turn.until, now + self._lease):
                _log.warning("webhook_turn_lost webhook=%s sequence=%d", webhook, row.sequence)
                return False
            repository.change_delivery(tx, row.id, values)
            if outcome.gone:
                repository.change(tx, webhook, {"active": False})
        turn.until = now + self._lease
        _ENDED.labels(state if state != "waiting" else "failed").inc()
        if not outcome.taken:
            _log.warning(
                "webhook_not_taken webhook=%s sequence=%d tries=%d state=%s: %s",
                webhook,
                row.sequence,
                tries,
                "switched-off" if outcome.gone else state,
                outcome.said,
            )
        return True
