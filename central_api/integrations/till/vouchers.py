"""Vouchers at a till or a counter: shown, fulfilled once, taken back, under the caller's own number (A14).

A code is all that is needed to fulfil a voucher, as with the paper it stands for; what it is for and until when is told first.
"""

from datetime import date
from typing import Annotated, Any, Literal

import msgspec
from litestar import Response, get, post
from litestar.params import JSONBody, PathParameter

from central_api import texts
from central_api.bodies import strict
from central_api.context import Context, Served
from central_api.db import Tx
from central_api.devices import repository as stores
from central_api.integrations.dms import members
from central_api.integrations.keys.guard import KeyClient, for_keys
from central_api.integrations.keys.service import Client
from central_api.integrations.till.schemas import PaymentNumber
from central_api.rewards import repository, voucher_life
from central_api.rewards.voucher_life import Counter
from central_api.staff import audit
from club.model import errors
from club.model.text import Text
from club.wire.codec import encode
from club.wire.limits import Slug

Code = Annotated[str, PathParameter(description="the voucher's code as its QR says it, without gaps", max_length=10)]


class Close(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who fulfils or takes back a voucher: the caller's own number, for ever the same for the same act, and the store."""

    number: PaymentNumber
    store: Slug


class TillVoucher(msgspec.Struct, frozen=True, kw_only=True):
    """A voucher as a till sees it, without its owner. `points` came back when it was cancelled, `expired` of them ended at once."""

    code: str
    state: Literal["issued", "fulfilled", "cancelled", "expired"]
    reward: Slug
    name: Text
    valid_to: str
    points: int
    expired: int


@get("/vouchers/{code:str}")
@for_keys("vouchers.write")
def voucher(code: Code, context: Served, client: KeyClient) -> Response[TillVoucher]:
    """What a voucher is for, and whether it is still open today."""
    with context.db.read() as tx:
        return _answer(_seen(tx, code, _today(tx, context, client)))


@post("/vouchers/{code:str}/fulfil", dto=strict(Close), return_dto=None, status_code=200)
@for_keys("vouchers.write")
def fulfil(code: Code, data: JSONBody[Close], context: Served, client: KeyClient) -> Response[TillVoucher]:
    """Hand over what a voucher is for, once; again under the same number, the same answer."""

    def work(tx: Tx) -> TillVoucher:
        counter = _counter(tx, context, client, data)
        made = voucher_life.fulfil(tx, code, counter, context.clock.now())
        _log(tx, context, client, "voucher.fulfil", made, data)
        return _seen(tx, code, counter.today)

    return _answer(context.db.run(work))


@post("/vouchers/{code:str}/cancel", dto=strict(Close), return_dto=None, status_code=200)
@for_keys("vouchers.write")
def cancel(code: Code, data: JSONBody[Close], context: Served, client: KeyClient) -> Response[TillVoucher]:
    """Take a voucher back; points, piece and place in the limit return. Again under the same number, the same answer."""

    def work(tx: Tx) -> TillVoucher:
        counter = _counter(tx, context, client, data)
        made = voucher_life.cancel(tx, code, counter, context.clock.now(), new_id=context.new_id)
        _log(tx, context, client, "voucher.cancel", made.voucher, data)
        return _seen(tx, code, counter.today)

    return _answer(context.db.run(work))


def _counter(tx: Tx, context: Context, client: Client, data: Close) -> Counter:
    store = members.store_of(tx, client, data.store)
    today = texts.local_day(context.clock.now(), store.time_zone)
    return Counter(data.store, f"key:{client.source}", data.number, today)


def _today(tx: Tx, context: Context, client: Client) -> date:
    """By the key's own store; a key of the whole group goes by its first."""
    all_stores = stores.all_stores(tx)
    zone = next((each.time_zone for each in all_stores if client.store in (None, each.slug)), "UTC")
    return texts.local_day(context.clock.now(), zone)


def _seen(tx: Tx, code: str, today: date) -> TillVoucher:
    row = repository.voucher_of_code(tx, code)
    if row is None:
        raise errors.NotFound("expected the code of a voucher, found none like it", kind="voucher")
    return TillVoucher(
        code=row.code,
        state="expired" if row.state == "issued" and row.valid_to < today else row.state,
        reward=row.reward,
        name=row.content.name,
        valid_to=row.valid_to.isoformat(),
        points=row.back_points,
        expired=row.back_expired,
    )


def _log(tx: Tx, context: Context, client: Client, act: str, voucher_id: str, data: Close) -> None:
    facts = {"number": data.number, "store": data.store}
    audit.record(
        tx, actor=client.actor, act=act, subject=f"voucher:{voucher_id}"[:128], now=context.clock.now(), facts=facts
    )


def _answer(value: TillVoucher) -> Response[Any]:
    return Response(encode(value), media_type="application/json")


handlers: list[Any] = [voucher, fulfil, cancel]
