"""Puts the service together: context, routes, answers to errors, and what runs beside the requests."""

import asyncio
import logging
import secrets
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import datetime, timedelta
from typing import Any

from litestar import Litestar
from litestar.datastructures import State
from litestar.di import Provide
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme
from litestar.types import ControllerRouterHandler

from central_api import context as contexts
from central_api import health, problems
from central_api.activities import bound
from central_api.activities import catalogue as activities
from central_api.boards import service as boards
from central_api.console import routes as console
from central_api.context import Context
from central_api.db import Database
from central_api.device_api import router as devices
from central_api.feed import service as feed
from central_api.feed.hub import Hub
from central_api.ledger.proof import sealing
from central_api.migrations import runner
from central_api.openapi import StoredPayloads
from central_api.rewards import catalogue
from central_api.security import keyring
from central_api.security.passwords import Passwords
from central_api.timing import Timing
from club.model import errors
from club.model.clock import Clock, clock_for
from club.settings.central import CentralSettings
from club.wire import signing

LOOK_S = 2.0  # how often another process's commits are looked for, in case nothing told us
RENEW_S = (
    60.0  # how often boards and catalogue are looked over: activities begin and points expire without anybody's edit
)
SEAL_S = 10.0  # how long a new entry of the ledger waits for its seal
CLEAR_EVERY = timedelta(hours=1)  # how often changes that are kept no longer are cleared away

_log = logging.getLogger(__name__)

_SIGNED = SecurityScheme(
    type="apiKey",
    name=signing.SIGNATURE_HEADER,
    security_scheme_in="header",
    description=(
        "Ed25519 over the request, base64url, with the headers "
        f"{signing.DEVICE_HEADER}, {signing.SIGNED_AT_HEADER} and, for commands, {signing.KEY_HEADER}: see club/wire/signing.py"
    ),
)

HANDLERS: list[ControllerRouterHandler] = [
    *health.handlers,
    *devices.handlers,
    console.front_door,
    console.router,
]
"""Every route of the service, feature by feature."""


def open_context(
    settings: CentralSettings,
    clock: Clock | None = None,
    *,
    new_id: Callable[[], str] = contexts.new_id,
    random_below: Callable[[int], int] = secrets.randbelow,
) -> Context:
    """Open the database (brought up to date), the master keys and the rest of what requests need.

    The caller closes `db` and `passwords`.

    Raises:
        ValueError: a setting or the file of the keys cannot be used.
        Unavailable: the database cannot.
        OSError: a folder cannot be made or read.
    """
    kept = settings.database
    db = Database(kept.url.reveal(), pool=kept.pool_size, wait_s=kept.busy_timeout_s)
    db.check()
    runner.upgrade(db)
    with db.write() as tx:
        feed.ensure_epoch(tx)
    hub = Hub()
    db.after_commit(hub.tell)
    return Context(
        settings=settings,
        db=db,
        clock=clock or clock_for(settings.clock.pinned, runs=settings.clock.pinned_runs),
        hub=hub,
        keyring=keyring.load_or_create(settings.keys.file),
        passwords=Passwords(),
        new_id=new_id,
        random_below=random_below,
    )


def create_app(settings: CentralSettings, clock: Clock | None = None, *, context: Context | None = None) -> Litestar:
    """The service as an ASGI app.

    Args:
        settings: as `club.settings` loads them.
        clock: the time everything goes by; without it, the one the settings ask for.
        context: opened before; without it one is opened, and closed when the app shuts down.
    """
    served = context or open_context(settings, clock)
    return Litestar(
        route_handlers=HANDLERS,
        dependencies={"context": Provide(lambda: served, sync_to_thread=False)},
        exception_handlers=problems.HANDLERS,
        lifespan=[_beside(served, close=context is None)],
        state=State({"context": served}),
        request_max_body_size=settings.http.max_body_kib * 1024,
        openapi_config=OpenAPIConfig(
            title="Club central API",
            version="1",
            path="/openapi",
            description="Members, cards, points, rewards, boards and devices. Errors are problem+json with stable codes.",
            render_plugins=[JsonRenderPlugin()],  # the others are pages that run scripts from elsewhere
            components=Components(security_schemes={"device": _SIGNED}),
        ),
        plugins=[StoredPayloads()],
        middleware=[Timing()],
        debug=False,
        logging_config=None,
    )


@asynccontextmanager
async def _running(context: Context, *, close: bool) -> AsyncGenerator[None, None]:
    beside = [asyncio.create_task(each(context)) for each in (_look_for_growth, _renew, _seal)]
    try:
        yield
    finally:
        for task in beside:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        context.hub.close()
        for lane in (context.taps, context.upkeep):
            await asyncio.to_thread(lane.close)
        if close:
            context.passwords.close()
            context.db.close()


def _beside(context: Context, *, close: bool) -> Callable[[Litestar], Any]:
    return lambda _app: _running(context, close=close)


async def _look_for_growth(context: Context) -> None:
    """Tell listeners of what other processes committed; in one process the hub is told at once and this finds nothing."""
    while True:
        await asyncio.sleep(LOOK_S)
        if context.hub.count:
            try:
                context.hub.seen(await asyncio.to_thread(_heads, context.db))
            except errors.ClubError as error:  # the database is away: the next look is soon
                _log.warning("feeds_not_looked_at %s", error.code)


async def _renew(context: Context) -> None:
    """Tell devices what the passing of time has changed, and clear away what is too old to be told."""
    clearing = Clearing()
    while True:
        await asyncio.sleep(RENEW_S)
        for name, renew in (
            ("renew_screens", renew_screens),
            ("renew_catalogue", renew_catalogue),
            ("clear_feeds", clearing.when_due),
        ):
            try:
                await asyncio.to_thread(renew, context)
            except (
                errors.ClubError
            ) as error:  # the database is away, or no programme is loaded yet: the next round is soon
                _log.warning("%s failed: %s", name, error.code)


async def _seal(context: Context) -> None:
    """Seal what was booked, some entries at a time: a long backlog neither holds up bookings nor the service's end."""
    more = False
    while True:
        if not more:
            await asyncio.sleep(SEAL_S)
        try:
            more = await asyncio.to_thread(sealing.seal, context.db) == sealing.BATCH
        except errors.ClubError as error:  # the database is away: what is not sealed goes on waiting
            more = False
            _log.warning("ledger_not_sealed %s", error.code)
        except ValueError:  # an entry that no booking of ours wrote: it stays unsealed, and everything behind it
            more = False
            _log.exception("ledger_not_sealed an entry cannot be read; run central-api ledger verify")


def renew_catalogue(context: Context) -> None:
    """Publish the rewards and activities that look another way by now: early access that is over, an outing that has ended."""
    now = context.clock.now()
    with context.db.write() as tx:
        catalogue.publish_due(tx, now)
        activities.publish_due(tx, now)


def renew_screens(context: Context) -> None:
    """Derive every display's manifest anew; those that come out as they were stay untouched."""
    with context.db.write() as tx:
        boards.refresh(tx, now=context.clock.now(), read_bound=bound.read)


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


def _heads(db: Database) -> dict[str, int]:
    with db.read() as tx:
        return feed.all_heads(tx)
