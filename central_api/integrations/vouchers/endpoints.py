"""The routes of a till to which members bring vouchers: look, fulfil, take back (A14)."""

from collections.abc import Callable
from typing import Annotated, Any

from litestar import Response, get, post
from litestar.params import JSONBody, PathParameter

from central_api.bodies import strict
from central_api.context import Context, Served
from central_api.integrations.keys.guard import KeyClient, for_keys
from central_api.integrations.keys.service import Client
from central_api.integrations.vouchers import guesses, service
from central_api.integrations.vouchers.schemas import Close, TillVoucher
from central_api.integrations.vouchers.service import Desk
from club.wire.codec import encode

Code = Annotated[str, PathParameter(description="the voucher's code as its QR says it, without gaps", max_length=10)]


@get("/vouchers/{code:str}")
@for_keys("vouchers.write")
def voucher(code: Code, context: Served, client: KeyClient) -> Response[TillVoucher]:
    """What a voucher is for, and whether it is still open today."""

    def look() -> TillVoucher:
        with context.db.read() as tx:
            return service.seen(tx, client, code, context.clock.now())

    return _answered(context, client, code, look)


@post("/vouchers/{code:str}/fulfil", dto=strict(Close), return_dto=None, status_code=200)
@for_keys("vouchers.write")
def fulfil(code: Code, data: JSONBody[Close], context: Served, client: KeyClient) -> Response[TillVoucher]:
    """Hand over what a voucher is for, once; again under the same number, the same answer."""
    desk = Desk(context.clock.now(), context.new_id)

    def work() -> TillVoucher:
        return context.db.run(lambda tx: service.fulfil(tx, desk, client, code, data))

    return _answered(context, client, code, work)


@post("/vouchers/{code:str}/cancel", dto=strict(Close), return_dto=None, status_code=200)
@for_keys("vouchers.write")
def cancel(code: Code, data: JSONBody[Close], context: Served, client: KeyClient) -> Response[TillVoucher]:
    """Take a voucher back; points, piece and place in the limit return. Again under the same number, the same answer."""
    desk = Desk(context.clock.now(), context.new_id)

    def work() -> TillVoucher:
        return context.db.run(lambda tx: service.cancel(tx, desk, client, code, data))

    return _answered(context, client, code, work)


def _answered(context: Context, client: Client, code: str, work: Callable[[], TillVoucher]) -> Response[Any]:
    found = guesses.limited(context.db, client, code, context.clock.now(), work)
    return Response(encode(found), media_type="application/json")


handlers: list[Any] = [voucher, fulfil, cancel]
