"""What the service does beside answering: tells of growth, renews, clears away, seals, runs the jobs, sends webhooks."""

import asyncio
import logging
import threading
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, TypeVar

from central_api import texts
from central_api.activities import bound
from central_api.activities import catalogue as activities
from central_api.boards import service as boards
from central_api.context import Context
from central_api.db import Database, Tx
from central_api.devices import incidents, remote
from central_api.devices import repository as devices
from central_api.feed import service as feed
from central_api.feed.hub import BEATS, HEARTBEAT_S
from central_api.feed.notes import Closed
from central_api.integrations.webhooks import relay
from central_api.integrations.webhooks import repository as webhooks
from central_api.integrations.webhooks.delivery import Deliverer
from central_api.jobs import runner
from central_api.ledger.proof import sealing
from central_api.lifecycle import card_desk, registration
from central_api.programme import service as programmes
from central_api.rewards import catalogue, publishing
from club.model import errors

LOOK_S = 2.0  # how often another process's commits are looked for, in case nothing told us
RENEW_S = (
    60.0  # how often boards and catalogue are looked over: activities begin and points expire without anybody's edit
)
SEAL_S = 10.0  # how long a new entry of the ledger waits for its seal
TELL_S = 1.0  # what redemptions have changed is published at most so often (A11)
JOBS_S = 60.0  # how often jobs are looked for that are due
HAND_ON_S = 2.0  # how often webhooks are looked after
_AT_EASE = 5  # a backlog is sealed in batches, with pauses so many times as long as a batch takes
_SHUT_OUT_LOOK = timedelta(minutes=1)  # how far back devices shut out are looked for; the clocks of processes differ
CLEAR_EVERY = timedelta(hours=1)  # how often changes that are kept no longer are cleared away

_log = logging.getLogger(__name__)
T = TypeVar("T")


async def _round(what: str, work: Callable[..., T], *arguments: Any) -> T | None:
    """Do one round of what is done beside answering; whatever goes wrong is logged, and the next round comes all the same."""
    try:
        return await asyncio.to_thread(work, *arguments)
    except errors.ClubError as error:  # the database is away, or no programme is loaded yet
        _log.warning("%s %s", what, error.code)
    except Exception as error:  # noqa: BLE001 -- a task that ended would be missed by nobody until it is too late
        # Without its message, which may hold what was in a row.
        _log.error("%s %s\n%s", what, type(error).__name__, "".join(traceback.format_tb(error.__traceback__)))
    return None


async def _look_for_growth(context: Context) -> None:
    """Look for what other processes committed, in case nothing told us; in one process this finds nothing."""
    while True:
        await asyncio.sleep(LOOK_S)
        if context.hub.count:
            await _round("feeds_not_looked_at", look, context)


def look(context: Context) -> None:
    """Tell listeners how far the feeds have come by the database, and end the streams of devices shut out just now.

    Raises:
        Unavailable: the database is away.
    """
    with context.db.read() as tx:
        heads = feed.all_heads(tx)
        gone = devices.revoked_since(tx, context.clock.now() - _SHUT_OUT_LOOK)
    context.hub.seen(heads)
    context.hub.tell([Closed(device_id) for device_id in gone])


async def _beat(context: Context) -> None:
    """One timer for the heartbeats of all streams."""
    while True:
        await asyncio.sleep(HEARTBEAT_S / BEATS)
        context.hub.beat()


async def _tell_of_redemptions(context: Context) -> None:
    """Publish what redemptions have noted: at once when nothing was published for a second, else when the second is over.

    Redemptions of this process wake it; those of another are looked for.
    """
    while True:
        with suppress(TimeoutError):
            await asyncio.wait_for(context.due.wait(), LOOK_S)
        context.due.clear()
        await _round("changes_not_published", publish_due, context)
        await asyncio.sleep(TELL_S)


def publish_due(context: Context) -> int:
    """Publish what redemptions have noted; how many notes there were."""
    return publishing.publish_due(context.db, context.keyring, context.clock.now())


async def _renew(context: Context) -> None:
    """Tell devices what the passing of time has changed, and clear away what is too old to be told."""
    clearing = Clearing()
    while True:
        await asyncio.sleep(RENEW_S)
        await _round("renew_screens failed:", renew_screens, context)
        await _round("renew_catalogue failed:", renew_catalogue, context)
        await _round("tend_members failed:", tend_members, context)
        await _round("tend_devices failed:", tend_devices, context)
        await _round("clear_feeds failed:", clearing.when_due, context)


async def _tell_others(context: Context) -> None:
    """Hand events on to webhooks and send what is due; sending is done on threads of its own, however slow the receivers."""
    deliverer, forgetting = Deliverer(context), Hourly(forget_delivered)
    try:
        while True:
            await asyncio.sleep(HAND_ON_S)
            handed_on = await _round("events_not_handed_on", relay.hand_on, context.db, context.clock.now())
            await _round("webhooks_not_sent", deliverer.start_due)
            await _round("deliveries_not_cleared", forgetting.when_due, context)
            if handed_on and handed_on >= relay.MOST:
                _log.info("events_handed_on events=%d more wait", handed_on)
    finally:
        deliverer.close()


async def _seal(context: Context) -> None:
    """Seal what was booked, some entries at a time, and through a long backlog with long pauses: bookings come first."""
    pause = SEAL_S
    while True:
        await asyncio.sleep(pause)
        began = time.monotonic()
        sealed = await _round("ledger_not_sealed", _seal_some, context.db)
        more = sealed == sealing.BATCH
        pause = min(SEAL_S, _AT_EASE * (time.monotonic() - began)) if more else SEAL_S


async def _jobs(context: Context) -> None:
    """Run the jobs that are due; one that is under way when the service ends stops after the member it is at."""
    stop = threading.Event()
    try:
        while True:
            await asyncio.sleep(JOBS_S)
            await _round("jobs_not_run", runner.run_due, context, stop)
    finally:
        stop.set()


def _seal_some(db: Database) -> int:
    try:
        return sealing.seal(db)
    except ValueError:  # no booking of ours wrote such an entry
        _log.error("ledger_entry_unreadable it stays unsealed, with all behind it; run `central-api ledger verify`")
        return 0


def renew_catalogue(context: Context) -> None:
    """Publish rules, rewards and activities that look another way by now: early access that is over, an outing that has ended."""
    now = context.clock.now()
    with context.db.write() as tx:
        programmes.publish_due(tx, now)
        catalogue.publish_due(tx, now)
        activities.publish_due(tx, now)


def tend_members(context: Context) -> None:
    """End registrations that nobody activated in time, and temporary cards whose last day is over."""
    now = context.clock.now()
    desk = card_desk.Desk(context.vault, context.keyring, "system", now)
    today = texts.local_day(now, context.settings.programme.time_zone)

    def work(tx: Tx) -> None:
        registration.lapse_overdue(tx, now)
        card_desk.end_temporary(tx, desk, today)

    context.db.run(work)


def tend_devices(context: Context) -> None:
    """Note which devices have fallen silent, and end what staff asked of them in vain."""
    now = context.clock.now()

    def work(tx: Tx) -> None:
        incidents.find_silent(tx, now)
        remote.tend(tx, now)

    context.db.run(work)


def renew_screens(context: Context) -> None:
    """Derive every display's manifest anew; those that come out as they were stay untouched."""
    with context.db.write() as tx:
        boards.refresh(tx, now=context.clock.now(), read_bound=bound.read)


def forget_delivered(context: Context) -> int:
    """Clear away events that were delivered long ago; how many rows went."""
    with context.db.write() as tx:
        return webhooks.forget_before(tx, context.clock.now() - timedelta(days=context.settings.webhooks.keep_days))


class Hourly:
    """Does a piece of work at the first round, and then when an hour has gone by since it was last done."""

    def __init__(self, work: Callable[[Context], int]) -> None:
        self._work = work
        self._last: datetime | None = None

    def when_due(self, context: Context) -> int:
        """Do it if it is due.

        Raises:
            Unavailable: the database is away; it stays due.
        """
        now = context.clock.now()
        if self._last is not None and now - self._last < CLEAR_EVERY:
            return 0
        done = self._work(context)
        self._last = now
        return done


class Clearing:
    """Keeps the change log from growing for ever: rows older than `feed.keep_days` go, at most once in `CLEAR_EVERY`."""

    def __init__(self) -> None:
        self._last: datetime | None = None

    def when_due(self, context: Context) -> int:
        """Clear the rows away when an hour has gone by since it was last done; how many went.

        Raises:
            Unavailable: the database is away; it stays due.
        """
        now = context.clock.now()
        if self._last is not None and now - self._last < CLEAR_EVERY:
            return 0
        with context.db.write() as tx:
            gone = feed.forget_before(tx, now - timedelta(days=context.settings.feed.keep_days))
        self._last = now
        if gone:
            _log.info("feeds_cleared rows=%d", gone)
        return gone


TASKS = (_look_for_growth, _beat, _tell_of_redemptions, _renew, _seal, _jobs, _tell_others)
"""Each runs until it is cancelled."""
