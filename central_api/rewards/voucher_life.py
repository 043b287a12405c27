"""The life of a voucher: given or bought, then fulfilled once or cancelled with its points given back (A14).

Its last day passes by a job (`jobs/points.py`); whoever comes after that day is refused whether or not the job has run.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from central_api import texts
from central_api.db import Tx
from central_api.devices import repository as stores
from central_api.feed import due
from central_api.ledger import debts, returns
from central_api.ledger import service as ledger
from central_api.ledger.service import Occasion
from central_api.programme import service as programmes
from central_api.rewards import repository
from club.model import errors

_TRIES = (
    8  # a code is one of 2^40: a second try is next to never, an eighth says that the source of randomness is broken
)


@dataclass(frozen=True, slots=True)
class Counter:
    """Where a voucher is brought to, and who stands there.

    Args:
        store: the store's slug.
        by: who fulfils or cancels, as the audit names them: `staff:1008`, `key:…`.
        reference: their own number for it, such as a till's receipt: the same again is the same answer.
        today: the store's day.
    """

    store: str
    by: str
    reference: str
    today: date


@dataclass(frozen=True, slots=True)
class Fulfilled:
    """A voucher that was handed over; `again`: this was told before, and nothing was done."""

    voucher: str
    again: bool = field(default=False, compare=False)


@dataclass(frozen=True, slots=True)
class Cancelled:
    """What cancelling did: `points` came back, `expired` of them into lots whose last day was over. `again`: told before."""

    voucher: str
    points: int
    expired: int
    again: bool = field(default=False, compare=False)


def give(
    tx: Tx,
    *,
    member_id: str,
    reward: str,
    valid_to: date,
    now: datetime,
    new_id: Callable[[], str],
    new_code: Callable[[], str],
) -> str:
    """Write a voucher that nobody paid for, with a code nobody else has; its id.

    Args:
        tx: a unit of work that writes.
        member_id, reward: whose, and for what.
        valid_to: its last day.
        now: the instant.
        new_id: makes its id.
        new_code: makes a code; tried again when it is taken.
    """
    values = {"member": member_id, "reward": reward, "number": 1, "state": "issued", "issued_at": now}
    for _ in range(_TRIES):
        made = new_id()
        if repository.add_voucher(tx, {**values, "id": made, "code": new_code(), "valid_to": valid_to}):
            return made
    raise RuntimeError(f"expected an unused voucher code within {_TRIES} tries, found none")


def fulfil(tx: Tx, code: str, counter: Counter, now: datetime) -> Fulfilled:
    """Hand over what a voucher is for, once; again by the same number, the same answer.

    Args:
        tx: a unit of work that writes.
        code: as it is printed.
        counter: where and by whom.
        now: the instant.

    Raises:
        NotFound: no voucher has this code. Facts: kind.
        VoucherClosed: it was fulfilled by somebody else's number, cancelled, or its last day is over. Facts: state, day.
        RewardNotOffered: what it is for is not given in this store. Facts: reward.
    """
    row = _locked(tx, code)
    if row.state == "fulfilled" and (row.closed_by, row.closed_reference) == (counter.by, counter.reference):
        return Fulfilled(row.id, again=True)
    _must_be_open(tx, row, counter.today)
    if row.content.stores and counter.store not in row.content.stores:
        raise errors.RewardNotOffered(f"{row.reward} is not given in store {counter.store}", reward=row.reward)
    repository.close_voucher(tx, row.id, "fulfilled", now, counter.by, counter.store, counter.reference)
    due.mark(tx, due.MEMBER, row.member)
    return Fulfilled(row.id)


def cancel(tx: Tx, code: str, counter: Counter, now: datetime, *, new_id: Callable[[], str]) -> Cancelled:
    """Take a voucher back: the points for this piece return into the lots they came from, the piece into the stock.

    It no longer counts towards the member's limit. What the member owes for a refunded bill is paid at once out of the
    points that return. A voucher that was given brings no points back. Cancelled again by the same number, the same answer.

    Args:
        tx: a unit of work that writes.
        code: as it is printed.
        counter: where and by whom.
        now: the instant.
        new_id: makes the ids of the ledger's entries.

    Raises:
        NotFound: no voucher has this code. Facts: kind.
        VoucherClosed: it was fulfilled, cancelled by somebody else's number, or its last day is over. Facts: state, day.
        LimitReached: it was bought longer ago than the programme lets redemptions be undone. Facts: reward, days.
    """
    row = _locked(tx, code)
    if row.state == "cancelled" and (row.closed_by, row.closed_reference) == (counter.by, counter.reference):
        return Cancelled(row.id, row.back_points, row.back_expired, again=True)
    _must_be_open(tx, row, counter.today)
    points = expired = 0
    if row.redemption is not None:
        _must_be_in_time(tx, row, now)
        facts = {"reward": row.reward, "quantity": 1}
        occasion = Occasion(kind="reverse", at=now, store=counter.store, reference=row.id, facts=facts)
        back = returns.give_back(tx, row.entry, counter.today, occasion, new_id=new_id, points=row.unit_points)
        points, expired = back.points, back.expired
        debts.settle_returned(tx, back, counter.today, occasion, new_id=new_id)
        repository.cancel_piece(tx, row.redemption)
    repository.close_voucher(
        tx, row.id, "cancelled", now, counter.by, counter.store, counter.reference, points=points, expired=expired
    )
    due.mark(tx, due.MEMBER, row.member)
    if row.redemption is not None and repository.put_back(tx, row.reward, 1):  # the stock last: many meet there
        due.mark(tx, due.REWARD, row.reward)
    return Cancelled(row.id, points, expired)


def _locked(tx: Tx, code: str) -> Any:
    """The voucher with its reward and what it was bought by, its member locked."""
    found = repository.voucher_of_code(tx, code)
    if found is None:
        raise errors.NotFound("expected the code of a voucher, found none like it", kind="voucher")
    ledger.lock_member(tx, found.member)
    return repository.voucher_of_code(tx, code)  # as it is now: another may have closed it while we waited


def _must_be_in_time(tx: Tx, row: Any, now: datetime) -> None:
    """What the member read when confirming: within so many days an unused voucher can be taken back at the desk."""
    days = programmes.current(tx, now).redeem.reversible_days
    if now - row.issued_at > timedelta(days=days):
        raise errors.LimitReached(
            f"expected a voucher bought in the last {days} days, found one of {row.issued_at.isoformat()}",
            reward=row.reward,
            days=days,
        )


def _must_be_open(tx: Tx, row: Any, today: date) -> None:
    state = "expired" if row.state == "issued" and row.valid_to < today else row.state
    if state == "issued":
        return
    day = (
        row.valid_to
        if state == "expired"
        else texts.local_day(row.closed_at, stores.store(tx, row.home_store).time_zone)
    )
    raise errors.VoucherClosed(f"expected a voucher that is open, found one {state}", state=state, day=day.isoformat())
