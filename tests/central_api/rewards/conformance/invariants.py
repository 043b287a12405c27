"""What must hold after every act, asked of the database by plain queries: of the members an act touched, and of everything."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import bindparam, text

from central_api.db import Database, Tx
from tests.central_api.rewards.conformance.model import Model

_ALL = {
    "entries sum to zero": (
        "SELECT p.entry, a.track FROM ledger_postings p JOIN accounts a ON a.id = p.account "
        "GROUP BY p.entry, a.track HAVING sum(p.amount) <> 0"
    ),
    "no lot is below zero or above what it was made with": 'SELECT id FROM lots WHERE "left" < 0 OR "left" > earned',
    "a lot is what was earned less what was taken": (
        'SELECT l.id FROM lots l LEFT JOIN lot_uses u ON u.lot = l.id GROUP BY l.id, l.earned, l."left" '
        'HAVING l."left" <> l.earned - coalesce(sum(u.points), 0)'
    ),
    "a balance is the sum of its entries": (
        "SELECT a.id FROM accounts a LEFT JOIN ledger_postings p ON p.account = a.id WHERE a.member IS NOT NULL "
        "GROUP BY a.id, a.balance HAVING a.balance <> coalesce(sum(p.amount), 0)"
    ),
    "a balance is the sum of its lots": (
        "SELECT a.id FROM accounts a LEFT JOIN lots l ON l.member = a.member WHERE a.track = 'points' "
        'AND a.member IS NOT NULL GROUP BY a.id, a.balance HAVING a.balance <> coalesce(sum(l."left"), 0)'
    ),
    "a confirmed hold is what its entry took": (
        "SELECT h.id FROM holds h LEFT JOIN lot_uses u ON u.entry = h.entry WHERE h.state = 'confirmed' "
        "GROUP BY h.id, h.points HAVING h.points <> coalesce(sum(u.points), 0)"
    ),
    "no stock is below zero": "SELECT slug FROM rewards WHERE stock < 0",
    "a redemption has its vouchers and its entry's points": (
        "SELECT r.id FROM redemptions r WHERE r.quantity <> (SELECT count(*) FROM vouchers v WHERE v.redemption = r.id) "
        "OR r.points <> (SELECT sum(u.points) FROM lot_uses u WHERE u.entry = r.entry)"
    ),
    "a redemption counts what was taken back of it": (
        "SELECT r.id FROM redemptions r WHERE r.cancelled <> (SELECT count(*) FROM vouchers v WHERE v.redemption = r.id "
        "AND v.state = 'cancelled') OR (r.cancelled = r.quantity) <> (r.state = 'cancelled')"
    ),
    "a voucher taken back has the price of a piece": (
        "SELECT v.id FROM vouchers v JOIN redemptions r ON r.id = v.redemption WHERE v.back_expired > v.back_points "
        "OR v.back_points <> CASE v.state WHEN 'cancelled' THEN r.unit_points ELSE 0 END"
    ),
    "every key has its answer": "SELECT key FROM idempotency WHERE status IS NULL OR answer IS NULL",
}
_LOTS = text('SELECT id, "left" FROM lots WHERE member = :member AND "left" > 0 ORDER BY id')
_ACCOUNTS = text("SELECT track, balance FROM accounts WHERE member = :member")
_BOOKED = text(
    "SELECT coalesce(sum(p.amount), 0) FROM ledger_postings p JOIN accounts a ON a.id = p.account "
    "WHERE a.member = :member AND a.track = 'points'"
)
_UNEVEN = text(
    "SELECT p.entry FROM ledger_postings p JOIN ledger_entries e ON e.id = p.entry JOIN accounts a ON a.id = p.account "
    "WHERE e.member = :member GROUP BY p.entry, a.track HAVING sum(p.amount) <> 0"
)
_HELD = text(
    "SELECT coalesce(sum(points), 0) FROM holds WHERE member = :member AND state = 'open' AND until > :now"
).bindparams(bindparam("now"))
_REDEEMED = text(
    "SELECT count(*), coalesce(sum(points), 0), coalesce(sum(cancelled), 0) FROM redemptions WHERE member = :member"
)
_OWED = text('SELECT coalesce(sum("left"), 0) FROM point_debts WHERE member = :member')
_BORNE = text(
    "SELECT coalesce(-sum(p.amount), 0) FROM ledger_postings p JOIN ledger_entries e ON e.id = p.entry "
    "WHERE e.member = :member AND p.account LIKE 'store:%:points:borne'"
)
_STOCK = text("SELECT stock FROM rewards WHERE slug = :slug")


def everything(db: Database) -> None:
    """Check all rows of the database."""
    with db.read() as tx:
        for what, query in _ALL.items():
            wrong = tx.rows(text(query))
            assert not wrong, f"{what}: not so for {wrong[:5]}"


def touched(db: Database, model: Model, members: Sequence[str], rewards: Sequence[str]) -> None:
    """Check members and rewards against the model: an act that was refused has changed nothing, for the model has not."""
    with db.read() as tx:
        for member in members:
            _member(tx, model, member)
        for slug in rewards:
            stock = tx.scalar(_STOCK, {"slug": slug})
            assert stock == model.rewards[slug]["stock"], f"stock of {slug}"
            assert stock is None or stock >= 0


def _member(tx: Tx, model: Model, member: str) -> None:
    who = {"member": member}
    lots = {row.id: row.left for row in tx.rows(_LOTS, who)}
    assert lots == {lot["id"]: lot["left"] for lot in model.lots[member] if lot["left"]}, f"lots of {member}"
    balance = {row.track: row.balance for row in tx.rows(_ACCOUNTS, who)}
    assert balance == {"points": model.balance(member), "tier": model.tier_points[member]}, f"balance of {member}"
    assert tx.scalar(_BOOKED, who) == balance["points"] == sum(lots.values())
    assert tx.rows(_UNEVEN, who) == [], "an entry that does not sum to zero"
    assert tx.scalar(_HELD, {**who, "now": _kept(tx, model.now)}) == model.held(member), f"held of {member}"
    mine = [past for past in model.redemptions if past["member"] == member]
    expected = (len(mine), sum(past["points"] for past in mine), sum(past["cancelled"] for past in mine))
    assert tuple(tx.first(_REDEEMED, who)) == expected, f"redemptions of {member}"
    assert tx.scalar(_OWED, who) == model.owed[member], f"debts of {member}"
    assert tx.scalar(_BORNE, who) == model.borne(member), f"what stores bear of {member}"


def _kept(tx: Tx, moment: datetime) -> object:
    return moment.strftime("%Y-%m-%d %H:%M:%S.%f") if tx.dialect == "sqlite" else moment
