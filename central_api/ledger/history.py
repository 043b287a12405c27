"""Tells a member's booked entries as the movements of a points history: a bill's lines together, newest first (K3)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from dateutil.relativedelta import relativedelta
from sqlalchemy import bindparam, func, select

from central_api import texts
from central_api.db import Tx
from central_api.ledger import moves
from central_api.ledger.tables import accounts, ledger_entries, ledger_postings, lot_uses, lots
from central_api.members import repository as members
from club.model import errors
from club.model.text import Text
from club.wire.cards import Expiry
from club.wire.history import MonthSum, Movement, MovementKind
from club.words import words

MONTHS = 12
PAGE = 20
_EARNED: frozenset[MovementKind] = frozenset({"earned", "returned"})
SHOWN: Mapping[str, frozenset[MovementKind] | None] = {
    "": None,
    "earned": _EARNED,  # points that came back can be spent again: a member looks for them here
    "spent": frozenset({"spent"}),
    "expired": frozenset({"expired"}),
}
"""Which kinds of movement each filter lets through; None: all."""

_KINDS: Mapping[str, MovementKind] = {
    "bill": "earned",
    "bonus": "earned",
    "redeem": "spent",
    "reverse": "returned",
    "expire": "expired",
    "opening": "opening",
}
_EXCLUDED = frozenset({"insurer-paid", "warranty-paid", "government-fee"})  # categories with a reason of their own
_TOLD = frozenset({"exclusion", "multiplier", "stepped-bonus"})  # steps whose rule the club named
_NOTED = frozenset({"activity"})  # bonuses whose title is not the reason

# Who was merged into a member brought their history; the two entries by which points changed hands are no movement of theirs.
_OF_FAMILY = ledger_entries.c.member.in_(bindparam("family", expanding=True))
_ENTRIES = (
    select(ledger_entries, accounts.c.track, func.sum(ledger_postings.c.amount).label("amount"))
    .outerjoin(ledger_postings, ledger_postings.c.entry == ledger_entries.c.id)
    .outerjoin(accounts, accounts.c.id == ledger_postings.c.account)
    .where(_OF_FAMILY, ledger_entries.c.at >= bindparam("since"))
    .where(ledger_entries.c.category.not_in([moves.MERGE, moves.UNDO]))
    .where((accounts.c.member == ledger_entries.c.member) | accounts.c.id.is_(None))
    .group_by(ledger_entries.c.id, accounts.c.track)
)
_LOTS = (
    select(lots.c.entry, lots.c.expires, lots.c.earned)
    .join(ledger_entries, ledger_entries.c.id == lots.c.entry)
    .where(_OF_FAMILY, ledger_entries.c.at >= bindparam("since"))
)
_EXPIRED_LOTS = (
    select(lot_uses.c.entry, lots.c.earned_at)
    .join(lots, lots.c.id == lot_uses.c.lot)
    .join(ledger_entries, ledger_entries.c.id == lot_uses.c.entry)
    .where(_OF_FAMILY, ledger_entries.c.at >= bindparam("since"))
    .where(ledger_entries.c.kind == "expire")
)


@dataclass(frozen=True, slots=True)
class Bought:
    """What a redemption's entry paid for: the reward's name, pieces, and the last two symbols of each voucher's code."""

    name: Text
    quantity: int
    tails: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Line:
    """An entry with what it moved on both tracks, its lots, and (expired) when its points were earned."""

    row: Any
    points: int
    tier_points: int
    expires: tuple[Expiry, ...]
    earned_at: tuple[datetime, ...]


def since(now: datetime, time_zone: str) -> datetime:
    """From when on the history tells: the first moment of the same calendar day twelve months ago."""
    return texts.day_starts(texts.local_day(now, time_zone) - relativedelta(months=MONTHS), time_zone)


def movements(
    tx: Tx, member: str, start: datetime, time_zone: str, bought: Mapping[str, Bought]
) -> tuple[Movement, ...]:
    """Every movement of a member since `start`, newest first. Reads only.

    Args:
        tx: a unit of work.
        member: id.
        start: the first instant (see `since`).
        time_zone: the store's, in which quarters are counted.
        bought: what each redemption's entry paid for, by the entry's id.
    """
    groups: dict[str, list[_Line]] = {}
    for line in _lines(tx, member, start):
        groups.setdefault(f"bill:{line.row.bill}" if line.row.bill else line.row.id, []).append(line)
    found = [_movement(lines, time_zone, bought) for lines in groups.values()]
    return tuple(sorted(found, key=lambda movement: (movement.at, movement.id), reverse=True))


def month_sums(found: Sequence[Movement], time_zone: str) -> tuple[MonthSum, ...]:
    """What each month of the store's calendar brought and took, newest first; months without a movement are left out."""
    sums: dict[str, dict[str, int]] = {}
    for movement in found:
        month = sums.setdefault(f"{movement.at.astimezone(ZoneInfo(time_zone)):%Y-%m}", {})
        kind = "earned" if movement.kind in _EARNED or movement.kind == "opening" else movement.kind
        month[kind] = month.get(kind, 0) + abs(movement.points)
    return tuple(
        MonthSum(month=month, earned=by.get("earned", 0), spent=by.get("spent", 0), expired=by.get("expired", 0))
        for month, by in sorted(sums.items(), reverse=True)
    )


def page(found: Sequence[Movement], before: str) -> tuple[tuple[Movement, ...], str]:
    """One page of movements, and what asks for the next (empty: there is none).

    Args:
        found: all that the filter lets through, newest first.
        before: the mark that the page before came with; empty asks for the first.

    Raises:
        Malformed: no movement has this mark.
    """
    start = 0
    if before:
        places = [place for place, movement in enumerate(found) if movement.id == before]
        if not places:
            raise errors.Malformed("expected `before` as the page before gave it, found another", field="before")
        start = places[0] + 1
    shown = tuple(found[start : start + PAGE])
    return shown, shown[-1].id if start + PAGE < len(found) else ""


def _lines(tx: Tx, member: str, start: datetime) -> list[_Line]:
    asked = {"family": members.family(tx, member), "since": start}
    rows: dict[str, Any] = {}
    amounts: dict[tuple[str, str | None], int] = {}
    for row in tx.rows(_ENTRIES, asked):
        rows[row.id] = row
        amounts[row.id, row.track] = int(row.amount or 0)
    expires: dict[str, list[Expiry]] = {}
    for row in tx.rows(_LOTS, asked):
        expires.setdefault(row.entry, []).append(Expiry(on=row.expires, points=int(row.earned)))
    earned: dict[str, list[datetime]] = {}
    for row in tx.rows(_EXPIRED_LOTS, asked):
        earned.setdefault(row.entry, []).append(row.earned_at)
    return [
        _Line(
            row,
            amounts.get((name, "points"), 0),
            amounts.get((name, "tier"), 0),
            tuple(expires.get(name, ())),
            tuple(earned.get(name, ())),
        )
        for name, row in sorted(rows.items(), key=lambda one: (one[1].facts.get("place", 0), one[0]))
    ]


def _movement(lines: Sequence[_Line], time_zone: str, bought: Mapping[str, Bought]) -> Movement:
    """The lines of one bill, or a single entry, as one movement; the first line is its face."""
    first = lines[0]
    points = sum(line.points for line in lines)
    paid = sum(line.row.paid_fen for line in lines if line.row.kind != "adjust")  # a refund's money was not paid
    kind = _KINDS.get(first.row.kind, "earned" if points >= 0 else "spent")
    excluded = first.row.kind == "bill" and points == 0 and paid > 0
    by_day: dict[date, int] = {}
    for expiry in (expiry for line in lines for expiry in line.expires):
        by_day[expiry.on] = by_day.get(expiry.on, 0) + expiry.points
    purchase = bought.get(first.row.id)
    return Movement(
        id=first.row.id,
        at=first.row.at,
        kind=kind,
        category=first.row.category,
        title=_title(lines, purchase),
        note=_said(lines) or _note(first, excluded, time_zone),
        paid_fen=paid,
        points=points,
        tier_points=sum(line.tier_points for line in lines),
        excluded=excluded,
        code_tail="/".join(purchase.tails) if purchase is not None else "",
        expires=tuple(Expiry(on=day, points=by_day[day]) for day in sorted(by_day)),
    )


def _title(lines: Sequence[_Line], purchase: Bought | None) -> Text:
    kind = lines[0].row.kind
    if purchase is not None:
        return texts.both(lambda language: _redeemed(purchase, language))
    told = ("refund", "debt", "extended")
    corrects = next((fact for fact in told if kind == "adjust" and fact in lines[0].row.facts), None)
    if corrects is not None:
        return texts.both(lambda language: words(language)(f"server.history.{corrects}"))
    given = dict.fromkeys(texts.text(line.row.facts.get("title")) for line in lines)
    given.pop(Text(""), None)
    if not given:
        return texts.both(lambda language: words(language)(f"server.history.{kind}"))
    # A title in two languages would be worse than one in Chinese.
    english = ", ".join(title.en for title in given) if all(title.en for title in given) else ""
    return Text("、".join(title.zh for title in given), english)


def _redeemed(purchase: Bought, language: str) -> str:
    name = purchase.name.pick(language)
    if name[:1].isascii() and not language.startswith("en"):
        name = f" {name}"  # 兑换 100 元代金券: figures and Latin letters stand off Chinese
    return words(language)("server.history.redeemed", reward=name, quantity=purchase.quantity)


def _said(lines: Sequence[_Line]) -> Text | None:
    """What the rules did to a bill, in the words the club gave them: exclusions, multipliers, bonuses; None: nothing to be said."""
    why = [one for line in lines for one in line.row.facts.get("why", ()) if one["step"] in _TOLD]
    said = [text for text in dict.fromkeys(texts.text(one["said"]) for one in why) if text.zh]
    if not said:
        return None
    return Text(
        "、".join(text.zh for text in said),
        ", ".join(text.en for text in said) if all(text.en for text in said) else "",
    )


def _note(line: _Line, excluded: bool, time_zone: str) -> Text:
    """Why, where the title does not say it."""
    category = line.row.category
    if excluded:
        reason = category if category in _EXCLUDED else "other"
        return texts.both(lambda language: words(language)(f"server.history.excluded.{reason}"))
    if line.row.kind == "bonus" and category in _NOTED:
        return texts.both(lambda language: words(language)(f"server.history.bonus.{category}"))
    if line.row.kind == "expire":
        days = [texts.local_day(at, time_zone) for at in line.earned_at]
        quarters = {(day.year, (day.month + 2) // 3) for day in days}
        if len(quarters) == 1:
            year, quarter = quarters.pop()
            return texts.both(lambda language: words(language)(f"server.history.quarter-{quarter}", year=year))
    return Text("")
