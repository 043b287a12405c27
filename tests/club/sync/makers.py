"""Makers of the values that the sync's tests pass around; all people and numbers are invented."""

import hashlib
import itertools
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import msgspec

from club.model.board import Board, Manifest, Picture, Playlist, Slot
from club.model.clock import HandClock
from club.model.text import Text
from club.sync.identity import Identity
from club.wire import codec
from club.wire.cards import Expiry, VoucherView
from club.wire.changes import GONE, ActivityEntity, Change, MemberEntity, RewardEntity
from club.wire.devices import Enrolled, StoreProfile
from club.wire.history import MonthSum, Movement, PointsHistory
from club.wire.rewards import Redeem, Redeemed

NOW = datetime(2026, 5, 16, 6, 32, tzinfo=UTC)
CARD_KEY = "A" * 43
_numbers: Iterator[int] = itertools.count(1)


def a_clock() -> HandClock:
    return HandClock(NOW)


def an_identity(folder: Path) -> Identity:
    return Identity.load_or_create(folder / "identity.json", new_id=lambda: "dev-kiosk-east-1")


def a_redeem(command_id: str = "", *, quantity: int = 1, unit_points: int = 500) -> Redeem:
    return Redeem(
        command_id=command_id or f"command-{next(_numbers):04d}",
        session_id="session-0001",
        reward="car-wash",
        quantity=quantity,
        unit_points=unit_points,
        grant="grant-00001",
    )


def a_redeemed(command_id: str, *, code: str = "7K2M9Q4T63") -> Redeemed:
    voucher = VoucherView(
        voucher_id=f"voucher-{command_id}",
        code=code,
        qr=f"XZV1:{code}",
        reward="car-wash",
        name=Text("精洗一次", "Car wash"),
        line=Text("含内饰吸尘"),
        category="service",
        picture="car-wash",
        stores=(Text("城东店"),),
        terms=Text("到店出示"),
        state="issued",
        issued_at=NOW,
        valid_to=date(2026, 8, 14),
    )
    return Redeemed(
        command_id=command_id,
        redemption_id=f"redemption-{command_id}",
        reward="car-wash",
        quantity=1,
        points_taken=500,
        points=5780,
        tier_points=12860,
        vouchers=(voucher,),
        at=NOW,
    )


def a_member(card_hash: str, *, points: int = 6280, surname: str = "王") -> MemberEntity:
    return MemberEntity(
        card_hash=card_hash,
        surname=Text(surname),
        title=Text("先生"),
        tier="gold",
        points=points,
        tier_points=12860,
        as_of=NOW,
        card_state="active",
    )


def a_reward(slug: str, *, points: int = 500, order: int = 1) -> RewardEntity:
    return RewardEntity(
        slug=slug,
        name=Text(f"兑换 {slug}"),
        line=Text(""),
        category="service",
        points=points,
        points_by_tier={},
        tiers=(),
        value_fen=5000,
        stock_left=None,
        sold_out=False,
        limit_per="month",
        limit_times=2,
        valid_days=90,
        stores=(),
        fits=Text(""),
        terms=Text(""),
        picture="car-wash",
        badge="",
        order=order,
    )


def an_activity(slug: str, *, order: int = 1) -> ActivityEntity:
    return ActivityEntity(
        slug=slug,
        state="open",
        kind=Text("自驾游"),
        title=Text(f"活动 {slug}"),
        line=Text(""),
        place=Text("城东店集合"),
        unit=Text("车"),
        starts=NOW + timedelta(days=21),
        ends=NOW + timedelta(days=22),
        closes=None,
        capacity=24,
        taken=18,
        fee_points=0,
        fee_fen=0,
        opens_by_tier={"gold": NOW},
        picture="",
        order=order,
    )


def a_history(*, next_before: str = "") -> PointsHistory:
    movement = Movement(
        id="mv-0001",
        at=NOW,
        kind="earned",
        category="maintenance",
        title=Text("基础保养"),
        note=Text(""),
        paid_fen=82000,
        points=820,
        tier_points=820,
    )
    return PointsHistory(
        points=6280,
        tier_points=18640,
        as_of=NOW,
        expiries=(Expiry(on=date(2026, 6, 30), points=1200),),
        movements=(movement,),
        months=(MonthSum(month="2026-05", earned=1020, spent=0, expired=0),),
        total=1,
        next_before=next_before,
    )


def a_change(feed: str, seq: int, entity: str, entity_id: str, value: msgspec.Struct | None) -> Change:
    payload = GONE if value is None else msgspec.Raw(codec.encode(value))
    return Change(feed=feed, seq=seq, entity=entity, entity_id=entity_id, payload=payload)


def an_enrolled(*, place: str = "kiosk-1") -> Enrolled:
    store = StoreProfile(
        slug="east", name=Text("城东店"), club=Text("行舟会"), time_zone="Asia/Shanghai", phone="400-000-0000"
    )
    return Enrolled(device_id="dev-kiosk-east-1", kind="kiosk", place=place, store=store, card_key=CARD_KEY, now=NOW)


def a_picture(content: bytes) -> Picture:
    return Picture(hashlib.sha256(content).hexdigest(), len(content), "image/webp")


def a_manifest(revision: int, *contents: bytes) -> Manifest:
    pictures = tuple(a_picture(content) for content in contents)
    board = Board("welcome", revision, "image", {"title": Text("欢迎")}, 15, tuple(one.sha256 for one in pictures))
    return Manifest(
        display="lounge-1",
        revision=revision,
        digest=hashlib.sha256(str(revision).encode()).hexdigest(),
        club=Text("行舟会"),
        store=Text("城东店"),
        time_zone="Asia/Shanghai",
        language="zh-CN",
        boards={"welcome": board},
        playlists=(Playlist("all-day", ("welcome",)),),
        slots=(Slot("default", "all-day"),),
        media=pictures,
    )
