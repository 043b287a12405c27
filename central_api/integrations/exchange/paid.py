"""Bills from a file, line by line, and every booked bill out again for finance (A15, A16)."""

from collections.abc import Iterator, Sequence
from decimal import Decimal

import msgspec
from sqlalchemy import select

from central_api.bills.tables import bills
from central_api.db import Tx
from central_api.integrations.dms import bills as dms
from central_api.integrations.dms.schemas import BillRow, BillRowLine
from central_api.integrations.exchange.cells import Cell, CellWrong, Row
from central_api.integrations.exchange.kinds import Job, Kind, Result
from central_api.integrations.tables import member_links
from club.model import errors

COLUMNS = ("number", "member", "store", "at", "line", "category", "paid_yuan", "title", "points", "tier_points")
_NEEDED = ("number", "member", "store", "at", "category", "paid_yuan")


def book(job: Job, rows: Sequence[Row]) -> Result:
    """Book a bill whose lines are rows one behind the other; `points` and `tier_points` are told, never taken.

    Raises:
        CellWrong: a cell holds something else than its column expects, or the rows of a bill contradict each other.
        ClubError: as with a bill of the DMS.
    """
    first = rows[0]
    store = job.store(first)
    at = job.moment(first, "at", store)
    member = first.text("member", most=64, least=1)
    for row in rows[1:]:
        same = (job.store(row), job.moment(row, "at", store), row.text("member", most=64)) == (store, at, member)
        if not same:
            raise CellWrong(
                f"expected member, store and at as in row {first.number}, the bill's first line, found others",
                column="number",
            )
    lines = [
        {
            "line": row.text("line", most=64) or str(position),
            "category": row.slug("category"),
            "paid_fen": row.fen("paid_yuan"),
            "title": {"zh": row.text("title")},
        }
        for position, row in enumerate(rows, 1)
    ]
    try:
        bill = BillRow(
            number=first.text("number", most=64, least=1),
            member=member,
            store=store,
            at=at,
            lines=msgspec.convert(lines, tuple[BillRowLine, ...]),
        )
        bill = msgspec.convert(msgspec.to_builtins(bill), BillRow)  # the bounds of the wire hold for files too
    except msgspec.ValidationError as fault:
        raise errors.Malformed(f"expected a bill, found something else: {fault}") from fault
    return "same" if dms.book(job.tx, job.desk, job.client, bill).result == "same" else "booked"


def rows(tx: Tx, source: str) -> Iterator[Sequence[Cell]]:
    """Every booked bill of `source`, a row for each line; what it earned stands in its first line."""
    query = (
        select(bills, member_links.c.number.label("known_as"))
        .outerjoin(member_links, (member_links.c.member == bills.c.member) & (member_links.c.source == bills.c.source))
        .where(bills.c.source == source)
        .order_by(bills.c.at, bills.c.number, member_links.c.number)
        .execution_options(yield_per=500)
    )
    last = ""
    for row in tx.connection.execute(query):
        if row.id == last:  # a member of several numbers
            continue
        last = row.id
        for position, line in enumerate(row.content["lines"]):
            yield (
                row.number,
                row.known_as or row.member,
                row.store,
                row.at.isoformat(),
                line["line"],
                line["category"],
                Decimal(line.get("paid_fen", 0)).scaleb(-2),
                line.get("title", {}).get("zh", ""),
                row.answer["points"] if position == 0 else None,
                row.answer["tier_points"] if position == 0 else None,
            )


BILLS = Kind("bills", COLUMNS, _NEEDED, book, rows, key="number")
