"""Makes the values a kiosk works with: the drawn day's member, catalogue, answers."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from club.model.text import Text
from club.wire.cards import CardSession, Evidence, Expiry, MemberHome, RewardLimit, VoucherView
from club.wire.changes import MemberEntity, ProgrammeEntity, RewardCategoryEntity, RewardEntity, TierEntity
from club.wire.devices import StoreProfile
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
            "car-fridge", 7000, name=Text("车载冰箱", "Car fridge"), category="accessories", limit_times=0, order=6
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
