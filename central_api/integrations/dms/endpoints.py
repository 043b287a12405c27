"""The routes of the DMS: it sends batches of rows keyed by its own numbers, each row is answered (A15)."""

from typing import Annotated, Any

from litestar import Response, get, post
from litestar.params import JSONBody, PathParameter

from central_api.bodies import strict
from central_api.context import Context, Served
from central_api.integrations.dms import batches, bills, jobs, members
from central_api.integrations.dms.batches import BatchAnswer, RawBatch
from central_api.integrations.dms.members import Desk
from central_api.integrations.dms.schemas import (
    BillRow,
    BillRows,
    JobRow,
    JobRows,
    MemberRow,
    MemberRows,
    MemberSeen,
    RefundRow,
    RefundRows,
)
from central_api.integrations.keys.guard import KeyClient, for_keys
from club.wire.codec import encode

JSON = "application/json"


@post("/members", dto=strict(MemberRows, read_as=RawBatch), return_dto=None, status_code=200)
@for_keys("members.write")
def put_members(data: JSONBody[RawBatch], context: Served, client: KeyClient) -> Response[BatchAnswer]:
    """Link customers to members, and make members of those who are none; a row sent again changes nothing."""
    desk = _desk(context)
    return _answer(batches.take(context.db, data, MemberRow, lambda tx, row: members.upsert(tx, desk, client, row)))


@get("/members/{number:str}")
@for_keys("members.read")
def member_seen(
    number: Annotated[str, PathParameter(description="the DMS's own number of the member", max_length=64)],
    context: Served,
    client: KeyClient,
) -> Response[MemberSeen]:
    """How a member stands: tier, points, tier points."""
    now = context.clock.now()
    with context.db.read() as tx:
        return _answer(members.seen(tx, client, number, now))


@post("/bills", dto=strict(BillRows, read_as=RawBatch), return_dto=None, status_code=200)
@for_keys("bills.write")
def put_bills(data: JSONBody[RawBatch], context: Served, client: KeyClient) -> Response[BatchAnswer]:
    """Book bills; each earns by the rules of its own hour, once for ever under its number."""
    desk = _desk(context)
    return _answer(batches.take(context.db, data, BillRow, lambda tx, row: bills.book(tx, desk, client, row)))


@post("/refunds", dto=strict(RefundRows, read_as=RawBatch), return_dto=None, status_code=200)
@for_keys("bills.write")
def put_refunds(data: JSONBody[RawBatch], context: Served, client: KeyClient) -> Response[BatchAnswer]:
    """Take back what refunded bills earned; a refund may come before its bill and waits for it."""
    desk = _desk(context)
    return _answer(batches.take(context.db, data, RefundRow, lambda tx, row: bills.refund(tx, desk, client, row)))


@post("/jobs", dto=strict(JobRows, read_as=RawBatch), return_dto=None, status_code=200)
@for_keys("jobs.write")
def put_jobs(data: JSONBody[RawBatch], context: Served, client: KeyClient) -> Response[BatchAnswer]:
    """Note how jobs in the workshop stand; sent anew with each stage."""
    desk = _desk(context)
    return _answer(batches.take(context.db, data, JobRow, lambda tx, row: jobs.tell(tx, desk, client, row)))


def _desk(context: Context) -> Desk:
    return Desk(context.keyring, context.vault, context.clock.now(), context.new_id)


def _answer(value: Any) -> Response[Any]:
    return Response(encode(value), media_type=JSON)


handlers: list[Any] = [put_members, member_seen, put_bills, put_refunds, put_jobs]
