"""The routes of a till at which members pay with points: reserve, confirm, cancel, look (A11)."""

from typing import Annotated, Any

from litestar import Response, get, post
from litestar.params import JSONBody, PathParameter

from central_api.bodies import strict
from central_api.context import Context, Served
from central_api.integrations.dms.members import Desk
from central_api.integrations.keys.guard import KeyClient, for_keys
from central_api.integrations.till import service
from central_api.integrations.till.schemas import Payment, Reserve
from club.wire.codec import encode

Number = Annotated[str, PathParameter(description="the till's own number of the payment", max_length=64)]


@post("/payments", dto=strict(Reserve), return_dto=None, status_code=200)
@for_keys("points.pay")
def reserve(data: JSONBody[Reserve], context: Served, client: KeyClient) -> Response[Payment]:
    """Keep points for a payment for some minutes; asked again, the same answer."""
    desk = _desk(context)
    return _answer(context.db.run(lambda tx: service.reserve(tx, desk, client, data)))


@post("/payments/{number:str}/confirm", status_code=200)
@for_keys("points.pay")
def confirm(number: Number, context: Served, client: KeyClient) -> Response[Payment]:
    """Take the points; confirmed again, the same answer."""
    desk = _desk(context)
    return _answer(context.db.run(lambda tx: service.confirm(tx, desk, client, number)))


@post("/payments/{number:str}/cancel", status_code=200)
@for_keys("points.pay")
def cancel(number: Number, context: Served, client: KeyClient) -> Response[Payment]:
    """Free the points, or give back what was taken; cancelled again, the same answer."""
    desk = _desk(context)
    return _answer(context.db.run(lambda tx: service.cancel(tx, desk, client, number)))


@get("/payments/{number:str}")
@for_keys("points.pay")
def payment(number: Number, context: Served, client: KeyClient) -> Response[Payment]:
    """How a payment stands."""
    desk = _desk(context)
    with context.db.read() as tx:
        return _answer(service.seen(tx, desk, client, number))


def _desk(context: Context) -> Desk:
    return Desk(context.keyring, context.vault, context.clock.now(), context.new_id)


def _answer(value: Payment) -> Response[Any]:
    return Response(encode(value), media_type="application/json")


handlers: list[Any] = [reserve, confirm, cancel, payment]
