"""Shows, fulfils and takes back vouchers for other programs, each act once under the program's own number (A14).

A code is all that is needed to fulfil a voucher, as with the paper it stands for; what it is for and until when is told first.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from central_api import texts
from central_api.bills import repository as numbers
from central_api.db import Tx
from central_api.devices import repository as stores
from central_api.integrations.dms import members
from central_api.integrations.keys.service import Client
from central_api.integrations.vouchers.schemas import Close, TillVoucher
from central_api.rewards import repository, voucher_life
from central_api.rewards.voucher_life import Counter
from central_api.staff import audit
from club.model import errors


@dataclass(frozen=True, slots=True)
class Desk:
    """What an act is worked on with: the instant, the source of ids."""

    now: datetime
    new_id: Callable[[], str]


def fulfil(tx: Tx, desk: Desk, client: Client, code: str, wish: Close) -> TillVoucher:
    """Hand over what a voucher is for, once; again under the same number, the same answer.

    Raises:
        NotFound: no voucher has this code, or no such store.
        NotAllowed: the store is not the key's.
        IdempotencyConflict: the number was used for another voucher, or in another store.
        VoucherClosed, RewardNotOffered: see `voucher_life.fulfil`.
    """
    counter = _counter(tx, desk, client, code, wish)
    done = voucher_life.fulfil(tx, code, counter, desk.now)
    if not done.again:
        _log(tx, desk, client, "voucher.fulfil", done.voucher, wish)
    return _shown(tx, code, counter.today)


def cancel(tx: Tx, desk: Desk, client: Client, code: str, wish: Close) -> TillVoucher:
    """Take a voucher back; points, piece and place in the limit return. Again under the same number, the same answer.

    Raises:
        NotFound, NotAllowed, IdempotencyConflict: as `fulfil`.
        VoucherClosed, LimitReached: see `voucher_life.cancel`.
    """
    counter = _counter(tx, desk, client, code, wish)
    done = voucher_life.cancel(tx, code, counter, desk.now, new_id=desk.new_id)
    if not done.again:
        _log(tx, desk, client, "voucher.cancel", done.voucher, wish)
    return _shown(tx, code, counter.today)


def seen(tx: Tx, client: Client, code: str, now: datetime) -> TillVoucher:
    """A voucher as it stands today: by the clock of the key's store, or for a key of the whole group of its member's. Reads only.

    Raises:
        NotFound: no voucher has this code.
    """
    row = repository.voucher_of_code(tx, code)
    if row is None:
        raise _unknown()
    zone = stores.store(tx, client.store or row.home_store).time_zone
    return _shown(tx, code, texts.local_day(now, zone))


def _counter(tx: Tx, desk: Desk, client: Client, code: str, wish: Close) -> Counter:
    """Where and by whom, once it is sure that the number is this act's own."""
    store = members.store_of(tx, client, wish.store)
    counter = Counter(wish.store, f"key:{client.source}", wish.number, texts.local_day(desk.now, store.time_zone))
    numbers.lock_number(tx, client.source, wish.number, "voucher")
    known = repository.closed_under(tx, counter.by, counter.reference)
    if known is not None and (known.code, known.closed_store) != (code, wish.store):
        raise errors.IdempotencyConflict("this number was used before for another voucher or in another store")
    return counter


def _shown(tx: Tx, code: str, today: date) -> TillVoucher:
    row = repository.voucher_of_code(tx, code)
    if row is None:
        raise _unknown()
    return TillVoucher(
        code=row.code,
        state="expired" if row.state == "issued" and row.valid_to < today else row.state,
        reward=row.reward,
        name=row.content.name,
        valid_to=row.valid_to.isoformat(),
        points=row.back_points,
        expired=row.back_expired,
    )


def _unknown() -> errors.NotFound:
    return errors.NotFound("expected the code of a voucher, found none like it", kind="voucher")


def _log(tx: Tx, desk: Desk, client: Client, act: str, voucher_id: str, wish: Close) -> None:
    facts: dict[str, int | str] = {"number": wish.number, "store": wish.store}
    subject = f"voucher:{voucher_id}"[:128]
    audit.record(tx, actor=client.actor, act=act, subject=subject, now=desk.now, facts=facts)
