"""Members with their opening balances, from the system before ours, and out again (A6, X2)."""

from collections.abc import Iterator, Sequence

from dateutil.relativedelta import relativedelta
from sqlalchemy import select

from central_api.db import Tx
from central_api.integrations.dms import repository
from central_api.integrations.exchange.cells import Cell, CellWrong, Row
from central_api.integrations.exchange.kinds import Job, Kind, Result, only
from central_api.integrations.tables import member_links
from central_api.ledger import service as ledger
from central_api.ledger.service import Occasion
from central_api.ledger.tables import accounts
from central_api.members import personal
from central_api.members.personal import Details
from central_api.members.tables import members
from club.model import errors

COLUMNS = (
    "number",
    "surname",
    "given",
    "title",
    "phone",
    "kind",
    "language",
    "tier",
    "store",
    "joined",
    "valid_to",
    "points",
    "points_expire",
    "tier_points",
)
_NEEDED = ("number", "surname", "store")


def book(job: Job, rows: Sequence[Row]) -> Result:
    """Make a member with an opening balance; a number that is linked already stays as it is.

    Raises:
        CellWrong: a cell holds something else than its column expects.
    """
    row, tx = only(rows), job.tx
    number = row.text("number", most=64, least=1)
    if repository.linked(tx, job.client.source, number) is not None:
        return "same"
    store = job.store(row)
    today = job.today
    joined = row.day("joined", default=today)
    valid_to = row.day("valid_to", default=today + relativedelta(years=1, days=-1))
    if joined > today:
        raise CellWrong(f"expected a day up to today, {today}, found {joined}", column="joined")
    points, tier_points = row.whole("points", default=0), row.whole("tier_points", default=0)
    expires = row.day("points_expire") if points else None
    if expires is not None and expires < today:
        raise CellWrong(f"expected a day from today, {today}, on, found {expires}", column="points_expire")
    member = job.desk.new_id()
    surname, title = row.text("surname", most=32, least=1), row.text("title", most=32)
    values = {
        "id": member,
        "surname": {"zh": surname, "en": surname},
        "title": {"zh": title, "en": title},
        "kind": row.slug("kind", ("person", "company"), default="person"),
        "language": _language(row),
        "tier": row.slug("tier", job.tiers, default=job.tiers[0]),
        "status": "active" if valid_to >= today else "expired",
        "home_store": store,
        "joined": joined,
        "valid_to": valid_to,
        "created_at": job.desk.now,
    }
    repository.add_member(tx, values)
    details = Details(given=row.text("given", most=32), phone=row.text("phone", most=32))
    try:
        personal.write(tx, job.desk.vault, member, details, job.desk.now)
    except errors.Malformed as fault:  # it names the field, and never what was in it
        raise CellWrong(str(fault), column=fault.text("field", "phone"), row=row.number) from fault
    if not repository.link(tx, job.client.source, number, member, job.desk.now, job.desk.now):
        raise errors.EditConflict("the same number was brought in at the same moment; try again")
    if points or tier_points:
        occasion = Occasion(kind="opening", at=job.desk.now, store=store, reference=f"opening:{member}")
        ledger.earn(tx, member, points, tier_points, expires, occasion, new_id=job.desk.new_id)
    return "booked"


def rows(tx: Tx, source: str) -> Iterator[Sequence[Cell]]:
    """Every member with a number of `source`, or with the product's own id where there is none; points as they stand.

    What is sealed stays so: given names and phones are not written.
    """
    query = (
        select(members, member_links.c.number)
        .outerjoin(member_links, (member_links.c.member == members.c.id) & (member_links.c.source == source))
        .where(members.c.status != "closed")
        .order_by(members.c.id, member_links.c.number)
        .execution_options(yield_per=500)
    )
    for part in tx.connection.execute(query).partitions():
        ids = [row.id for row in part]
        found = tx.rows(select(accounts).where(accounts.c.member.in_(ids)))
        balances = {row.id: int(row.balance) for row in found}
        for row in part:
            yield (
                row.number or row.id,
                row.surname["zh"],
                None,
                row.title["zh"],
                None,
                row.kind,
                row.language,
                row.tier,
                row.home_store,
                row.joined,
                row.valid_to,
                balances.get(ledger.member_account(row.id, "points"), 0),
                None,
                balances.get(ledger.member_account(row.id, "tier"), 0),
            )


def _language(row: Row) -> str:
    found = row.text("language", most=8) or "zh-CN"
    if found not in ("zh-CN", "en"):
        raise CellWrong(f"expected zh-CN or en, found {found!r}", column="language")
    return found


MEMBERS = Kind("members", COLUMNS, _NEEDED, book, rows)
