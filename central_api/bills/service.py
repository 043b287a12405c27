"""Books bills and refunds once each, late, repeated and in any order, by the rules of the bill's own hour (A2, A4, A15).

Bills that arrive together come out the same in whatever order they and their refunds come: each earns at the tier held just
before its own instant, a refund takes the bill's own share, an upgrade that a refund leaves nothing of is undone.
"""

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from central_api import texts
from central_api.bills import repository, taking, unclear, writing
from central_api.bills.desk import Case, Desk
from central_api.bills.schemas import Bill, BookedBill, BookedRefund, Refund
from central_api.db import Tx
from central_api.devices import repository as stores
from central_api.ledger import debts, mirror, moves
from central_api.ledger import repository as books
from central_api.ledger import service as ledger
from central_api.members import repository as members
from central_api.membership import service as membership
from central_api.programme import earning
from central_api.programme import service as programmes
from central_api.programme.content import Counting
from central_api.programme.earning import Earned
from central_api.security.keyring import Keyring
from central_api.tiers import service as tiers
from club.model import errors

AHEAD = timedelta(minutes=15)  # how far a billing system's clock may be before ours
_MOST_POINTS = 1_000_000_000  # as on the wire (club.wire.limits)
_LARGE = 1_000_000  # what is less needs no look at the balance
_OLDEST = 1970
_YEAR = timedelta(days=400)  # in which another bill of insurance may stand for a refunded one


def book(tx: Tx, bill: Bill, now: datetime, new_id: Callable[[], str], *, keyring: Keyring) -> BookedBill:
    """Book a bill, or answer as before when it was booked already.

    Args:
        tx: a unit of work that writes.
        bill: as the billing system tells it.
        now: the instant.
        new_id: makes ids.
        keyring: for the devices' mirror of the member.

    Returns:
        What it earned, and why.

    Raises:
        IdempotencyConflict: a bill of this number was booked with another content. Facts: source, number.
        NotFound: no such member, or store. Facts: kind, id.
        Malformed: a category the rules of its hour lack, a line that earns otherwise, an instant before the club's first rules or yet to come.
        CardNotActive: the membership was closed.
        Unavailable: the club has no earn rules.
    """
    _must_have_happened("bill", bill.number, bill.at, now)
    repository.lock_number(tx, bill.source, bill.number)
    digest = _digest(bill)
    before = repository.bill(tx, bill.source, bill.number)
    if before is not None:
        _must_be_the_same(before.digest, digest, "bill", bill.source, bill.number)
        return msgspec.convert(before.answer, BookedBill)
    if members.known(tx, bill.member) is not None:  # whoever was merged into another earns for them (A9)
        bill = msgspec.structs.replace(bill, member=moves.lock_with_holders(tx, bill.member))
    desk = Desk(keyring, new_id, now)
    case = _case(tx, bill, desk)
    tier_before = members.member(tx, bill.member).tier
    held = tiers.held_at(tx, bill.member, bill.at)
    earned = earning.earn(case.earn, writing.judged(case, held))
    _must_fit(tx, bill, earned)
    entries = writing.write(tx, desk, case, held, digest, earned)
    today = texts.local_day(now, case.time_zone)
    paid = debts.settle_new(tx, bill.member, entries, today, now, bill.store, new_id=new_id)
    _vehicles(tx, case)
    waited = repository.waiting(tx, bill.source, bill.number)
    for row in waited:
        _book_waiting(tx, desk, row)
    unclear.settle(tx, repository.bill(tx, bill.source, bill.number), [row.id for row in waited], now)
    renewed = _renew(tx, desk, case.id, bill.member, case.rules)
    tiers.raise_tier(tx, bill.member, now, new_id=new_id)
    after = members.member(tx, bill.member)
    answer = writing.answer(case, earned, paid, tier_before, after.tier, after.valid_to.isoformat() if renewed else "")
    repository.set_bill_answer(tx, case.id, answer)
    _publish(tx, desk, bill.member)
    return answer


def refund(tx: Tx, refund: Refund, now: datetime, new_id: Callable[[], str], *, keyring: Keyring) -> BookedRefund:
    """Take back what a refunded bill earned, or keep the refund until its bill comes. Told again it says what became of it.

    What was told for a store that the bill turned out not to be of does not keep the number from the bill's own store.

    Args:
        tx: a unit of work that writes.
        refund: as the billing system tells it.
        now: the instant.
        new_id: makes ids.
        keyring: for the devices' mirror of the member.

    Raises:
        IdempotencyConflict: a refund of this number was told with another content. Facts: source, number.
        NotAllowed: it is told for one store, and the bill is of another. Facts: needs.
        Malformed: a line the bill has not, or more than is left of it; it lies yet to come; it was kept and then proved so.
    """
    _must_have_happened("refund", refund.number, refund.at, now)
    repository.lock_number(tx, refund.source, refund.bill)
    repository.lock_number(tx, refund.source, refund.number, "refund")
    digest = _digest(refund)
    row = repository.bill(tx, refund.source, refund.bill)
    if row is not None and refund.store not in (msgspec.UNSET, row.store):
        raise errors.NotAllowed(
            f"expected a bill of store {refund.store}, found one of {row.store}", needs=refund.store
        )
    before = repository.refund(tx, refund.source, refund.number, lock=True)
    if before is not None and not _gives_way(before, row, refund, digest):
        _must_be_the_same(before.digest, digest, "refund", refund.source, refund.number)
        answer = msgspec.convert(before.answer, BookedRefund)
        if answer.state == "refused":
            raise errors.Malformed(answer.why_refused)
        return answer
    desk = Desk(keyring, new_id, now)
    refund_id = new_id() if before is None else str(before.id)
    answer = BookedRefund(refund_id=refund_id, source=refund.source, number=refund.number, state="waiting")
    values = {
        "id": refund_id,
        "source": refund.source,
        "number": refund.number,
        "digest": digest,
        "bill": refund.bill,
        "at": refund.at,
        "came_at": now,
        "state": "waiting",
        "content": msgspec.to_builtins(refund),
        "answer": msgspec.to_builtins(answer),
    }
    if before is None:
        repository.add_refund(tx, values)
    else:
        repository.change_refund(tx, refund_id, values)
    if row is None:
        return answer
    ledger.lock_member(tx, row.member)
    answer = taking.take_back(tx, desk, row, refund_id, refund)
    _after_refund(tx, desk, row.member)
    answer = msgspec.structs.replace(answer, tier=members.member(tx, row.member).tier)
    repository.set_refund_answer(tx, answer)
    unclear.settle(tx, row, [refund_id], now)
    _publish(tx, desk, row.member)
    return answer


def _case(tx: Tx, bill: Bill, desk: Desk) -> Case:
    member = members.known(tx, bill.member)
    if member is None:
        raise errors.NotFound("expected a member of the club, found none", kind="member", id=bill.member)
    if member.status == "closed":
        raise errors.CardNotActive("expected a membership that stands, found it closed", reason="membership")
    store = stores.store(tx, bill.store)
    if store is None:
        raise errors.NotFound("expected a store of the club, found none", kind="store", id=bill.store)
    rules = programmes.counting(tx, bill.at)
    if rules.earn is None:
        raise errors.Unavailable(
            "expected earn rules in the programme, found none; put a version in that has them (central-api programme put)"
        )
    return Case(desk.new_id(), bill, member, store.time_zone, rules, rules.earn)


def _must_fit(tx: Tx, bill: Bill, earned: Earned) -> None:
    """Refuse what would carry a member beyond what travels to devices: somebody has mistyped an amount."""
    if max(earned.points, earned.tier_points) < _LARGE:
        return
    for track, points in (("points", earned.points), ("tier", earned.tier_points)):
        account = ledger.member_account(bill.member, track)  # type: ignore[arg-type]  # the two tracks
        if books.balance(tx, account) + points > _MOST_POINTS:
            raise errors.Malformed(
                f"expected bill {bill.number} to leave the member at most {_MOST_POINTS} points, found {points} more; "
                "check its amounts"
            )


def _book_waiting(tx: Tx, desk: Desk, row: Any) -> None:
    """Book a refund whose bill has come; one that cannot be right stays for staff to look at, and the bill is booked all the same."""
    refund = repository.read_refund(row)
    bill = repository.bill(tx, refund.source, refund.bill)
    try:
        if refund.store is not msgspec.UNSET and refund.store != bill.store:
            raise errors.Malformed(f"expected a bill of store {refund.store}, found one of {bill.store}")
        with tx.savepoint():
            answer = taking.take_back(tx, desk, bill, row.id, refund)
    except errors.Malformed as fault:
        answer = msgspec.convert(row.answer, BookedRefund)
        answer = msgspec.structs.replace(answer, state="refused", why_refused=str(fault))
        unclear.ask(tx, row.id, refund, bill, desk.now)
    repository.set_refund_answer(tx, answer)


def _gives_way(before: Any, bill: Any, refund: Refund, digest: str) -> bool:
    """Whether a refund that was told for one store, and is not booked, leaves its number to one told by who may tell it.

    That is whoever may tell of the bill, where that store may not; before the bill is here, the whole group with the same content.
    """
    store = repository.read_refund(before).store
    if before.state == "booked" or store is msgspec.UNSET:
        return False
    if bill is None:
        return refund.store is msgspec.UNSET and bool(before.digest == digest)
    return bool(bill.store != store)


def _after_refund(tx: Tx, desk: Desk, member_id: str) -> None:
    tiers.undo_unearned(tx, member_id, desk.now, new_id=desk.new_id)
    # What was insurance is said by the rules of each bill's own hour: new rules take no renewal away.
    bills = [(row.id, programmes.counting(tx, row.at)) for row in repository.bills_of(tx, member_id, desk.now - _YEAR)]
    gone = [
        one
        for one, rules in bills
        if membership.take_insurance_back(tx, member_id, one, _insurance_paid(tx, one, rules), desk.now)
    ]
    if gone:  # another bill of the year may have been enough all along
        for one, rules in bills:
            _renew(tx, desk, one, member_id, rules)


def _renew(tx: Tx, desk: Desk, bill_id: str, member_id: str, rules: Counting) -> bool:
    paid = _insurance_paid(tx, bill_id, rules)
    return membership.renew_by_insurance(tx, member_id, bill_id, paid, desk.now, new_id=desk.new_id)


def _insurance_paid(tx: Tx, bill_id: str, rules: Counting) -> int:
    insurance = _insurance(rules)
    return repository.paid_of(tx, bill_id, insurance) if insurance else 0


def _insurance(rules: Counting) -> frozenset[str]:
    """The categories whose bills renew a membership."""
    if rules.renewal is None or rules.earn is None:
        return frozenset()
    return frozenset(one.slug for one in rules.earn.categories if one.group == rules.renewal.insurance_group)


def _vehicles(tx: Tx, case: Case) -> None:
    sales = {one.slug for one in case.earn.categories if one.group == taking.SALES}
    for line in case.bill.lines:
        if line.vehicle:
            sold = line.category in sales
            tiers.vehicle_seen(tx, line.vehicle, case.bill.member, at=case.bill.at, bought_here=sold)


def _publish(tx: Tx, desk: Desk, member_id: str) -> None:
    home = members.member(tx, member_id).home_store
    mirror.publish_member(tx, desk.keyring, member_id, desk.now, stores.store(tx, home).time_zone)


def _digest(told: Bill | Refund) -> str:
    """The same for what says the same: instants in UTC, lines by their numbers."""
    lines = tuple(sorted(told.lines, key=lambda one: one.line))
    same = msgspec.structs.replace(told, at=told.at.astimezone(UTC), lines=lines)
    if isinstance(same, Refund):  # who may tell it is no part of what is told
        same = msgspec.structs.replace(same, store=msgspec.UNSET)
    return hashlib.sha256(msgspec.json.encode(same)).hexdigest()


def _must_be_the_same(known: str, digest: str, kind: str, source: str, number: str) -> None:
    if known != digest:
        raise errors.IdempotencyConflict(
            f"expected {kind} {number} as it was told before, found another content; what was corrected needs a refund "
            f"and a {kind} of a new number",
            source=source,
            number=number,
        )


def _must_have_happened(kind: str, number: str, at: datetime, now: datetime) -> None:
    if at > now + AHEAD or at.year < _OLDEST:
        raise errors.Malformed(
            f"expected {kind} {number} to have happened between {_OLDEST} and now, {now.isoformat()}, found "
            f"{at.isoformat()}; check the clocks"
        )
