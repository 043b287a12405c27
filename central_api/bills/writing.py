"""Writes a judged bill: an entry for each line and each bonus, with what the rules did to it, and which became which."""

from typing import Any

import msgspec

from central_api import texts
from central_api.bills import repository
from central_api.bills.desk import Case, Desk
from central_api.bills.schemas import BookedBill, LotMade, Why
from central_api.db import Tx
from central_api.ledger import service as ledger
from central_api.ledger.service import Occasion
from central_api.programme import earning
from central_api.programme.earning import Earned
from club.model import errors


def judged(case: Case, tier: str) -> earning.Bill:
    """The bill as the earn rules read it; `tier` was held before it.

    Raises:
        Malformed: its lines cannot be told apart.
    """
    bill = case.bill
    try:
        return earning.Bill(
            bill.number,
            bill.at,
            case.time_zone,
            tier,
            tuple(
                earning.Line(one.line, one.category, one.paid_fen, one.points, one.goods, one.payer)
                for one in bill.lines
            ),
            bill.member,
        )
    except ValueError as fault:
        raise errors.Malformed(str(fault)) from None


def write(tx: Tx, desk: Desk, case: Case, held: str, digest: str, earned: Earned) -> list[str]:
    """Book each line and each bonus as an entry of its own, and keep which became which; the entries."""
    bill, by_event = case.bill, {one.slug for one in case.earn.categories if one.by == "event"}
    entries: list[str] = []
    parts: list[dict[str, object]] = []

    def add(occasion: Occasion, points: int, tier_points: int, expires: Any, part: dict[str, object]) -> None:
        entry = ledger.earn(tx, bill.member, points, tier_points, expires, occasion, new_id=desk.new_id)
        entries.append(entry)
        number = len(parts) + 1
        parts.append(
            {
                "bill": case.id,
                "number": number,
                "entry": entry,
                **part,
                "refunded_fen": 0,
                "points": points,
                "tier_points": tier_points,
                "taken_points": 0,
                "taken_tier_points": 0,
            }
        )

    for line in bill.lines:
        why = [one for one in earned.effects if one.line == line.line]
        excluded = any(one.step == "exclusion" for one in why)
        lot = next((one for one in earned.lots if one.line == line.line), None)
        occasion = Occasion(
            kind="bonus" if line.category in by_event else "bill",
            at=bill.at,
            category=line.category,
            store=bill.store,
            bill=case.id,
            paid_fen=line.paid_fen,
            reference=f"bill:{case.id}:{len(parts) + 1}",
            facts={
                **_facts(line.title.zh, line.title.en, line.vehicle, why, excluded=excluded),
                "place": len(parts) + 1,
            },
        )
        part: dict[str, object] = {
            "line": line.line,
            "lines": [line.line],
            "category": line.category,
            "counts": 0 if excluded else 1,
            "paid_fen": line.paid_fen,
        }
        tier_points = sum(one.tier_points for one in why)
        add(occasion, lot.points if lot else 0, tier_points, lot.expires if lot else None, part)
    stepped = {one.slug: one for one in case.earn.stepped}
    bonuses = [one for one in earned.effects if one.step == "stepped-bonus"]
    for effect, lot in zip(bonuses, [one for one in earned.lots if not one.line], strict=True):
        lines = [one for one in bill.lines if one.paid_fen and one.category in stepped[effect.rule].categories]
        counted = [one for one in lines if not _is_excluded(earned, one.line)]
        occasion = Occasion(
            kind="bonus",
            at=bill.at,
            category=lot.category,
            store=bill.store,
            bill=case.id,
            reference=f"bill:{case.id}:{len(parts) + 1}",
            facts={**_facts("", "", "", [effect], excluded=False), "place": len(parts) + 1},
        )
        part = {
            "line": "",
            "lines": [one.line for one in counted],
            "category": lot.category,
            "counts": 0,
            "paid_fen": sum(one.paid_fen for one in counted),
        }
        add(occasion, lot.points, 0, lot.expires, part)
    values = {
        "id": case.id,
        "source": bill.source,
        "number": bill.number,
        "digest": digest,
        "member": bill.member,
        "store": bill.store,
        "at": bill.at,
        "booked_at": desk.now,
        "tier": held,
        "content": msgspec.to_builtins(bill),
        "answer": {},
    }
    repository.add_bill(tx, values, parts)
    return entries


def _is_excluded(earned: Earned, line: str) -> bool:
    return any(one.line == line and one.step == "exclusion" for one in earned.effects)


def _facts(zh: str, en: str, vehicle: str, why: list[earning.Effect], *, excluded: bool) -> dict[str, Any]:
    """What an entry keeps for the member's history: its title as billed, and what the rules did to it."""
    facts: dict[str, Any] = {
        "why": [
            {
                "step": one.step,
                "rule": one.rule,
                "points": one.points,
                "tier_points": one.tier_points,
                "said": texts.column(one.said),
            }
            for one in why
        ]
    }
    if zh:
        facts["title"] = {"zh": zh, "en": en}
    if vehicle:
        facts["vehicle"] = vehicle
    if excluded:
        facts["excluded"] = True
    return facts


def answer(case: Case, earned: Earned, paid: int, tier_before: str, tier: str, renewed_to: str) -> BookedBill:
    """What a booked bill is answered with."""
    return BookedBill(
        bill_id=case.id,
        source=case.bill.source,
        number=case.bill.number,
        points=earned.points,
        tier_points=earned.tier_points,
        debt_paid=paid,
        lots=tuple(
            LotMade(category=one.category, points=one.points, expires=one.expires.isoformat()) for one in earned.lots
        ),
        why=tuple(
            Why(
                line=one.line,
                step=one.step,
                rule=one.rule,
                points=one.points,
                tier_points=one.tier_points,
                said=one.said,
            )
            for one in earned.effects
        ),
        tier_before=tier_before,
        tier=tier,
        renewed_to=renewed_to,
    )
