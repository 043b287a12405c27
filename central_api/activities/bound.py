"""Reads everything that boards follow, from the features that own it, for one store (see `boards.content.BoundReader`)."""

from datetime import date, datetime, timedelta

from sqlalchemy import func, select

from central_api import texts
from central_api.activities import repository as activities
from central_api.boards import repository as boards
from central_api.boards.content import BoundData
from central_api.db import Tx
from central_api.devices import repository as devices
from central_api.ledger.tables import lots
from central_api.programme import service as programme
from central_api.refreshments import repository as refreshments
from club.model import errors
from club.model.board import TierLine

FOLLOWED = frozenset(
    {
        "activities",
        "activity_shares",
        "board_versions",
        "boards",
        "displays",
        "media",
        "menu_items",
        "notices",
        "playlists",
        "programme_versions",
        "promises",
        "prompts",
        "slots",
        "stores",
        "tickers",
    }
)
"""The tables behind manifests, by name. Lots are left out: they change with every tap, and the day on which most of them end is
looked up once a minute (`background.renew_screens`)."""

_EXPIRY_LOOK = timedelta(days=92)  # a quarter: what expires later is not news yet


def read(tx: Tx, store: str, now: datetime) -> BoundData:
    """The data of one store as they are in this transaction.

    Raises:
        NotFound: there is no such store.
        Unavailable: no programme is loaded yet.
    """
    row = devices.store(tx, store)
    if row is None:
        raise errors.NotFound(f"expected a store, found none called {store!r}", kind="store", id=store)
    rules = programme.current(tx, now)
    tiers = sorted(rules.tiers, key=lambda tier: tier.rank)
    return BoundData(
        club=rules.club,
        store_name=texts.text(row.name),
        time_zone=row.time_zone,
        activities=activities.lines(tx),
        open_activities=activities.open_slugs(tx, store, now),
        shares=activities.share_pictures(tx),
        menu=refreshments.lines(tx),
        tiers=tuple(TierLine(tier.slug, tier.rank, tier.name, tier.summary, tier.tier_points) for tier in tiers),
        promises=boards.promise_lines(tx),
        expires_on=_next_batch(tx, texts.local_day(now, row.time_zone)),
    )


def _next_batch(tx: Tx, today: date) -> date | None:
    """The day within the coming quarter on which the most lots end; None when nothing does."""
    query = (
        select(lots.c.expires)
        .where(lots.c.left > 0, lots.c.expires >= today, lots.c.expires <= today + _EXPIRY_LOOK)
        .group_by(lots.c.expires)
        .order_by(func.count().desc(), lots.c.expires)
        .limit(1)
    )
    found: date | None = tx.scalar(query)
    return found
