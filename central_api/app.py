"""Puts the service together: context, routes, answers to errors."""

import asyncio
import logging
import secrets
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import Any

from litestar import Litestar
from litestar.datastructures import State
from litestar.di import Provide
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme
from litestar.types import ControllerRouterHandler

from central_api import background, health, problems
from central_api.activities import bound
from central_api.boards import service as boards
from central_api.console import routes as console
from central_api.context import Context
from central_api.db import Database
from central_api.device_api import router as devices
from central_api.device_api.redeeming import PlainRedemptions
from central_api.device_api.stream import PlainStream
from central_api.feed import service as feed
from central_api.feed.hub import Hub
from central_api.feed.neighbours import Neighbours
from central_api.gather import Gatherer
from central_api.integrations import router as integrations
from central_api.migrations import runner
from central_api.openapi import StoredPayloads
from central_api.rewards.commands import Desk
from central_api.rewards.service import Redeemer
from central_api.security import keyring, vault
from central_api.security.passwords import Passwords
from central_api.security.vault import Vault
from central_api.timing import Timing
from club.model import ids, voucher
from club.model.clock import Clock, clock_for
from club.settings.central import CentralSettings
from club.wire import signing

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

_KEY = SecurityScheme(
    type="http",
    scheme="bearer",
    description="A key of `central-api api-keys new`: Authorization: Bearer xck_…",
)

HANDLERS: list[ControllerRouterHandler] = [
    *health.handlers,
    *devices.handlers,
    *integrations.handlers,
    console.front_door,
    console.router,
]
"""Every route of the service, feature by feature."""


def open_context(
    settings: CentralSettings,
    clock: Clock | None = None,
    *,
    new_id: Callable[[], str] = ids.new_id,
    random_below: Callable[[int], int] = secrets.randbelow,
) -> Context:
    """Open the database (brought up to date), the keys and the rest of what requests need.

    The caller closes `db` and `passwords`.

    Raises:
        ValueError: a setting or the file of the keys cannot be used.
        Unavailable: the database cannot.
        OSError: a folder cannot be made or read.
    """
    kept = settings.database
    db = Database(kept.url.reveal(), pool=kept.pool_size, wait_s=kept.busy_timeout_s)
    time = clock or clock_for(settings.clock.pinned, runs=settings.clock.pinned_runs)
    try:
        db.check()
        runner.upgrade(db)
        keys = keyring.load_or_create(settings.keys.file)
        sealing = Vault(keys, lambda: keyring.load(settings.keys.file))
        with db.write() as tx:
            epoch = feed.ensure_epoch(tx)
            vault.ensure(tx, sealing, keys, time.now())
    except BaseException:
        db.close()
        raise
    hub = Hub(epoch)
    db.after_commit(hub.tell)
    boards.follow(db, time, bound.read, bound.FOLLOWED)
    desk = Desk(new_id, lambda: voucher.make(random_below), settings.sessions.card_minutes)
    redeemer, due = Redeemer(db, desk), asyncio.Event()
    return Context(
        settings=settings,
        db=db,
        clock=time,
        hub=hub,
        keyring=keys,
        vault=sealing,
        passwords=Passwords(),
        redeems=Gatherer(lambda asks: redeemer.redeem(asks, time.now()), turns=1 if db.is_sqlite else 2, told=due.set),
        due=due,
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
    app = Litestar(
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
            components=Components(security_schemes={"device": _SIGNED, "key": _KEY}),
        ),
        plugins=[StoredPayloads()],
        middleware=[Timing()],
        debug=False,
        logging_config=None,
    )
    app.asgi_handler = PlainRedemptions(PlainStream(app.asgi_handler, served), served)
    return app


@asynccontextmanager
async def _running(context: Context, *, close: bool) -> AsyncGenerator[None, None]:
    beside = [asyncio.create_task(each(context)) for each in background.TASKS]
    neighbours = _neighbours(context)
    try:
        yield
    finally:
        if neighbours is not None:
            await asyncio.to_thread(neighbours.close)
        for task in beside:
            task.cancel()
        await asyncio.gather(*beside, return_exceptions=True)
        context.hub.close()
        for lane in (context.taps, context.upkeep, context.redeems):
            await asyncio.to_thread(lane.close)
        if close:
            context.passwords.close()
            context.db.close()


def _neighbours(context: Context) -> Neighbours | None:
    """What lets the processes of a service on PostgreSQL hear of each other's commits; SQLite has but one process."""
    if context.db.is_sqlite:
        return None
    url = context.settings.database.url.reveal()
    found = Neighbours(url, context.hub.tell, lambda: background.look(context))
    context.db.after_commit(found.post)
    found.start()
    return found


def _beside(context: Context, *, close: bool) -> Callable[[Litestar], Any]:
    return lambda _app: _running(context, close=close)
