"""Redeems a batch of commands on SQLite: plain SQL in the one writer, a savepoint each, one commit (A12).

What `migrations/sql/redeem_v4.sql` does for PostgreSQL; tests/central_api/rewards/conformance holds the two together.
Plain SQL, for composing the same statements by SQLAlchemy was measured at a quarter of its speed (ADR 0011).
"""

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from central_api import faults, problems, texts
from central_api.columns import read_content, sqlite_moment, sqlite_text
from central_api.db import Database, Tx
from central_api.programme import service as programmes
from central_api.programme.content import Programme
from central_api.rewards import catalogue, judging, windows
from central_api.rewards.commands import FINAL, OK, Answer, Ask, Desk, DeviceChanged, Outcome
from central_api.rewards.content import RewardContent
from central_api.rewards.judging import Offer, Tap
from club.model import errors, voucher
from club.model.text import Text
from club.wire import codec
from club.wire.cards import VoucherView
from club.wire.rewards import Redeemed

_DEVICE = "SELECT 1 FROM devices WHERE id = ? AND public_key = ? AND kind = 'kiosk' AND revoked_at IS NULL"
_MANY_STORES = "SELECT 1 FROM stores LIMIT 1 OFFSET ?"
_TAP = """
SELECT s.used_at, s.ended_at, g.made_at, s.store, t.time_zone, s.card, k.state, coalesce(k.blocked_since, ''),
       coalesce(k.member, ''), k.limit_points, k.limit_per, s.member, m.tier, s.assurance, coalesce(g.id, ''), coalesce(g.session, ''), coalesce(g.body_sha256, ''), k.line
  FROM card_sessions s JOIN cards k ON k.id = s.card JOIN members m ON m.id = s.member JOIN stores t ON t.slug = s.store
  LEFT JOIN grants g ON g.command = ?
 WHERE s.id = ? AND s.device = ?"""
_OFFER = """
SELECT content, starts, ends, category, points, stock, sold_out, limit_per, limit_times, valid_days
  FROM rewards WHERE slug = ?"""
_TAKEN = """
SELECT coalesce(sum(quantity - cancelled), 0) FROM redemptions
 WHERE member = ? AND reward = ? AND state = 'done' AND at >= ?"""
_SPENT = """
SELECT coalesce(sum(points - cancelled * unit_points), 0) FROM redemptions
 WHERE (card = :card OR line = :line OR card = :line AND line IS NULL)
   AND assurance <> 'cryptogram' AND state = 'done' AND at >= :since"""
_CARD_SPENT = """
SELECT (SELECT coalesce(sum(points - cancelled * unit_points), 0) FROM redemptions
         WHERE (line = :line OR card = :line AND line IS NULL) AND state = 'done' AND at >= :since)
     + (SELECT coalesce(sum(h.points + coalesce(
                   (SELECT sum(u.points) FROM ledger_entries e JOIN lot_uses u ON u.entry = e.id
                     WHERE e.reverses = h.entry AND e.kind = 'reverse'), 0)), 0)
          FROM holds h
         WHERE (h.line = :line OR h.card = :line AND h.line IS NULL) AND h.placed_at >= :since
           AND (h.state = 'confirmed' OR (h.state = 'open' AND h.until > :now)))"""
_LOTS = """
SELECT id, "left" FROM lots WHERE member = ? AND "left" > 0 AND expires >= ? ORDER BY expires, earned_at, id"""
_HELD = "SELECT coalesce(sum(points), 0) FROM holds WHERE member = ? AND state = 'open' AND until > ?"
_ENTRY = """
INSERT INTO ledger_entries (id, member, kind, at, store, reference, facts) VALUES (?, ?, 'redeem', ?, ?, ?, ?)"""
_REDEMPTION = """
INSERT INTO redemptions (id, command, member, reward, quantity, unit_points, points, state, entry, device, session, card,
                         line, assurance, store, at)
VALUES (?, ?, ?, ?, ?, ?, ?, 'done', ?, ?, ?, ?, ?, ?, ?, ?)"""
_VOUCHER = """
INSERT INTO vouchers (id, code, member, reward, redemption, number, state, issued_at, valid_to)
VALUES (?, ?, ?, ?, ?, ?, 'issued', ?, ?) ON CONFLICT (code) DO NOTHING"""
_CODES = 8  # tried for one voucher: a code is one of 2^40


@dataclass(slots=True)
class _Batch:
    """What all commands of a batch share, read once."""

    tx: Tx
    db: sqlite3.Connection
    desk: Desk
    now: datetime
    at: str
    programme: Programme | errors.ClubError
    names: dict[str, Text] | None = None
    days: dict[str, date] = field(default_factory=dict)

    def stores_of(self, content: RewardContent) -> tuple[Text, ...]:
        """Names of the stores a reward is good in; they are read once, and not at all when none would be named."""
        if self.names is None:
            if not content.stores and self.db.execute(_MANY_STORES, (catalogue.LISTED,)).fetchone():
                return ()
            self.names = catalogue.store_names(self.tx)
        return catalogue.names_for(content, self.names)

    def today(self, time_zone: str) -> date:
        """The store's day."""
        if time_zone not in self.days:
            self.days[time_zone] = texts.local_day(self.now, time_zone)
        return self.days[time_zone]


def redeem(db: Database, desk: Desk, asks: Sequence[Ask], now: datetime) -> list[Outcome]:
    """Carry out commands of different keys in one unit of work; an outcome each. The order is that of the procedure."""
    order = sorted(range(len(asks)), key=lambda n: (asks[n].command.reward, n))

    def work(tx: Tx) -> list[Outcome]:
        batch = _batch(tx, desk, now)
        found = {n: _once(batch, asks[n]) for n in order}
        outcomes = [found[n] for n in range(len(asks))]
        tx.at_end("~~last", lambda _tx: faults.point("redeem.before-commit"))
        return outcomes

    faults.point("redeem.before-transaction")
    outcomes = db.run(work)
    faults.point("redeem.after-commit")
    return outcomes


def _batch(tx: Tx, desk: Desk, now: datetime) -> _Batch:
    try:
        programme: Programme | errors.ClubError = programmes.current(tx, now)
    except errors.Unavailable as fault:
        programme = fault
    return _Batch(tx, tx.sqlite, desk, now, sqlite_text(now), programme)


def _once(batch: _Batch, ask: Ask) -> Outcome:
    """Carry out one command unless its key was answered before. What it did is undone when it is refused or fails."""
    db = batch.db
    if db.execute(_DEVICE, (ask.device, ask.public_key)).fetchone() is None:
        return DeviceChanged()
    known = db.execute(
        "SELECT device, body_sha256, status, answer FROM idempotency WHERE key = ?", (ask.key,)
    ).fetchone()
    if known is not None:
        if known[:2] != (ask.device, ask.body_sha256):
            return errors.IdempotencyConflict("this idempotency key was used before with another body")
        return Answer(known[2], known[3].encode())
    faults.point("redeem.after-idempotency")
    db.execute("SAVEPOINT command")
    try:
        answer = Answer(OK, _redeem(batch, ask))
    except errors.ClubError as refusal:
        _undo(db)
        if refusal.code not in FINAL:
            return refusal
        answer = Answer(problems.status_of(refusal), problems.encoded(refusal))
    except (sqlite3.IntegrityError, sqlite3.DataError, ArithmeticError, LookupError, TypeError, ValueError) as fault:
        _undo(db)
        return fault
    else:
        db.execute("RELEASE command")
    db.execute(
        "INSERT INTO idempotency (key, device, body_sha256, status, answer, at) VALUES (?, ?, ?, ?, ?, ?)",
        (ask.key, ask.device, ask.body_sha256, answer.status, answer.body.decode(), batch.at),
    )
    faults.point("redeem.answer-stored")
    return answer


def _undo(db: sqlite3.Connection) -> None:
    db.execute("ROLLBACK TO command")
    db.execute("RELEASE command")


def _redeem(batch: _Batch, ask: Ask) -> bytes:
    db, command, now = batch.db, ask.command, batch.now
    if isinstance(batch.programme, errors.ClubError):
        raise batch.programme
    tap = _tap(batch, ask)
    judging.must_be_let_through(tap, command, batch.programme, ask.signed_at, now, batch.desk.session_minutes)
    offer = _offer(db, command.reward)
    judging.must_be_offered(offer, tap, command, now)
    if offer.limit_per:
        since = sqlite_text(windows.start(offer.limit_per, now, tap.time_zone))
        judging.must_be_within_limit(offer, command, _number(db, _TAKEN, tap.member, command.reward, since))
    if tap.assurance != "cryptogram":
        judging.must_be_within_cap(batch.programme, command, _line_spent(batch, tap, "day", _SPENT))
    price = command.quantity * command.unit_points
    if tap.limit_points is not None:
        judging.must_be_within_card_limit(
            tap.limit_points, tap.limit_per, price, _line_spent(batch, tap, tap.limit_per, _CARD_SPENT)
        )
    today = batch.today(tap.time_zone)
    lots = db.execute(_LOTS, (tap.member, today.isoformat())).fetchall()
    balance = sum(left for _, left in lots)
    judging.must_be_free(price, balance, _number(db, _HELD, tap.member, batch.at))
    entry = _take_points(batch, ask, tap, lots, price)
    redemption = batch.desk.new_id()
    db.execute(
        _REDEMPTION,
        (
            redemption, command.command_id, tap.member, command.reward, command.quantity, command.unit_points, price, entry,
            ask.device, command.session_id, tap.card, tap.line, tap.assurance, tap.store, batch.at,
        ),
    )  # fmt: skip
    vouchers = _issue(batch, ask, tap, offer, redemption)
    faults.point("redeem.after-voucher")
    if command.grant is not None:
        db.execute("UPDATE grants SET used_at = ? WHERE id = ?", (batch.at, command.grant))
    _take_stock(db, ask, offer)
    db.execute("INSERT INTO feed_due (entity, entity_id) VALUES ('member', ?)", (tap.member,))
    faults.point("redeem.after-stock")
    tier = db.execute("SELECT balance FROM accounts WHERE id = ?", (f"member:{tap.member}:tier",)).fetchone()
    return codec.encode(
        Redeemed(
            command_id=command.command_id,
            redemption_id=redemption,
            reward=command.reward,
            quantity=command.quantity,
            points_taken=price,
            points=balance - price,
            tier_points=tier[0] if tier else 0,
            vouchers=vouchers,
            at=now,
        )
    )


def _tap(batch: _Batch, ask: Ask) -> Tap:
    row = batch.db.execute(_TAP, (ask.key, ask.command.session_id, ask.device)).fetchone()
    if row is None:
        raise errors.SessionEnded("this device never opened a session of this id; tap again")
    used_at, ended_at, granted_at, *facts = row
    return Tap(sqlite_moment(used_at), _moment(ended_at), _moment(granted_at), *facts)


def _line_spent(batch: _Batch, tap: Tap, per: str, query: str) -> int:
    """What a card and those it took the place of spent in a window, as the query counts it."""
    since = sqlite_text(windows.start(per, batch.now, tap.time_zone))
    named = {"card": tap.card, "line": tap.line or tap.card, "since": since, "now": batch.at}
    return int(batch.db.execute(query, named).fetchone()[0])


def _offer(db: sqlite3.Connection, slug: str) -> Offer:
    row = db.execute(_OFFER, (slug,)).fetchone()
    if row is None:
        raise errors.RewardNotOffered(f"there is no reward {slug}", reward=slug)
    content, starts, ends, *facts = row
    return Offer(read_content(content, RewardContent), sqlite_moment(starts), _moment(ends), *facts)


def _take_points(batch: _Batch, ask: Ask, tap: Tap, lots: Sequence[tuple[str, int]], price: int) -> str:
    """Book the spending: entry, postings, balance, and the lots that expire first."""
    db, command, entry = batch.db, ask.command, batch.desk.new_id()
    facts = json.dumps({"reward": command.reward, "quantity": command.quantity})
    db.execute(_ENTRY, (entry, tap.member, batch.at, tap.store, command.command_id, facts))
    account = f"member:{tap.member}:points"
    db.execute(
        "INSERT INTO ledger_postings (entry, account, amount) VALUES (?, ?, ?), (?, 'club:points:redeemed', ?)",
        (entry, account, -price, entry, price),
    )
    db.execute("UPDATE accounts SET balance = balance - ? WHERE id = ?", (price, account))
    faults.point("redeem.after-ledger")
    rest = price
    for lot, left in lots:
        part = min(left, rest)
        db.execute('UPDATE lots SET "left" = "left" - ? WHERE id = ?', (part, lot))
        db.execute("INSERT INTO lot_uses (lot, entry, points) VALUES (?, ?, ?)", (lot, entry, part))
        rest -= part
        if not rest:
            break
    faults.point("redeem.after-lots")
    return entry


def _issue(batch: _Batch, ask: Ask, tap: Tap, offer: Offer, redemption: str) -> tuple[VoucherView, ...]:
    command, content = ask.command, offer.content
    valid_to = batch.today(tap.time_zone) + timedelta(days=offer.valid_days)
    stores = batch.stores_of(content)
    issued = []
    for number in range(1, command.quantity + 1):
        made = batch.desk.new_id()
        code = _write_voucher(
            batch, (made, tap.member, command.reward, redemption, number, batch.at, valid_to.isoformat())
        )
        issued.append(
            VoucherView(
                voucher_id=made,
                code=code,
                qr=voucher.qr_text(code),
                reward=command.reward,
                name=content.name,
                line=content.line,
                category=offer.category,
                picture=content.picture,
                stores=stores,
                terms=content.terms,
                state="issued",
                issued_at=batch.now,
                valid_to=valid_to,
            )
        )
    return tuple(issued)


def _write_voucher(batch: _Batch, row: tuple[object, ...]) -> str:
    """Write a voucher with a code nobody else has, and return the code."""
    made, *others = row
    for _ in range(_CODES):
        code = batch.desk.new_code()
        if batch.db.execute(_VOUCHER, (made, code, *others)).rowcount:
            return code
    raise errors.Unavailable(f"expected an unused voucher code among {_CODES}, found none")


def _take_stock(db: sqlite3.Connection, ask: Ask, offer: Offer) -> None:
    if offer.stock is None:
        return
    command = ask.command
    taken = db.execute(
        "UPDATE rewards SET stock = stock - ? WHERE slug = ? AND stock >= ?",
        (command.quantity, command.reward, command.quantity),
    )
    if not taken.rowcount:
        raise judging.out_of_stock(command, _number(db, "SELECT stock FROM rewards WHERE slug = ?", command.reward))
    db.execute("INSERT INTO feed_due (entity, entity_id) VALUES ('reward', ?)", (command.reward,))


def _moment(kept: str | None) -> datetime | None:
    return sqlite_moment(kept) if kept else None


def _number(db: sqlite3.Connection, query: str, *parameters: object) -> int:
    return int(db.execute(query, parameters).fetchone()[0])
