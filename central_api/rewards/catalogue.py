"""Shows rewards to devices: the entities of the catalogue, and what a member may still take of each."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from central_api import texts
from central_api.db import Tx
from central_api.devices import repository as devices
from central_api.feed import service as feed
from central_api.rewards import repository, windows
from central_api.rewards.content import RewardContent
from club.model.text import Text
from club.wire.cards import RewardLimit
from club.wire.changes import RewardCategoryEntity, RewardEntity

LISTED = 12
"""A reward that is good everywhere names the stores of a club with at most so many. Of a larger one it names none: five
hundred names in each voucher's answer are 20 kB that nobody reads and that every redemption would keep for ever."""


def store_names(tx: Tx) -> dict[str, Text]:
    """Names of the stores by slug, in their order."""
    return names_of(devices.all_stores(tx))


def names_shown(tx: Tx, contents: Iterable[RewardContent]) -> dict[str, Text]:
    """As `store_names`; nothing where none would be shown: thousands of stores are not read for a few rewards good everywhere."""
    if not any(content.stores for content in contents) and devices.more_stores_than(tx, LISTED):
        return {}
    return store_names(tx)


def names_of(stores: Sequence[Any]) -> dict[str, Text]:
    """Names of stores by slug, from their rows."""
    return {row.slug: texts.text(row.name) for row in stores}


def names_for(content: RewardContent, names: Mapping[str, Text]) -> tuple[Text, ...]:
    """Names of the stores a reward is good in; none: in every one, and there are many (`LISTED`)."""
    if not content.stores:
        return tuple(names.values()) if len(names) <= LISTED else ()
    return tuple(name for slug, name in names.items() if slug in content.stores)


def entity(row: Any, names: Mapping[str, Text], now: datetime) -> RewardEntity:
    """A reward as every member may see it."""
    content: RewardContent = row.content
    return RewardEntity(
        slug=row.slug,
        name=content.name,
        line=content.line,
        category=row.category,
        points=row.points,
        points_by_tier=content.points_by_tier,
        tiers=content.open_tiers(now),
        value_fen=row.value_fen,
        stock_left=row.stock,
        sold_out=row.sold_out or row.stock == 0,
        limit_per=row.limit_per,
        limit_times=row.limit_times,
        valid_days=row.valid_days,
        stores=names_for(content, names),
        fits=content.fits,
        terms=content.terms,
        picture=content.picture,
        badge=content.badge,
        order=row.position,
    )


def publish_reward(tx: Tx, slug: str, now: datetime) -> None:
    """Tell every device how a reward now stands."""
    row = repository.reward(tx, slug)
    feed.publish(tx, feed.GLOBAL, "reward", slug, entity(row, names_shown(tx, [row.content]), now), now=now)


def publish_all(tx: Tx, now: datetime) -> None:
    """Tell every device the whole catalogue."""
    for row in repository.categories(tx):
        tab = RewardCategoryEntity(slug=row.slug, name=texts.text(row.name), order=row.position)
        feed.publish(tx, feed.GLOBAL, "reward_category", row.slug, tab, now=now)
    names = store_names(tx)
    for row in repository.all_rewards(tx):
        feed.publish(tx, feed.GLOBAL, "reward", row.slug, entity(row, names, now), now=now)


def publish_due(tx: Tx, now: datetime) -> int:
    """Tell devices of rewards that time alone has changed, such as early access that ended; returns how many."""
    names = store_names(tx)
    due = 0
    for row in repository.all_rewards(tx):
        found = entity(row, names, now)
        if feed.last_published(tx, feed.GLOBAL, "reward", row.slug) != msgspec.json.encode(found):
            feed.publish(tx, feed.GLOBAL, "reward", row.slug, found, now=now)
            due += 1
    return due


def limits(tx: Tx, member_id: str, now: datetime, time_zone: str) -> tuple[RewardLimit, ...]:
    """How many of each limited reward a member may still take. Reads only."""
    since = {per: windows.start(per, now, time_zone) for per in windows.ALL}
    taken: dict[str, list[Any]] = {}
    for row in repository.taken_by_day(tx, member_id, min(since.values())):
        taken.setdefault(row.reward, []).append(row)
    return tuple(
        RewardLimit(
            reward=row.slug, left=max(0, row.limit_times - _count(taken.get(row.slug, ()), since[row.limit_per]))
        )
        for row in repository.limited(tx)
    )


def _count(taken: Sequence[Any], since: datetime) -> int:
    return sum(row.quantity for row in taken if row.at >= since)
