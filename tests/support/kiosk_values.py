"""Makes the values a kiosk works with: the drawn day's member, catalogue, answers."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from club.model.text import Text
from club.wire.cards import CardSession, Evidence, Expiry, MemberHome, RewardLimit, VoucherView
from club.wire.changes import (
    ActivityEntity,
    MemberEntity,
    ProgrammeEntity,
    RewardCategoryEntity,
    RewardEntity,
    TierEntity,
)
from club.wire.devices import StoreProfile
from club.wire.history import MonthSum, Movement, PointsHistory
from club.wire.rewards import Redeem, Redeemed

DRAWN = datetime(2026, 5, 16, 6, 32, tzinfo=UTC)  # Saturday 14:32 in the store
SESSION = "session-0001"
HASH = "ab" * 32


def a_tier(slug: str, rank: int, zh: str, en: str, tier_points: int) -> TierEntity:
    return TierEntity(slug=slug, rank=rank, name=Text(zh, en), summary=Text(""), tier_points=tier_points)


def a_programme(pin_at_redeem: str = "always") -> ProgrammeEntity:
    return ProgrammeEntity(
        club=Text("行舟会", "Xingzhou Club"),
        tagline=Text("欢迎回家，先喝杯茶。", "Welcome back. Tea first."),
        tiers=(
            a_tier("classic", 1, "普通", "Classic", 0),
            a_tier("silver", 2, "银卡", "Silver", 5000),
            a_tier("gold", 3, "金卡", "Gold", 12000),
            a_tier("diamond", 4, "钻石", "Diamond", 25000),
        ),
        pin_at_redeem=pin_at_redeem,
        reversible_days=7,
        pin_tries=5,
        pin_lock_minutes=15,
    )


def a_store() -> StoreProfile:
    return StoreProfile(
        slug="east",
        name=Text("城东店", "East store"),
        club=Text("行舟会", "Xingzhou Club"),
        time_zone="Asia/Shanghai",
        phone="400-0000-1001",
    )


def a_reward(slug: str = "basic-service-voucher", points: int = 1200, **changes: Any) -> RewardEntity:
    values: dict[str, Any] = {
        "slug": slug,
        "name": Text("基础保养券", "Basic service voucher"),
        "line": Text("机油机滤，含工时", "Oil and filter, labour included"),
        "category": "service",
        "points": points,
        "points_by_tier": {},
        "tiers": (),
        "value_fen": 58000,
        "stock_left": None,
        "sold_out": False,
        "limit_per": "month",
        "limit_times": 2,
        "valid_days": 90,
        "stores": (Text("城东店", "East store"), Text("城西店", "West store")),
        "fits": Text("家用轿车、SUV（机油 ≤ 5 升）", "Family cars and SUVs, up to 5 litres of oil"),
        "terms": Text("接车时出示券码，不与折扣同享", "Show the code at check-in; not combined with discounts"),
        "picture": slug,
        "badge": "",
        "order": 1,
    }
    return RewardEntity(**(values | changes))


def the_rewards() -> tuple[RewardEntity, ...]:
    """Six rewards of the drawn catalogue: two cheap ones, one dear, one of a tier, one sold out, one at its limit."""
    return (
        a_reward(badge="expiring"),
        a_reward(
            "detail-wash",
            600,
            name=Text("精洗券", "Detail wash"),
            line=Text("内外精洗 1 次", "One full wash, inside and out"),
            category="wash",
            limit_times=3,
            order=2,
        ),
        a_reward(
            "ceramic-coating",
            12000,
            name=Text("全车镀晶护理", "Ceramic coating"),
            tiers=("diamond",),
            limit_per="year",
            limit_times=1,
            order=4,
        ),
        a_reward(
            "car-fridge",
            7000,
            picture="air-fragrance",
            name=Text("车载冰箱", "Car fridge"),
            category="accessories",
            limit_times=0,
            order=6,
        ),
        a_reward("tumbler", 800, name=Text("随行杯", "Tumbler"), category="accessories", sold_out=True, order=7),
        a_reward("fuel-card-100", 2000, name=Text("100 元油卡", "¥100 fuel card"), category="fuel", order=3),
    )


def the_categories() -> tuple[RewardCategoryEntity, ...]:
    names = (
        ("service", "保养券", "Service"),
        ("wash", "洗车券", "Wash"),
        ("fuel", "油卡", "Fuel card"),
        ("accessories", "精品", "Accessories"),
    )
    return tuple(
        RewardCategoryEntity(slug=slug, name=Text(zh, en), order=place) for place, (slug, zh, en) in enumerate(names, 1)
    )


def an_activity(slug: str = "lakeside-road-trip", **changes: Any) -> ActivityEntity:
    """The drawn road trip: 6 cars left, opened to gold before classic."""
    values: dict[str, Any] = {
        "slug": slug,
        "state": "open",
        "kind": Text("自驾游", "Road trip"),
        "title": Text("湖山两日自驾游", "Two-day lakeside drive"),
        "line": Text("环湖公路 180 公里", "180 km around the lake"),
        "place": Text("城东店集合", "Meet at East store"),
        "unit": Text("车", "cars"),
        "starts": datetime(2026, 6, 6, 0, 0, tzinfo=UTC),
        "ends": datetime(2026, 6, 7, 8, 30, tzinfo=UTC),
        "closes": datetime(2026, 6, 2, 10, 0, tzinfo=UTC),
        "capacity": 24,
        "taken": 18,
        "fee_points": 600,
        "fee_fen": 29900,
        "opens_by_tier": {
            "diamond": DRAWN - timedelta(days=12),
            "gold": DRAWN - timedelta(days=10),
            "silver": DRAWN - timedelta(days=3),
            "classic": datetime(2026, 5, 20, 2, 0, tzinfo=UTC),
        },
        "picture": slug,
        "order": 1,
    }
    return ActivityEntity(**(values | changes))


def the_activities() -> tuple[ActivityEntity, ...]:
    """One with places, one full, one that opens later, one gone by."""
    kites = datetime(2026, 5, 30, 1, 30, tzinfo=UTC)
    fruit = datetime(2026, 6, 27, 1, 0, tzinfo=UTC)
    tea = datetime(2026, 5, 1, 20, 30, tzinfo=UTC)
    everybody = {tier: DRAWN - timedelta(days=14) for tier in ("classic", "silver", "gold", "diamond")}
    return (
        an_activity(),
        an_activity(
            "family-kite-day",
            kind=Text("亲子", "Family"),
            title=Text("亲子风筝日", "Family kite day"),
            place=Text("滨河公园草坪", "Riverside lawn"),
            starts=kites,
            ends=kites + timedelta(hours=3),
            closes=kites - timedelta(days=1),
            taken=24,
            opens_by_tier=everybody,
            order=2,
        ),
        an_activity(
            "fruit-picking",
            state="planned",
            title=Text("采摘日"),
            starts=fruit,
            ends=fruit + timedelta(hours=6),
            closes=fruit - timedelta(days=4),
            taken=0,
            opens_by_tier={"gold": DRAWN + timedelta(days=8)},
            order=3,
        ),
        an_activity(
            "tea-hill-drive",
            state="past",
            title=Text("春日茶山自驾", "Spring tea hills drive"),
            starts=tea,
            ends=tea + timedelta(hours=12),
            closes=tea - timedelta(days=3),
            taken=24,
            opens_by_tier=everybody,
            order=9,
        ),
    )


def a_movement(movement_id: str = "mv-0001", **changes: Any) -> Movement:
    values: dict[str, Any] = {
        "id": movement_id,
        "at": DRAWN - timedelta(hours=1),
        "kind": "earned",
        "category": "maintenance",
        "title": Text("基础保养", "Basic service"),
        "note": Text(""),
        "paid_fen": 82000,
        "points": 820,
        "tier_points": 820,
    }
    return Movement(**(values | changes))


def the_movements() -> tuple[Movement, ...]:
    """The first lines of the drawn history, one of each kind."""
    day = timedelta(days=1)
    return (
        a_movement(),
        a_movement("mv-0002", at=DRAWN - 14 * day, category="activity", title=Text("春日茶山自驾", "Spring tea hills drive"),
                   note=Text("活动签到奖励", "Event check-in bonus"), paid_fen=0, points=200, tier_points=0),
        a_movement("mv-0003", at=DRAWN - 28 * day, kind="spent", category="", title=Text("兑换精洗券 ×1", "Detail wash × 1"),
                   paid_fen=0, points=-600, tier_points=0, code_tail="63"),
        a_movement("mv-0004", at=DRAWN - 35 * day, category="insurer-paid", title=Text("事故维修", "Accident repair"),
                   note=Text("保险公司付费，不计积分", "Paid by insurer, no points"), paid_fen=460000, points=0, tier_points=0,
                   excluded=True),
        a_movement("mv-0005", at=DRAWN - 46 * day, kind="expired", category="", title=Text("到期清零", "Expired"),
                   note=Text("2025 年一季度积分", "Points of Q1 2025"), paid_fen=0, points=-350, tier_points=0),
        a_movement("mv-0006", at=DRAWN - 68 * day, category="insurance", title=Text("续保", "Insurance renewal"),
                   paid_fen=320000, points=3200, tier_points=3200),
    )  # fmt: skip


def a_history(movements: tuple[Movement, ...] | None = None, **changes: Any) -> PointsHistory:
    """A page of the drawn history, with the drawn plan of expiries."""
    listed = the_movements() if movements is None else movements
    values: dict[str, Any] = {
        "points": 6280,
        "tier_points": 18640,
        "as_of": DRAWN,
        "expiries": (
            Expiry(on=date(2026, 6, 30), points=1200),
            Expiry(on=date(2026, 9, 30), points=860),
            Expiry(on=date(2026, 12, 31), points=2100),
            Expiry(on=date(2027, 3, 31), points=1020),
            Expiry(on=date(2027, 6, 30), points=1100),
        ),
        "movements": listed,
        "months": (
            MonthSum(month="2026-05", earned=1020, spent=0, expired=0),
            MonthSum(month="2026-04", earned=0, spent=600, expired=0),
            MonthSum(month="2026-03", earned=3200, spent=0, expired=350),
        ),
        "total": len(listed),
    }
    return PointsHistory(**(values | changes))


def a_voucher(voucher_id: str = "v-0001", **changes: Any) -> VoucherView:
    values: dict[str, Any] = {
        "voucher_id": voucher_id,
        "code": "3F8P2X6R41",
        "qr": "XZV1:3F8P2X6R41",
        "reward": "detail-wash",
        "name": Text("精洗券", "Detail wash"),
        "line": Text("内外精洗 1 次", "One full wash, inside and out"),
        "category": "wash",
        "picture": "detail-wash",
        "stores": (Text("城东店", "East store"), Text("城西店", "West store")),
        "terms": Text("到店出示券码", "Show the code on arrival"),
        "state": "issued",
        "issued_at": DRAWN - timedelta(days=45),
        "valid_to": date(2026, 5, 31),
    }
    return VoucherView(**(values | changes))


def a_home(**changes: Any) -> MemberHome:
    """王先生 as drawn: gold, 6,280 / 18,640, 1,200 of it till 30 June."""
    values: dict[str, Any] = {
        "member_id": "m0001",
        "surname": Text("王", "Wang"),
        "title": Text("先生", "Mr"),
        "language": "zh-CN",
        "tier": "gold",
        "card_number": "8800 **** 2719",
        "card_face": "gold",
        "valid_to": date(2027, 3, 31),
        "points": 6280,
        "tier_points": 18640,
        "as_of": DRAWN,
        "expiries": (Expiry(on=date(2026, 6, 30), points=1200), Expiry(on=date(2026, 12, 31), points=2000)),
        "saved_this_year_fen": 238600,
        "vouchers": (
            a_voucher(),
            a_voucher("v-0002", code="9D5H4W7C08", qr="XZV1:9D5H4W7C08", reward="cash-voucher-100", name=Text("代金券", "Cash voucher"),
                      line=Text("结算满 500 元可用", "On bills over ¥500"), category="cash", valid_to=date(2026, 12, 31)),
            a_voucher("v-0003", state="fulfilled", closed_at=DRAWN - timedelta(days=13)),
        ),
        "limits": (RewardLimit(reward="basic-service-voucher", left=2), RewardLimit(reward="fuel-card-100", left=0)),
        "pin_set": True,
        "service_line": Text("您的爱车正在保养，预计 15:40 可交车", "Your car is being serviced, ready about 15:40"),
    }  # fmt: skip
    return MemberHome(**(values | changes))


MEMBER_CODE = "00112233445566778899AABBCCDDEEFF"


def a_session(session_id: str = SESSION, assurance: str = "cryptogram", **changes: Any) -> CardSession:
    return CardSession(session_id=session_id, assurance=assurance, opened_at=DRAWN, member=a_home(**changes))  # type: ignore[arg-type]


def a_mirror_member(**changes: Any) -> MemberEntity:
    values: dict[str, Any] = {
        "card_hash": HASH,
        "surname": Text("王", "Wang"),
        "title": Text("先生", "Mr"),
        "tier": "gold",
        "points": 6280,
        "tier_points": 18640,
        "as_of": DRAWN - timedelta(minutes=27),
        "card_state": "active",
    }
    return MemberEntity(**(values | changes))


def an_evidence(uid: str = "04BF3929190E8A", sun_url: str | None = "https://club.invalid/t?e=AA&c=BB") -> Evidence:
    return Evidence(uid=uid, family="ntag424", sun_url=sun_url)


def a_redeemed(command: Redeem, **changes: Any) -> Redeemed:
    vouchers = tuple(
        a_voucher(
            f"v-new-{place}",
            code="7K2M9Q4T63",
            qr="XZV1:7K2M9Q4T63",
            reward=command.reward,
            name=Text("基础保养券", "Basic service voucher"),
            line=Text("机油机滤，含工时", "Oil and filter, labour included"),
            category="service",
            issued_at=DRAWN,
            valid_to=date(2026, 8, 14),
        )
        for place in range(command.quantity)
    )
    values: dict[str, Any] = {
        "command_id": command.command_id,
        "redemption_id": "r-0001",
        "reward": command.reward,
        "quantity": command.quantity,
        "points_taken": command.unit_points * command.quantity,
        "points": 6280 - command.unit_points * command.quantity,
        "tier_points": 18640,
        "vouchers": vouchers,
        "at": DRAWN,
    }
    return Redeemed(**(values | changes))
