"""Plants ten corruptions in a copy of a bench's database, each at another member's rows, and counts which of them a proof finds."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select

from central_api.db import Database
from central_api.ledger.tables import ledger_entries, lot_uses, lots
from central_api.rewards.tables import redemptions
from tests.support.books import Books
from tests.support.corruptions import CORRUPTIONS

PLANTED = (
    "an entry says another sum of money",
    "points out of nothing, with every balance made to fit",
    "a kept balance is changed",
    "a lot is filled",
    "a lot use is gone",
    "a lot belongs to somebody else",
    "a sealed entry is gone without a trace",
    "a seal is gone",
    "a hash is written over",
    "an entry is slipped in past the guards",
)
"""Names in `tests.support.corruptions`, one of each kind: entries, postings, balances, lots, uses, seals."""


@dataclass(frozen=True, slots=True)
class Plant:
    """A corruption at its place: what is done, and the id that one of these faults must name."""

    name: str
    statements: Sequence[str]
    codes: Collection[str]
    named: str


def plants(db: Database) -> list[Plant]:
    """A corruption of each kind at members who have redeemed, each in another store, so that no chain has two.

    Raises:
        RuntimeError: there are not members enough.
    """
    victims = _victims(db)
    if len(victims) < len(PLANTED):
        raise RuntimeError(f"expected {len(PLANTED)} stores with members who redeemed, found {len(victims)}")
    found = []
    for name, ids in zip(PLANTED, victims, strict=False):
        statements, codes, named = CORRUPTIONS[name]
        whole = tuple(statement.format(**ids) for statement in statements)
        found.append(Plant(name, whole, codes, named.format(**ids)))
    return found


def plant(db: Database, url: str, planted: Sequence[Plant]) -> None:
    """Change the rows, past triggers, keys and checks."""
    Books(db, url).spoil(*(statement for one in planted for statement in one.statements))


def found(planted: Sequence[Plant], faults: Sequence[tuple[str, str]]) -> list[str]:
    """The names of the corruptions that a proof found: a fault of a kind it makes, with the id it is at."""
    return [one.name for one in planted if any(code in one.codes and one.named in said for code, said in faults)]


def strange(planted: Sequence[Plant], faults: Sequence[tuple[str, str]]) -> list[str]:
    """The faults that none of the corruptions makes."""
    known = {code for one in planted for code in one.codes}
    return [f"{code}: {said}" for code, said in faults if code not in known]


def _victims(db: Database) -> list[Mapping[str, str]]:
    """Ids by name, as the corruptions' statements take them, of one member in each store."""
    spent = (
        select(
            redemptions.c.member,
            redemptions.c.store,
            redemptions.c.entry.label("spent"),
            lots.c.id.label("lot"),
            lots.c.entry.label("first"),
        )
        .join(lot_uses, lot_uses.c.entry == redemptions.c.entry)
        .join(lots, lots.c.id == lot_uses.c.lot)
        .order_by(redemptions.c.member, redemptions.c.at)
    )
    chosen: dict[str, dict[str, str]] = {}
    with db.read() as tx:
        for row in tx.rows(spent):
            if row.store in chosen:
                continue
            rest = select(ledger_entries.c.id).where(
                ledger_entries.c.member == row.member,
                ledger_entries.c.kind == "bill",
                ledger_entries.c.id != row.first,
            )
            second = tx.first(rest.order_by(ledger_entries.c.id))
            if second is not None:
                names = {name: getattr(row, name) for name in ("member", "store", "spent", "lot", "first")}
                chosen[row.store] = {**names, "second": second.id}
    everybody = list(chosen.values())
    pairs = zip(everybody[::2], everybody[1::2], strict=False)  # "other" is nobody's victim
    return [{**victim, "other": other["member"]} for victim, other in pairs]
