"""Rules and bills for these tests, fixed ones and drawn ones."""

from datetime import UTC, date, datetime, timedelta

from hypothesis import strategies as st

from central_api.programme.dates import RoundTo
from central_api.programme.earn_rules import Acceleration, Category, EarnRules, Exclusion, Multiplier, SteppedBonus
from central_api.programme.earning import Bill, Line
from club.model.text import Text

AMOUNTS = ("maintenance", "repair", "accessories", "vehicle")
TIERS = ("classic", "silver", "gold", "diamond")
ZONES = ("Asia/Shanghai", "Europe/Berlin", "America/New_York", "Pacific/Kiritimati")
FEN = st.integers(0, 5_000_000)
ROUNDINGS: tuple[RoundTo, ...] = ("none", "month-end", "quarter-end", "year-end")


def category(slug: str, points_per: int = 1, per_fen: int = 100, months: int = 12) -> Category:
    return Category(slug=slug, group="service", points_per=points_per, per_fen=per_fen, validity_months=months)


def bill(*lines: Line, at: datetime = datetime(2026, 5, 16, 6, 32, tzinfo=UTC), tier: str = "classic") -> Bill:
    return Bill("b1", at, "Asia/Shanghai", tier, lines, "m1")


def paid(fen: int, slug: str = "maintenance", line: str = "1") -> Line:
    return Line(line, slug, fen)


def instants(first_year: int, last_year: int) -> st.SearchStrategy[datetime]:
    """Instants in UTC, to the second."""
    start, end = datetime(first_year, 1, 1, tzinfo=UTC), datetime(last_year + 1, 1, 1, tzinfo=UTC)
    return st.integers(0, int((end - start).total_seconds()) - 1).map(
        lambda seconds: start + timedelta(seconds=seconds)
    )


def categories() -> st.SearchStrategy[tuple[Category, ...]]:
    one = st.tuples(st.integers(0, 7), st.sampled_from([1, 3, 100, 700, 10_000]), st.integers(1, 24))
    return st.tuples(*(one for _ in AMOUNTS)).map(
        lambda drawn: tuple(category(slug, *numbers) for slug, numbers in zip(AMOUNTS, drawn, strict=True))
    )


def exclusions() -> st.SearchStrategy[Exclusion]:
    return st.builds(
        lambda slug, payers, named, goods: Exclusion(
            slug=slug, reason=Text("不计积分"), payers=payers or ("insurer",), categories=named, goods=goods
        ),
        st.sampled_from(["x1", "x2", "x3", "x4"]),
        st.sampled_from([(), ("insurer",), ("insurer", "member")]),
        st.lists(st.sampled_from(AMOUNTS), unique=True, max_size=2).map(tuple),
        st.sampled_from([(), ("gift-card",), ("tyre", "gift-card")]),
    )


def multipliers() -> st.SearchStrategy[Multiplier]:
    days = st.none() | st.dates(date(2024, 1, 1), date(2030, 1, 1))
    return st.builds(
        Multiplier,
        slug=st.sampled_from(["n1", "n2", "n3", "n4"]),
        name=st.just(Text("多倍")),
        percent=st.integers(100, 300),
        categories=st.lists(st.sampled_from(AMOUNTS), unique=True, max_size=3).map(tuple),
        tiers=st.lists(st.sampled_from(TIERS), unique=True, max_size=2).map(tuple),
        starts=days,
        ends=days,
        days_of_month=st.lists(st.integers(1, 31), unique=True, max_size=5).map(tuple),
        weekdays=st.lists(st.integers(1, 7), unique=True, max_size=3).map(tuple),
    )


def stepped(cap: st.SearchStrategy[int]) -> st.SearchStrategy[SteppedBonus]:
    return st.builds(
        SteppedBonus,
        slug=st.sampled_from(["s1", "s2", "s3"]),
        name=st.just(Text("满额")),
        categories=st.lists(st.sampled_from(AMOUNTS), unique=True, min_size=1, max_size=3).map(tuple),
        each_full_fen=st.sampled_from([1, 999, 100_000, 250_000]),
        points=st.integers(0, 200),
        cap_points=cap,
    )


CAPS = st.sampled_from([0, 100, 500])


def rules(cap: st.SearchStrategy[int] = CAPS) -> st.SearchStrategy[EarnRules]:
    return st.builds(
        EarnRules,
        categories=categories(),
        exclusions=st.lists(exclusions(), unique_by=lambda one: one.slug, max_size=3).map(tuple),
        acceleration=st.lists(
            st.builds(Acceleration, tier=st.sampled_from(TIERS), percent=st.integers(100, 250)),
            unique_by=lambda one: one.tier,
            max_size=4,
        ).map(tuple),
        multipliers=st.lists(multipliers(), unique_by=lambda one: one.slug, max_size=4).map(tuple),
        stepped=st.lists(stepped(cap), unique_by=lambda one: one.slug, max_size=3).map(tuple),
        round_expiry_to=st.sampled_from(ROUNDINGS),
    )


def lines() -> st.SearchStrategy[tuple[Line, ...]]:
    one = st.builds(
        Line,
        id=st.just("1"),
        category=st.sampled_from(AMOUNTS),
        paid_fen=FEN,
        goods=st.sampled_from([(), ("tyre",), ("gift-card",)]),
        payer=st.sampled_from(["member", "insurer"]),
    )
    return st.lists(one, min_size=1, max_size=5).map(
        lambda drawn: tuple(
            Line(str(number), each.category, each.paid_fen, each.points, each.goods, each.payer)
            for number, each in enumerate(drawn, start=1)
        )
    )


def bills() -> st.SearchStrategy[Bill]:
    return st.builds(
        Bill,
        id=st.just("b1"),
        at=instants(2024, 2029),
        time_zone=st.sampled_from(ZONES),
        tier=st.sampled_from(TIERS),
        lines=lines(),
        member=st.sampled_from(["m1", "m2"]),
    )
