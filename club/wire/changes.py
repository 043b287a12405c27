"""The change feeds: rows, snapshots, and the entities a device mirrors."""

from datetime import date, datetime
from typing import Literal

import msgspec

from club.model.text import Text
from club.wire.limits import Count, Fen, Hash, Points, Seq, Slug

EntityKind = Literal["programme", "store", "reward", "reward_category", "activity", "member", "display"]


# `Raw | None` would not do: msgspec then takes nothing but null.
GONE = msgspec.Raw(b"null")


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One row of a feed: `seq` is dense within it. `payload` is the entity whole, `GONE` when it is; unknown kinds are skipped."""

    feed: str  # global | store-east
    seq: Seq
    entity: str
    entity_id: str
    payload: msgspec.Raw = GONE

    @property
    def is_gone(self) -> bool:
        """Whether the row says that the entity is no more."""
        return bytes(self.payload) == bytes(GONE)


class SyncAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """`GET /v1/sync?epoch=E&after=global:7,store-east:41`: rows after those places, at most 500 a feed.

    `snapshot_needed` says the places are too old or of another epoch: fetch `/v1/snapshot`. Only devices of version 1 of the wire
    are told so; others are answered by a problem of status 410 (`SnapshotNeeded`).
    """

    epoch: str
    now: datetime
    cursors: dict[str, Seq]
    changes: tuple[Change, ...] = ()
    more: bool = False
    snapshot_needed: bool = False


class SnapshotRow(msgspec.Struct, frozen=True, kw_only=True):
    """One entity of a snapshot."""

    feed: str
    entity: str
    entity_id: str
    payload: msgspec.Raw


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """`GET /v1/snapshot`: all entities of the device's feeds and the places from which changes follow."""

    epoch: str
    now: datetime
    cursors: dict[str, Seq]
    rows: tuple[SnapshotRow, ...]


class TierEntity(msgspec.Struct, frozen=True, kw_only=True):
    """A rung of the ladder."""

    slug: Slug
    rank: Count
    name: Text
    summary: Text
    tier_points: Points


class ProgrammeEntity(msgspec.Struct, frozen=True, kw_only=True):
    """The club's programme, entity id `club`; `pin_at_redeem` is the programme's choice (N4): always | never | by-value."""

    club: Text
    tagline: Text
    tiers: tuple[TierEntity, ...]
    pin_at_redeem: str
    reversible_days: Count
    pin_tries: Count
    pin_lock_minutes: Count


class RewardCategoryEntity(msgspec.Struct, frozen=True, kw_only=True):
    """A tab of the catalogue."""

    slug: Slug
    name: Text
    order: Count


class RewardEntity(msgspec.Struct, frozen=True, kw_only=True):
    """A reward as every member may see it. `points_by_tier` overrides `points`; an empty `tiers` is every tier, no `stores` every store; `stock_left` None is unlimited."""

    slug: Slug
    name: Text
    line: Text
    category: Slug
    points: Points
    points_by_tier: dict[str, Points]
    tiers: tuple[str, ...]
    value_fen: Fen
    stock_left: Count | None
    sold_out: bool
    limit_per: str
    limit_times: Count
    valid_days: Count
    stores: tuple[Text, ...]
    fits: Text
    terms: Text
    picture: str  # name of a picture in assets/art/rewards, or a SHA-256
    badge: str
    order: Count


class ActivityEntity(msgspec.Struct, frozen=True, kw_only=True):
    """An activity as every member may see it; entity of the global feed. `opens_by_tier` says from when a tier may sign up.

    `picture` is the name of a picture in assets/art/activities or a SHA-256, empty: none.
    """

    slug: Slug
    state: str  # open | planned | past
    kind: Text
    title: Text
    line: Text
    place: Text
    unit: Text
    starts: datetime
    ends: datetime
    closes: datetime | None
    capacity: Count
    taken: Count
    fee_points: Points
    fee_fen: Fen
    opens_by_tier: dict[str, datetime]
    picture: str
    order: Count


class MemberEntity(msgspec.Struct, frozen=True, kw_only=True):
    """The mirror's few fields of a card's holder (X2). Entity id: the card's hash under the store's key."""

    card_hash: Hash
    surname: Text
    title: Text
    tier: Slug
    points: Points
    tier_points: Points
    as_of: datetime
    card_state: str  # active | blocked | replaced
    blocked_since: date | None = None
    assurance: str = "uid"  # uid | static | cryptogram: the least this card must prove; wire version 1 did not say


class DisplayEntity(msgspec.Struct, frozen=True, kw_only=True):
    """A display's newest manifest; only the number travels (a push is a hint)."""

    slug: Slug
    revision: Seq
