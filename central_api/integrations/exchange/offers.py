"""Rewards and their stock from a file, and out again as they are (A11, C5)."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import insert, select, update

from central_api import texts
from central_api.db import Tx
from central_api.devices import repository as stores
from central_api.feed import due
from central_api.integrations.exchange.cells import Cell, CellWrong, Row
from central_api.integrations.exchange.kinds import Job, Kind, Result, only
from central_api.rewards.content import RewardContent
from central_api.rewards.tables import reward_categories, rewards
from club.model.text import Text

TYPES = ("cash", "service", "goods", "fuel-card", "partner", "tier-upgrade", "renewal")
WINDOWS = ("day", "month", "quarter", "year")
LARGEST_STOCK = 1_000_000
COLUMNS = (
    "slug",
    "category",
    "type",
    "name_zh",
    "name_en",
    "line_zh",
    "line_en",
    "points",
    "value_yuan",
    "stock",
    "sold_out",
    "limit_per",
    "limit_times",
    "valid_days",
    "starts",
    "ends",
    "position",
    "tiers",
    "stores",
    "points_by_tier",
    "picture",
)
_NEEDED = ("slug", "category", "type", "name_zh", "points", "value_yuan", "valid_days", "starts")


def book(job: Job, rows: Sequence[Row]) -> Result:
    """Make a reward, or change it to what the row says; what has no column, here or in this file (terms, badge, early access; prices by tier, picture), stays.

    Raises:
        CellWrong: a cell holds something else than its column expects.
    """
    row, tx = only(rows), job.tx
    slug = row.slug("slug")
    known = tx.first(select(rewards).where(rewards.c.slug == slug).with_for_update())
    before = msgspec.convert(known.content, RewardContent) if known is not None else None
    categories = {found.slug for found in tx.rows(select(reward_categories.c.slug))}
    name = Text(row.text("name_zh", least=1, most=60), row.text("name_en", most=80))
    line = Text(row.text("line_zh"), row.text("line_en"))
    content = msgspec.structs.replace(
        before or RewardContent(name=name, line=line),
        name=name,
        line=line,
        tiers=row.slugs("tiers", job.tiers),
        stores=row.slugs("stores", job.zones.keys()),
    )
    if "points_by_tier" in row.cells:
        content = msgspec.structs.replace(content, points_by_tier=row.points_by("points_by_tier", job.tiers))
    if "picture" in row.cells:
        content = msgspec.structs.replace(content, picture=row.slug("picture", default=""))
    starts, ends = _starts(job, row), _ends(job, row)
    if ends is not None and ends <= starts:
        raise CellWrong("expected a last day behind the first, found one before it", column="ends")
    per = row.slug("limit_per", WINDOWS, default="")
    values: dict[str, Any] = {
        "category": row.slug("category", categories),
        "type": row.slug("type", TYPES),
        "points": row.whole("points", least=1),
        "value_fen": row.fen("value_yuan"),
        "stock": _stock(row),
        "sold_out": row.flag("sold_out"),
        "limit_per": per,
        "limit_times": row.whole("limit_times", 1000, least=1) if per else 0,
        "valid_days": row.whole("valid_days", 3650, least=1),
        "starts": starts,
        "ends": ends,
        "position": row.whole("position", 1_000_000, default=known.position if known is not None else 0),
    }
    if content == before and all(getattr(known, column) == value for column, value in values.items()):
        return "same"
    values["content"] = msgspec.to_builtins(content)
    if known is None:
        tx.execute(insert(rewards).values(slug=slug, **values))
    else:
        tx.execute(update(rewards).where(rewards.c.slug == slug).values(**values))
    due.mark(tx, due.REWARD, slug)
    return "booked"


def book_stock(job: Job, rows: Sequence[Row]) -> Result:
    """Set how many pieces of a reward there are; empty is without end.

    Raises:
        CellWrong: no such reward, or no whole number.
    """
    row, tx = only(rows), job.tx
    slug, stock = row.slug("slug"), _stock(row)
    known = tx.first(select(rewards.c.slug, rewards.c.stock).where(rewards.c.slug == slug).with_for_update())
    if known is None:
        raise CellWrong(f"expected a reward of the catalogue, found {slug}", column="slug")
    if known.stock == stock:
        return "same"
    tx.execute(update(rewards).where(rewards.c.slug == slug).values(stock=stock))
    due.mark(tx, due.REWARD, slug)
    return "booked"


def written(tx: Tx, source: str) -> Iterator[Sequence[Cell]]:
    """Every reward."""
    zone = ZoneInfo(_zone(tx))
    for row in tx.rows(select(rewards).order_by(rewards.c.position, rewards.c.slug)):
        content = msgspec.convert(row.content, RewardContent)
        yield (
            row.slug,
            row.category,
            row.type,
            content.name.zh,
            content.name.en,
            content.line.zh,
            content.line.en,
            row.points,
            Decimal(row.value_fen).scaleb(-2),
            row.stock,
            "yes" if row.sold_out else "no",
            row.limit_per,
            row.limit_times or None,
            row.valid_days,
            row.starts.astimezone(zone).isoformat(),
            None if row.ends is None else row.ends.astimezone(zone).isoformat(),
            row.position,
            " ".join(content.tiers),
            " ".join(content.stores),
            " ".join(f"{tier}={points}" for tier, points in content.points_by_tier.items()),
            content.picture,
        )


def written_stock(tx: Tx, source: str) -> Iterator[Sequence[Cell]]:
    """Every reward's stock, with its name for whoever counts."""
    for row in tx.rows(select(rewards).order_by(rewards.c.position, rewards.c.slug)):
        yield (row.slug, row.content["name"]["zh"], row.stock)


def _stock(row: Row) -> int | None:
    return None if row.text("stock") == "" else row.whole("stock", LARGEST_STOCK)


def _starts(job: Job, row: Row) -> datetime:
    """A first day begins at its first instant; an instant is one."""
    if len(row.text("starts")) > len("2026-05-16 00:00"):
        return row.moment("starts", job.time_zone)
    return texts.day_starts(row.day("starts"), job.time_zone)


def _ends(job: Job, row: Row) -> datetime | None:
    """A last day ends with it."""
    found = row.text("ends")
    if not found:
        return None
    if len(found) > len("2026-05-16 00:00"):
        return row.moment("ends", job.time_zone)
    return texts.day_starts(row.day("ends") + timedelta(days=1), job.time_zone)


def _zone(tx: Tx) -> str:
    return next((str(row.time_zone) for row in stores.all_stores(tx)), "UTC")


REWARDS = Kind("rewards", COLUMNS, _NEEDED, book, written)
STOCK = Kind("stock", ("slug", "name", "stock"), ("slug", "stock"), book_stock, written_stock)
