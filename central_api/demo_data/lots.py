"""One member's lots while a history is replayed: the first to expire is eaten first, then the first earned."""

from dataclasses import dataclass, field
from datetime import date


@dataclass(slots=True)
class ReplayedLot:
    """A lot by the row that earned it; `order` is its place among all."""

    id: str
    expires: date
    order: int
    earned: int
    left: int


@dataclass(slots=True)
class Book:
    """All lots of a member."""

    lots: list[ReplayedLot] = field(default_factory=list)

    @property
    def balance(self) -> int:
        """Points left in all lots."""
        return sum(lot.left for lot in self.lots)

    def earn(self, lot_id: str, points: int, expires: date) -> None:
        """Add a lot."""
        self.lots.append(ReplayedLot(lot_id, expires, len(self.lots), points, points))

    def spend(self, points: int) -> list[tuple[str, int]]:
        """Eat lots; which ones, and how much of each.

        Raises:
            ValueError: there are fewer points.
        """
        if points > self.balance:
            raise ValueError(f"expected at least {points} points, found {self.balance}")
        eaten = []
        for lot in self._in_order():
            part = min(points, lot.left)
            if part:
                lot.left -= part
                points -= part
                eaten.append((lot.id, part))
        return eaten

    def give_back(self, eaten: list[tuple[str, int]]) -> None:
        """Undo a spending."""
        by_id = {lot.id: lot for lot in self.lots}
        for lot_id, points in eaten:
            by_id[lot_id].left += points

    def expire_before(self, day: date) -> list[tuple[date, int]]:
        """Empty the lots whose last day lies before `day`; their last days, each with its points."""
        gone: dict[date, int] = {}
        for lot in self._in_order():
            if lot.expires < day and lot.left:
                gone[lot.expires] = gone.get(lot.expires, 0) + lot.left
                lot.left = 0
        return list(gone.items())

    def expire_on(self, day: date) -> list[tuple[str, int]]:
        """Empty the lots whose last day is `day` or before; which ones, and how much was in each."""
        gone = [(lot.id, lot.left) for lot in self._in_order() if lot.expires <= day and lot.left]
        for lot in self.lots:
            if lot.expires <= day:
                lot.left = 0
        return gone

    def _in_order(self) -> list[ReplayedLot]:
        return sorted(self.lots, key=lambda lot: (lot.expires, lot.order))
