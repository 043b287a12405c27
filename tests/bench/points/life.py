"""A member's life of fourteen months in twenty entries: bills, bonuses, redemptions, a refund, a cancellation, points that expired."""

from datetime import date, timedelta

from sqlalchemy import insert

from central_api.db import Tx
from central_api.ledger import expiry, returns
from central_api.ledger import service as ledger
from central_api.rewards.tables import redemptions, vouchers
from tests.bench.points.club import PRICE, Life, Model, device_id, reward_slug, session_id, store_slug

ENTRIES = 20
_YEAR = 365


def twenty_entries(night: int | None = None) -> Life:
    """The life; the last bonus expires in the night that begins so many days after today, or (None) in a year."""
    return lambda tx, model: _Pen(tx, model).write(night)


class _Pen:
    """Books acts on the days on which they happened."""

    def __init__(self, tx: Tx, model: Model) -> None:
        self._tx, self._model = tx, model
        self._vouchers = 0

    def write(self, night: int | None) -> None:
        """Book all, the oldest first. What is earned first is eaten first, and two of the lots end with points in them."""
        self._earn(400, 800, lasts=365)
        self._earn(380, 300, lasts=365)
        self._earn(350, 200, kind="bonus")
        self._redeem(320, 1)
        self._earn(300, 800)
        self._earn(280, 260)
        cancelled = self._redeem(260, 2)
        self._earn(240, 900)
        returns.give_back(
            self._tx, cancelled, self._day(220), self._occasion("reverse", 220), new_id=self._model.new_id
        )
        self._earn(200, 420)
        self._redeem(180, 1)
        self._earn(160, 640)
        self._earn(140, 100, kind="bonus", lasts=_YEAR if night is None else 140 + night)
        self._redeem(120, 3)
        self._earn(100, 380)
        refunded = self._earn(80, 720)
        refund = self._occasion("adjust", 60)
        returns.take_back(self._tx, refunded, 120, 120, self._day(60), refund, new_id=self._model.new_id)
        self._expire(34)
        self._redeem(20, 1)
        self._expire(14)

    def _day(self, days_ago: int) -> date:
        return self._model.today - timedelta(days=days_ago)

    def _occasion(self, kind: str, days_ago: int) -> ledger.Occasion:
        bill = f"bill-{self._model.number:07d}-{days_ago}" if kind == "bill" else ""
        return ledger.Occasion(
            kind=kind,
            at=self._model.at(days_ago),
            category="maintenance" if kind == "bill" else "",
            store=store_slug(0),
            bill=bill,
            paid_fen=40_000 if kind == "bill" else 0,
            facts={"title": {"zh": "定期保养", "en": "Regular service"}} if kind == "bill" else {},
        )

    def _earn(self, days_ago: int, points: int, kind: str = "bill", lasts: int = 2 * _YEAR) -> str:
        expires = self._day(days_ago) + timedelta(days=lasts)
        return ledger.earn(
            self._tx,
            self._model.member,
            points,
            points,
            expires,
            self._occasion(kind, days_ago),
            new_id=self._model.new_id,
        )

    def _redeem(self, days_ago: int, quantity: int) -> str:
        model, tx = self._model, self._tx
        ledger.lock_member(tx, model.member)
        points, at = quantity * PRICE, model.at(days_ago)
        entry = ledger.spend(
            tx, model.member, points, self._day(days_ago), self._occasion("redeem", days_ago), new_id=model.new_id
        )
        redemption = model.new_id()
        values: dict[str, object] = {
            "id": redemption,
            "command": model.new_id(),
            "member": model.member,
            "reward": reward_slug(days_ago % 20),
            "quantity": quantity,
            "unit_points": PRICE,
            "points": points,
            "state": "done",
            "entry": entry,
            "device": device_id(0),
            "session": session_id(model.number),
            "card": f"card-{model.number:07d}",
            "assurance": "cryptogram",
            "store": store_slug(0),
            "at": at,
        }
        tx.execute(insert(redemptions).values(**values))
        for number in range(1, quantity + 1):
            self._vouchers += 1
            values = {
                "id": model.new_id(),
                "code": f"{model.number:07d}{self._vouchers:03d}",
                "member": model.member,
                "reward": reward_slug(days_ago % 20),
                "redemption": redemption,
                "number": number,
                "state": "issued",
                "issued_at": at,
                "valid_to": self._day(days_ago) + timedelta(days=90),
            }
            tx.execute(insert(vouchers).values(**values))
        return entry

    def _expire(self, days_ago: int) -> None:
        at = self._model.at(days_ago)
        booked = expiry.expire(
            self._tx, self._model.member, self._day(days_ago), at=at, new_id=self._model.new_id, store=store_slug(0)
        )
        if len(booked) != 1:
            raise RuntimeError(f"expected one lot to end {days_ago} days ago, found {len(booked)}")
