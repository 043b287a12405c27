"""Two members who are one person: what merges them, parts them again, and shows all that each of them has."""

from typing import Any

from sqlalchemy import insert, select

from central_api.ledger import service as ledger
from central_api.ledger.tables import lots
from central_api.lifecycle import merging
from central_api.members.tables import members
from central_api.rewards import tables as rewards
from tests.support.books import NOW
from tests.support.hall import PROGRAMME, Hall

PHONE, OTHER_PHONE = "13800006621", "13900000438"


def merge(hall: Hall, source: str, target: str) -> merging.Merged:
    """Merge two members."""
    return hall.db.run(lambda tx: merging.merge(tx, hall.merges, PROGRAMME, source, target, reason="two-cards"))


def undo(hall: Hall, merge_id: str) -> merging.Merged:
    """Undo a merge."""
    return hall.db.run(lambda tx: merging.undo(tx, hall.merges, merge_id))


def held(hall: Hall, member: str) -> dict[str, Any]:
    """All that a member has: balances, lots by their last days, and the rows that name them."""
    with hall.db.read() as tx:
        balances = ledger.balances(tx, member, hall.books.today, 100)
        mine = {
            table.name: sorted(
                map(str, tx.connection.execute(select(*table.primary_key.columns).where(holder == member)).scalars())
            )
            for table, holder in merging.CHANGE_HANDS
        }
        row = tx.first(select(members).where(members.c.id == member))
        own = {
            lot.id: (lot.expires, lot.earned_at, lot.left)
            for lot in tx.rows(select(lots).where(lots.c.member == member))
        }
        found = {"row": tuple(row), "balances": balances, **mine}
    return {**found, "lots": {name: lot for name, lot in own.items() if lot[2]}}


def proved(hall: Hall) -> None:
    """Nothing is wrong with the books, sealed or not."""
    assert [str(fault) for fault in hall.books.proof()[0]] == []


def voucher(hall: Hall, member: str) -> str:
    """A voucher in a member's hands."""
    with hall.db.write() as tx:
        if tx.first(select(rewards.rewards)) is None:
            tx.execute(insert(rewards.reward_categories).values(slug="care", name={}, position=0))
            reward = {"slug": "wash", "category": "care", "type": "service", "points": 50, "value_fen": 0}
            more = {
                "sold_out": False,
                "limit_per": "",
                "limit_times": 0,
                "valid_days": 30,
                "starts": NOW,
                "position": 0,
            }
            tx.execute(insert(rewards.rewards).values(**reward, **more, content={}))
        name = hall.books.new_id()
        code = name[-6:]
        values = {"id": name, "code": code, "member": member, "reward": "wash", "number": 1, "state": "issued"}
        tx.execute(insert(rewards.vouchers).values(**values, issued_at=NOW, valid_to=hall.books.today))
    return name
