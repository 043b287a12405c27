"""Turns ledger rows of the demo content into the rows of our books: entries, postings, lots, what ate which, redemptions."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from central_api.demo_data.files import LedgerRow, MemberRow, VoucherRow
from central_api.demo_data.lots import Book
from central_api.ledger import service as ledger
from club.model.relative_dates import RelativeDates

_CLUB_SIDE: Mapping[str, ledger.Source] = {"redeem": "redeemed", "reverse": "redeemed", "expire": "expired"}


@dataclass(slots=True)
class Books:
    """Rows ready to be written, by table."""

    entries: list[dict[str, Any]] = field(default_factory=list)
    postings: list[dict[str, Any]] = field(default_factory=list)
    lots: list[dict[str, Any]] = field(default_factory=list)
    lot_uses: list[dict[str, Any]] = field(default_factory=list)
    redemptions: list[dict[str, Any]] = field(default_factory=list)
    vouchers: list[dict[str, Any]] = field(default_factory=list)
    balances: list[dict[str, Any]] = field(default_factory=list)  # of the members' accounts


class Bookkeeper:
    """Books members one after the other, with the lots as they are written: no rule is run again.

    Args:
        dates: reads relative dates.
        now: what would lie after this instant is booked at it.
        new_code: makes voucher codes.
    """

    def __init__(self, dates: RelativeDates, now: datetime, new_code: Callable[[], str]) -> None:
        self._dates = dates
        self._now = now
        self._new_code = new_code
        self.books = Books()

    def member(self, member: MemberRow, rows: Iterable[LedgerRow], vouchers: Iterable[VoucherRow]) -> None:
        """Book one member's whole history, oldest row first."""
        book = Book()
        eaten: dict[str, list[tuple[str, int]]] = {}
        spent: dict[str, str] = {}
        bought: dict[str, str] = {}
        states = {voucher.voucher: voucher for voucher in vouchers}
        total, tier = 0, 0
        for row in rows:
            at = self._instant(row.when)
            self._entry(row, at, spent.get(row.voucher) if row.kind == "reverse" else None)
            uses = self._lots(book, row, at, eaten)
            self.books.lot_uses += [{"lot": lot, "entry": row.row, "points": points} for lot, points in uses]
            if row.kind == "redeem":
                spent[row.voucher] = row.row
                bought[row.voucher] = self._redemption(row, at, states.get(row.voucher))
            total += row.points
            tier += row.tier_points
        left = {lot.id: lot.left for lot in book.lots}
        for lot in self.books.lots[len(self.books.lots) - len(book.lots) :]:
            lot["left"] = left[lot["id"]]
        for track, balance in (("points", total), ("tier", tier)):
            account = ledger.member_account(member.id, track)  # type: ignore[arg-type]  # the two tracks
            self.books.balances.append({"id": account, "track": track, "member": member.id, "balance": balance})
        for voucher in states.values():
            self._voucher(voucher, bought.get(voucher.voucher))

    def _entry(self, row: LedgerRow, at: datetime, reverses: str | None) -> None:
        facts: dict[str, Any] = {"reward": row.reward, "quantity": 1} if row.kind == "redeem" else {}
        if row.kind in ("bill", "bonus"):
            facts["title"] = {"zh": row.title_zh, "en": row.title_en}
        if row.note_zh:
            facts["note"] = {"zh": row.note_zh, "en": ""}
        entry = {
            "id": row.row,
            "member": row.member,
            "kind": row.kind,
            "category": row.category,
            "at": at,
            "store": row.store,
            "bill": row.bill,
            "paid_fen": row.paid_fen,
            "reference": row.row,
            "reverses": reverses,
            "facts": facts,
        }
        self.books.entries.append(entry)
        points_side = ledger.club_account("points", _CLUB_SIDE.get(row.kind, "issued"))
        tier_side = ledger.club_account("tier", "carried" if row.kind == "opening" else "issued")
        self._move(row.row, ledger.member_account(row.member, "points"), points_side, row.points)
        self._move(row.row, ledger.member_account(row.member, "tier"), tier_side, row.tier_points)

    def _move(self, entry: str, account: str, other: str, amount: int) -> None:
        if amount:
            self.books.postings += [
                {"entry": entry, "account": account, "amount": amount},
                {"entry": entry, "account": other, "amount": -amount},
            ]

    def _lots(
        self, book: Book, row: LedgerRow, at: datetime, eaten: dict[str, list[tuple[str, int]]]
    ) -> list[tuple[str, int]]:
        """Move the lots as the row says; what it took out of each (negative: gave back)."""
        match row.kind:
            case "redeem":
                eaten[row.voucher] = book.spend(-row.points)
                return eaten[row.voucher]
            case "reverse":
                book.give_back(eaten[row.voucher])
                return [(lot, -points) for lot, points in eaten[row.voucher]]
            case "expire":
                return book.expire_on(self._dates.day(row.when))
            case _ if row.points > 0:
                self._earn(book, row, at, self._dates.day(row.expires))
        return []

    def _earn(self, book: Book, row: LedgerRow, at: datetime, expires: date) -> None:
        book.earn(row.row, row.points, expires)
        lot = {
            "id": row.row,
            "member": row.member,
            "entry": row.row,
            "earned_at": at,
            "expires": expires,
            "earned": row.points,
            "left": row.points,
        }
        self.books.lots.append(lot)

    def _redemption(self, row: LedgerRow, at: datetime, voucher: VoucherRow | None) -> str:
        redemption = f"r-{row.row}"
        values = {
            "id": redemption,
            "command": None,
            "member": row.member,
            "reward": row.reward,
            "quantity": 1,
            "unit_points": -row.points,
            "points": -row.points,
            "state": "cancelled" if voucher is not None and voucher.state == "cancelled" else "done",
            "entry": row.row,
            "device": None,
            "session": None,
            "card": None,
            "assurance": "cryptogram",
            "store": row.store,
            "at": at,
        }
        self.books.redemptions.append(values)
        return redemption

    def _voucher(self, row: VoucherRow, redemption: str | None) -> None:
        values = {
            "id": row.voucher,
            "code": self._new_code(),
            "member": row.member,
            "reward": row.reward,
            "redemption": redemption,
            "number": 1,
            "state": row.state,
            "issued_at": self._instant(row.issued),
            "valid_to": self._dates.day(row.valid_to),
            "closed_at": self._instant(row.closed) if row.closed else None,
            "closed_by": row.closed_by or row.desk,
        }
        self.books.vouchers.append(values)

    def _instant(self, text: str) -> datetime:
        return min(self._dates.instant(text), self._now)
