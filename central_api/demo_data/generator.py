"""Makes two years of history for the members nobody wrote one for: the same rows for the same seed and day.

A typed port of the reference generator that came with the content; a test holds both to the same figures.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from typing import Any

from dateutil.relativedelta import relativedelta

from central_api.demo_data.files import DemoFolder, LedgerRow, MemberRow, VoucherRow
from central_api.demo_data.lots import Book
from club.model.relative_dates import RelativeDates

_NO_DAY = date.min


class Draws:
    """A stream of whole numbers that depends on the seed only, on every version of Python."""

    def __init__(self, seed: str) -> None:
        self._seed, self._count = seed, 0

    def between(self, low: int, high: int) -> int:
        """The next number, low <= x <= high."""
        self._count += 1
        digest = hashlib.sha256(f"{self._seed}#{self._count}".encode()).digest()
        return low + int.from_bytes(digest[:8], "big") % (high - low + 1)

    def weighted(self, weights: list[int]) -> int:
        """The next index, each as likely as its weight."""
        left = self.between(0, sum(weights) - 1)
        for index, weight in enumerate(weights):
            left -= weight
            if left < 0:
                return index
        raise AssertionError("the weights sum to more than was drawn")


@dataclass(frozen=True, slots=True)
class _Event:
    """Points earned: what the ledger row will say. `tier` grows the tier points."""

    at: datetime
    kind: str
    category: str
    points: int
    tier: int
    title_zh: str
    title_en: str
    expires: str = ""
    paid_fen: int = 0


@dataclass(slots=True)
class _Written:
    """One member's rows so far. Times are local to the store and carry no zone, as in the files."""

    member: MemberRow
    today: date
    rows: list[LedgerRow] = field(default_factory=list)
    vouchers: list[VoucherRow] = field(default_factory=list)

    def write(self, at: datetime, row: LedgerRow) -> None:
        number = f"{self.member.id}-{len(self.rows) + 1:02d}"
        when = f"{self.relative(at.date())} {at:%H:%M}"
        self.rows.append(replace(row, row=number, when=when, store=self.member.home_store))

    def relative(self, day: date) -> str:
        return f"{(day - self.today).days:+d}d"


class Generator:
    """Makes histories for one day.

    Args:
        folder: the demo content.
        dates: reads its dates, seen from the day.
    """

    def __init__(self, folder: DemoFolder, dates: RelativeDates) -> None:
        self._folder = folder
        self._dates = dates
        self._today = dates.today
        self._settings: Mapping[str, Any] = folder.story["generator"]
        self._tiers = next(ladder for ladder in folder.programme["ladder"] if ladder["enabled"])["tier"]
        self._months = {row["slug"]: row.get("validity_months", 0) for row in folder.programme["category"]}
        wanted = self._settings["redeem_rewards"]
        self._prices = [row for row in folder.rewards["reward"] if row["slug"] in wanted]

    def history(self, member: MemberRow) -> tuple[list[LedgerRow], list[VoucherRow]]:
        """Ledger rows and vouchers of one member, oldest first."""
        profile = next(row for row in self._folder.story["profile"] if row["slug"] == member.profile)
        draw = Draws(f"{self._settings['seed']}:{member.id}")
        events = self._events(member, profile, draw)
        written, book, tier = _Written(member, self._today), Book(), 0
        for number, event in enumerate(sorted(events, key=lambda one: one.at), 1):
            self._expire(written, book, event.at.date())
            row = self._row(event, number, member, tier)
            if row.expires:
                book.earn(str(len(written.rows)), row.points, self._dates.day(row.expires))
            tier += row.tier_points
            written.write(event.at, row)
            self._maybe_redeem(written, book, profile, draw, event.at, (one.at for one in events))
        self._expire(written, book, self._today)
        return written.rows, written.vouchers

    def _events(self, member: MemberRow, profile: Mapping[str, Any], draw: Draws) -> list[_Event]:
        joined = self._dates.day(member.joined)
        first = max(joined, self._today - timedelta(days=self._settings["days"]))
        rest = draw.between(*profile["tier_points"][member.tier])
        events = []
        if joined < first:
            carried = rest * draw.between(*self._settings["share_opening_percent"]) // 100
            rest -= carried
            opening = datetime.combine(first, time(8))
            events.append(_Event(opening, "opening", "", 0, carried, "历史累计结转", "Carried over"))
        else:
            gift = self._folder.programme["membership"]["activation_points"]
            rest -= gift
            welcome = datetime.combine(joined, time(10))
            events.append(_Event(welcome, "bonus", "join", gift, gift, "新会员激活礼", "Welcome bonus"))
        for extra in profile.get("extra", []):
            at = self._dates.instant(extra["when"]).replace(tzinfo=None)
            names = extra["title_zh"], extra["title_en"]
            events.append(_Event(at, "bonus", extra["category"], extra["points"], 0, *names, expires=extra["expires"]))
        count = draw.between(*profile["bills"])
        if rest > 0 and count:
            events += self._bills(profile, draw, first, rest, count)
        return events

    def _bills(self, profile: Mapping[str, Any], draw: Draws, first: date, rest: int, count: int) -> Iterable[_Event]:
        last = max(self._today - timedelta(days=draw.between(*profile["last"])), first + timedelta(days=1))
        span = (last - first).days
        third = max(0, span // count // 3)
        steps = {last - timedelta(days=span * n // count + draw.between(0, third)) for n in range(1, count)}
        days = [day for day in sorted(steps | {last}) if first < day <= last]
        weights = [draw.between(20, 100) for _ in days]
        shares = [rest * weight // sum(weights) for weight in weights]
        shares[-1] += rest - sum(shares)
        kinds = self._settings["bill"]
        renewed = _NO_DAY
        for day, points in zip(days, shares, strict=True):
            kind = kinds[draw.weighted([row["weight"] for row in kinds])]
            if kind["category"] == "insurance":
                if (day - renewed).days < 330:  # insurance is renewed once a year
                    kind = kinds[0]
                else:
                    renewed = day
            title = draw.between(0, len(kind["titles_zh"]) - 1)
            at = datetime.combine(day, time(draw.between(9, 16), draw.between(0, 59)))
            if points:
                names = kind["titles_zh"][title], kind["titles_en"][title]
                yield _Event(at, "bill", kind["category"], points, points, *names, paid_fen=points * 100)

    def _row(self, event: _Event, number: int, member: MemberRow, tier: int) -> LedgerRow:
        row = LedgerRow(
            row="",
            member=member.id,
            when="",
            kind=event.kind,
            category=event.category,
            title_zh=event.title_zh,
            title_en=event.title_en,
            paid_fen=event.paid_fen,
            points=event.points,
            tier_points=event.tier,
        )
        if event.kind == "opening":
            return row
        bill = f"G{member.id[1:]}{number:03d}" if event.kind == "bill" else ""
        percent = self._tier(tier)["acceleration_percent"] if event.kind == "bill" else 100
        ends = self._dates.day(event.expires) if event.expires else self._expiry(event.category, event.at.date())
        expires = f"{(ends - self._today).days:+d}d"
        return replace(row, bill=bill, points=event.points * percent // 100, expires=expires)

    def _maybe_redeem(
        self,
        written: _Written,
        book: Book,
        profile: Mapping[str, Any],
        draw: Draws,
        at: datetime,
        others: Iterable[datetime],
    ) -> None:
        # Everything is drawn before anything is decided, so that the stream does not depend on the decisions.
        wanted = draw.between(1, 100) <= profile["redeem_percent"]
        later = at + timedelta(days=draw.between(3, 40), hours=1)
        until = min((other for other in others if other > at), default=datetime.combine(self._today, time(0)))
        choice = self._prices[draw.between(0, len(self._prices) - 1)]
        fate, after = draw.between(1, 100), draw.between(1, 25)
        if not wanted or later >= until:
            return
        self._expire(written, book, later.date())
        if choice["points"] > book.balance:
            return
        book.spend(choice["points"])
        member = written.member
        code = f"v-{member.id}-{len(written.vouchers) + 1:02d}"
        blank = " " if choice["zh"][0].isdigit() else ""
        row = LedgerRow(
            row="",
            member=member.id,
            when="",
            kind="redeem",
            points=-choice["points"],
            reward=choice["slug"],
            voucher=code,
            title_zh=f"兑换{blank}{choice['zh']} ×1",
            title_en=f"Redeemed: {choice['en']}",
        )
        written.write(later, row)
        written.vouchers.append(self._voucher(written, code, choice, later, fate, after))

    def _voucher(
        self, written: _Written, code: str, reward: Mapping[str, Any], at: datetime, fate: int, after: int
    ) -> VoucherRow:
        ends = at.date() + timedelta(days=reward["valid_days"])
        used = at.date() + timedelta(days=min(after, reward["valid_days"]))
        if fate <= self._settings["voucher_used_percent"] and used < self._today:
            state, closed, by = "fulfilled", f"{written.relative(used)} 11:00", written.member.adviser
        elif ends < self._today:
            state, closed, by = "expired", f"{written.relative(ends)} 23:59", ""
        else:
            state, closed, by = "issued", "", ""
        issued = f"{written.relative(at.date())} {at:%H:%M}"
        valid_to = written.relative(ends)
        return VoucherRow(code, written.member.id, reward["slug"], "redeem", issued, valid_to, state, closed, by)

    def _expire(self, written: _Written, book: Book, day: date) -> None:
        for when, points in book.expire_before(day):
            row = LedgerRow(
                row="",
                member=written.member.id,
                when="",
                kind="expire",
                points=-points,
                title_zh="到期清零",
                title_en="Expired",
            )
            written.write(datetime.combine(when, time(23, 59)), row)

    def _tier(self, points: int) -> Mapping[str, Any]:
        reached: Mapping[str, Any] = max(
            (tier for tier in self._tiers if tier["tier_points"] <= points), key=lambda tier: tier["rank"]
        )
        return reached

    def _expiry(self, category: str, earned: date) -> date:
        ends = earned + relativedelta(months=self._months[category])
        quarter = ends.replace(month=(ends.month - 1) // 3 * 3 + 1, day=1)
        return quarter + relativedelta(months=3, days=-1)
