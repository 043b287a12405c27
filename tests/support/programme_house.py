"""A club with rules of its own in empty books: bills and refunds are told to it, its clock is moved by hand."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path
from random import Random
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import select, update

from central_api import texts
from central_api.bills import service as bills
from central_api.bills.schemas import Bill, BillLine, BookedBill, BookedRefund, Refund, RefundedLine
from central_api.db import Database
from central_api.jobs import runner
from central_api.jobs.catalogue import JOBS
from central_api.jobs.job import Parts
from central_api.jobs.runner import Ran
from central_api.ledger import debts
from central_api.ledger import service as ledger
from central_api.ledger.tables import lots
from central_api.members.tables import members
from central_api.programme import service as programmes
from central_api.programme.birthday import BirthdayRules, Gift
from central_api.programme.content import Counting, DebtRules, PinRules, Programme, RedeemRules
from central_api.programme.earn_rules import Acceleration, Category, EarnRules, Exclusion, Multiplier, SteppedBonus
from central_api.programme.entitlement_rules import Entitlement, EntitlementRules
from central_api.programme.referral import ReferralRules
from central_api.programme.renewal import RenewalRules
from central_api.programme.spenders import Ranking
from central_api.programme.tier_rules import (
    Downgrade,
    Join,
    PointsPaid,
    Rung,
    Spend,
    StaffGrant,
    TierPoints,
    TierRules,
)
from central_api.security import keyring
from central_api.security.keyring import Keyring
from club.model.clock import Clock, PinnedClock
from club.model.text import Text
from club.model.tier import Tier
from tests.support import books as support
from tests.support.books import Books

S = TypeVar("S", bound=msgspec.Struct)
ZONE = "Asia/Shanghai"
TIERS = ("classic", "silver", "gold", "diamond")
FIRST = support.NOW - timedelta(days=800)  # when the rules begin


def _category(slug: str, group: str, **more: Any) -> Category:
    return Category(slug=slug, group=group, **{"points_per": 1, "validity_months": 12, **more})


EARN = EarnRules(
    categories=(
        _category("maintenance", "service"),
        _category("repair", "service"),
        _category("accessories", "retail", validity_months=6),
        _category("insurance", "insurance"),
        _category("vehicle", "sales", per_fen=10_000, accelerated=False, validity_months=24),
        _category("activity", "event", by="event", points_per=0, tier_points=False, accelerated=False),
        _category("referral", "event", by="event", points_per=0, tier_points=False, accelerated=False),
        _category(
            "birthday", "event", by="event", points_per=0, tier_points=False, accelerated=False, validity_months=3
        ),
    ),
    exclusions=(
        Exclusion(
            slug="insurer", reason=Text("保险公司付费，不计积分", "Paid by insurer, no points"), payers=("insurer",)
        ),
    ),
    acceleration=(Acceleration(tier="gold", percent=120),),
    multipliers=(
        Multiplier(
            slug="member-day",
            name=Text("会员日双倍", "Double points"),
            percent=200,
            categories=("maintenance",),
            days_of_month=(8,),
        ),
    ),
    stepped=(
        SteppedBonus(
            slug="full-thousand",
            name=Text("满千送百", "Bonus"),
            categories=("accessories",),
            each_full_fen=100_000,
            points=100,
        ),
    ),
    round_expiry_to="quarter-end",
)
DOWNGRADE = Downgrade(after_days=365, grace_days=15, keep_days=365, never_below="classic")
LADDER = TierRules(
    rungs=(
        Rung(slug="classic", rank=1, any_of=(Join(),)),
        Rung(
            slug="silver",
            rank=2,
            any_of=(
                TierPoints(at_least=5000),
                Spend(at_least_fen=600_000, within_days=365, groups=("service", "retail")),
                PointsPaid(points=800, reversible_hours=24),
                StaffGrant(),
            ),
        ),
        Rung(slug="gold", rank=3, any_of=(TierPoints(at_least=12_000), StaffGrant())),
        Rung(slug="diamond", rank=4, any_of=(TierPoints(at_least=25_000),)),
    ),
    downgrade=DOWNGRADE,
)
RENEWAL = RenewalRules(
    fee_fen=19_900, points=500, insurance_at_least_fen=300_000, lapsed_grace_days=30, remind_days=(45, 15, 3)
)
REFERRAL = ReferralRules(first_visit_points=100, vehicle_points=1000, cap_per_year=2, delay_days=15)
COUNTING = Counting(
    earn=EARN,
    ladder=LADDER,
    renewal=RENEWAL,
    birthday=BirthdayRules(
        gifts=(Gift(tier="classic", points=100), Gift(tier="silver", points=200), Gift(tier="gold", reward="wash")),
    ),
    referral=REFERRAL,
    rankings=(
        Ranking(slug="month-top-3", name=Text("本月前三"), per="month", rewards=("cash-100", "cash-50", "cash-50")),
        Ranking(slug="quarter-top", name=Text("本季第一"), per="quarter", rewards=("service",)),
    ),
    entitlements=EntitlementRules(
        entitlements=(
            Entitlement(
                slug="free-wash",
                name=Text("免费洗车", "Free wash"),
                department="service",
                value_fen=6000,
                counts={"silver": 2, "gold": 6, "diamond": 12},
            ),
            Entitlement(
                slug="detail-wash",
                name=Text("每月精洗", "Monthly detail wash"),
                per="month",
                department="service",
                value_fen=28_000,
                counts={"diamond": 2},
            ),
            Entitlement(
                slug="lounge", name=Text("贵宾室", "Lounge"), department="reception", value_fen=0, counts={"gold": 0}
            ),
        ),
        round_expiry_to="quarter-end",
    ),
    debt=DebtRules(rule="owe"),
)


def programme() -> Programme:
    """Rules of every tap, as far as bills need them there."""
    return Programme(
        club=Text("行舟会"),
        tagline=Text(""),
        time_zone=ZONE,
        tiers=tuple(Tier(slug, rank, Text(slug), 0, Text("")) for rank, slug in enumerate(TIERS, start=1)),
        pin=PinRules(tries=5, lock_minutes=15),
        redeem=RedeemRules(pin="always", uid_daily_cap=3000, reversible_days=7),
        show_expiries=3,
        lapsed_grace_days=30,
    )


@dataclass
class House:
    """Books with rules; `now` is the club's clock. Every act is a transaction of its own."""

    books: Books
    keyring: Keyring
    now: datetime = support.NOW
    numbers: int = 0
    rules: Counting = field(default=COUNTING)
    chance: Random = field(default_factory=lambda: Random(7))

    def put(self, counting: Counting, since: datetime = FIRST) -> None:
        """Let rules hold from an instant on."""
        self.rules = counting
        with self.books.db.write() as tx:
            programmes.add_version(tx, self.books.new_id(), programme(), since, since, counting)

    def member(self, tier: str = "classic", joined: date = date(2025, 5, 16), home: str = "east") -> str:
        """A new member without points, whose membership ends a year after `joined`."""
        found = self.books.member(home)
        values = {"tier": tier, "joined": joined, "valid_to": date(2026, 12, 31)}
        with self.books.db.write() as tx:
            tx.execute(update(members).where(members.c.id == found).values(**values))
        return found

    def bill(self, member: str, *lines: BillLine | int, at: datetime | None = None, number: str = "") -> Bill:
        """A bill of now; a bare number is fen for servicing."""
        self.numbers += 1
        told = tuple(
            one if isinstance(one, BillLine) else BillLine(line=str(place), category="maintenance", paid_fen=one)
            for place, one in enumerate(lines, start=1)
        )
        return Bill(
            source="dms",
            number=number or f"B{self.numbers}",
            member=member,
            store="east",
            at=at or self.now,
            lines=told,
        )

    def refund(self, bill: Bill, lines: Mapping[str, int] | None = None, at: datetime | None = None) -> Refund:
        """A refund of a bill, or of some fen of its lines."""
        self.numbers += 1
        told = tuple(RefundedLine(line=line, paid_fen=fen) for line, fen in (lines or {}).items())
        return Refund(source="dms", number=f"R{self.numbers}", bill=bill.number, at=at or bill.at, lines=told)

    def book(self, bill: Bill) -> BookedBill:
        """Tell the club a bill."""
        return self.books.db.run(lambda tx: bills.book(tx, bill, self.now, self.books.new_id, keyring=self.keyring))

    def give_back(self, refund: Refund) -> BookedRefund:
        """Tell the club a refund."""
        return self.books.db.run(lambda tx: bills.refund(tx, refund, self.now, self.books.new_id, keyring=self.keyring))

    def spend(self, member: str, points: int) -> None:
        """Let a member spend points."""
        with self.books.db.write() as tx:
            ledger.lock_member(tx, member)
            occasion = ledger.Occasion(kind="redeem", at=self.now, store="east")
            ledger.spend(tx, member, points, self.today, occasion, new_id=self.books.new_id)

    @property
    def today(self) -> date:
        """The store's day."""
        return texts.local_day(self.now, ZONE)

    def row(self, member: str) -> Any:
        """The member as kept."""
        with self.books.db.read() as tx:
            return tx.first(select(members).where(members.c.id == member))

    def points(self, member: str) -> tuple[int, int, int]:
        """What can be spent, tier points, and what is owed."""
        with self.books.db.read() as tx:
            found = ledger.balances(tx, member, self.today)
            return found.points, found.tier_points, debts.owed(tx, member)

    def lots(self, member: str) -> list[tuple[str, int]]:
        """Last day and points left of each lot that holds some."""
        query = select(lots.c.expires, lots.c.left).where(lots.c.member == member, lots.c.left > 0)
        with self.books.db.read() as tx:
            return sorted((row.expires.isoformat(), row.left) for row in tx.rows(query))

    def end(self, member: str) -> dict[str, Any]:
        """All that must not depend on the order of what was told."""
        row = self.row(member)
        return {
            "points": self.points(member),
            "lots": self.lots(member),
            "tier": row.tier,
            "valid_to": row.valid_to,
        }

    def faults(self) -> list[str]:
        """Whatever is wrong with the books."""
        return [str(fault) for fault in self.books.proof()[0]]

    @property
    def parts(self) -> Parts:
        """What jobs are run with."""
        return _Parts(self)

    def tick(self, *only: str) -> list[Ran]:
        """Run what is due, of the named jobs or of all."""
        jobs = [job for job in JOBS if not only or job.name in only]
        return runner.run_due(self.parts, only=jobs)

    def at(self, day: date, hour: int = 12, minute: int = 0) -> None:
        """Move the clock to an hour of a day in the store."""
        self.now = datetime.combine(day, time(hour, minute), ZoneInfo(ZONE))


@dataclass(frozen=True)
class _Parts:
    """The parts of the service that jobs need; the clock is the house's."""

    house: House

    @property
    def db(self) -> Database:
        return self.house.books.db

    @property
    def clock(self) -> Clock:
        return PinnedClock(self.house.now)

    @property
    def keyring(self) -> Keyring:
        return self.house.keyring

    @property
    def new_id(self) -> Callable[[], str]:
        return self.house.books.new_id

    @property
    def random_below(self) -> Callable[[int], int]:
        return self.house.chance.randrange


def furnish(books: Books, folder: Path, counting: Counting = COUNTING) -> House:
    """A club with rules in these empty books."""
    house = House(books, keyring.load_or_create(folder / "keys.toml"))
    house.put(counting)
    return house


def changed(value: S, **parts: Any) -> S:
    """The same rules, or bill, with some parts replaced."""
    return msgspec.structs.replace(value, **parts)
