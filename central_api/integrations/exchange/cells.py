"""Reads one cell strictly: what it says must be what its column expects, and a wrong one says both (X5). No float is money."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from zoneinfo import ZoneInfo

from club.model import errors

Cell = str | int | float | Decimal | bool | date | datetime | time | None
"""A cell as the file gives it: always text in CSV; in XLSX also numbers and dates."""

MOST_POINTS = 1_000_000_000
MOST_FEN = 1_000_000_000_000
_DAY = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})", re.ASCII)
_MONEY = re.compile(r"\d{1,10}(\.\d{1,2})?", re.ASCII)
_WHOLE = re.compile(r"\d{1,12}", re.ASCII)  # a full-width digit is not one of ours
_SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
_GUARDED = "=+-@\t\r\n＝＋－＠"  # of full width too: a Chinese Excel reads them alike
_LONGEST_SHOWN = 40


class CellWrong(errors.Malformed):
    """A cell holds something else than its column expects. Facts: column, row."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a file: `number` as a spreadsheet counts, the header being 1; `cells` by column."""

    number: int
    cells: Mapping[str, Cell]

    def text(self, column: str, *, most: int = 200, least: int = 0) -> str:
        """Text without control characters, its edges trimmed."""
        found = shown(self.cells.get(column))
        if not least <= len(found) <= most or not (found.isprintable() or not found):
            raise self._wrong(column, f"text of {least} to {most} printable characters")
        return found

    def slug(self, column: str, among: Collection[str] = (), *, default: str | None = None) -> str:
        """A slug; one of `among` where that is given."""
        found = shown(self.cells.get(column))
        if not found and default is not None:
            return default
        if among and found not in among:
            raise self._wrong(column, f"one of {', '.join(sorted(among)[:12])}")
        if _SLUG.fullmatch(found) is None:
            raise self._wrong(column, "a name of a-z, 0-9 and -")
        return found

    def slugs(self, column: str, among: Collection[str]) -> tuple[str, ...]:
        """Slugs with spaces or commas between them; empty for none."""
        found = shown(self.cells.get(column)).replace(",", " ").split()
        if not set(found) <= set(among):
            raise self._wrong(column, f"some of {', '.join(sorted(among)[:12])}, or nothing")
        return tuple(found)

    def points_by(self, column: str, among: Collection[str]) -> dict[str, int]:
        """Points by slug, such as `gold=1000 diamond=900`; empty for none."""
        found: dict[str, int] = {}
        for one in shown(self.cells.get(column)).replace(",", " ").split():
            slug, _, points = one.partition("=")
            if slug not in among or slug in found or _WHOLE.fullmatch(points) is None:
                raise self._wrong(column, f"points by some of {', '.join(sorted(among)[:12])}, such as gold=1000")
            if not 1 <= int(points) <= MOST_POINTS:
                raise self._wrong(column, f"points from 1 to {MOST_POINTS}")
            found[slug] = int(points)
        return found

    def whole(self, column: str, most: int = MOST_POINTS, *, least: int = 0, default: int | None = None) -> int:
        """A whole number."""
        found = shown(self.cells.get(column))
        if not found and default is not None:
            return default
        if _WHOLE.fullmatch(found) is None or not least <= int(found) <= most:
            raise self._wrong(column, f"a whole number from {least} to {most}")
        return int(found)

    def fen(self, column: str, *, default: int | None = None) -> int:
        """Money in yuan with at most two decimals, as fen."""
        found = shown(self.cells.get(column))
        if not found and default is not None:
            return default
        if _MONEY.fullmatch(found) is None:
            raise self._wrong(column, "yuan such as 1280 or 1280.50, without sign, comma or currency")
        fen = int(Decimal(found).scaleb(2))
        if fen > MOST_FEN:
            raise self._wrong(column, f"at most {MOST_FEN // 100} yuan")
        return fen

    def day(self, column: str, *, default: date | None = None) -> date:
        """A calendar day: 2026-05-16, 2026/5/16, or a date cell."""
        cell = self.cells.get(column)
        if isinstance(cell, datetime) and cell.time() == time():
            return cell.date()
        if isinstance(cell, date) and not isinstance(cell, datetime):
            return cell
        found = shown(cell)
        if not found and default is not None:
            return default
        parts = _DAY.fullmatch(found)
        try:
            if parts is not None:
                return date(int(parts[1]), int(parts[2]), int(parts[3]))
        except ValueError:
            pass
        raise self._wrong(column, "a day such as 2026-05-16")

    def moment(self, column: str, time_zone: str) -> datetime:
        """An instant: 2026-05-16 14:10 by the store's clock, or ISO 8601 with its zone."""
        cell = self.cells.get(column)
        expected = "an instant such as 2026-05-16 14:10 (store time) or 2026-05-16T14:10:00+08:00"
        try:
            found = cell if isinstance(cell, datetime) else datetime.fromisoformat(shown(cell).replace("/", "-"))
        except ValueError:
            raise self._wrong(column, expected) from None
        if isinstance(cell, date) and not isinstance(cell, datetime):
            raise self._wrong(column, expected)
        if not 1990 <= found.year <= 2200:
            raise self._wrong(column, "an instant from 1990 to 2200")
        if found.tzinfo is not None:
            return found.astimezone(UTC)
        zone = ZoneInfo(time_zone)
        instant = found.replace(tzinfo=zone).astimezone(UTC)
        if instant.astimezone(zone).replace(tzinfo=None) != found:
            raise self._wrong(column, f"an instant there was in {time_zone}: clocks were put forward over this one")
        return instant

    def flag(self, column: str) -> bool:
        """Yes or no; empty is no."""
        found = shown(self.cells.get(column)).lower()
        if found in ("", "no", "false", "0", "否"):
            return False
        if found in ("yes", "true", "1", "是"):
            return True
        raise self._wrong(column, "yes or no")

    def _wrong(self, column: str, expected: str) -> CellWrong:
        found = shown(self.cells.get(column))
        said = repr(found[:_LONGEST_SHOWN] + ("…" if len(found) > _LONGEST_SHOWN else "")) if found else "nothing"
        return CellWrong(f"expected {expected}, found {said}", column=column, row=self.number)


def shown(cell: Cell) -> str:
    """What a cell says, as its reader sees it.

    A number of a spreadsheet is binary inside: its shortest decimal is what was typed.
    """
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, float | Decimal):
        exact = Decimal(repr(cell)) if isinstance(cell, float) else cell
        return str(int(exact)) if exact.is_finite() and exact == exact.to_integral_value() else format(exact, "f")
    if isinstance(cell, datetime):
        return cell.isoformat(" ")
    if isinstance(cell, date | time):
        return cell.isoformat()
    return unguarded(str(cell)).strip()


def guarded(text: str) -> str:
    """Text that no spreadsheet takes for a formula: what begins like one gets an apostrophe before it."""
    return f"'{text}" if _is_formula(text) else text


def unguarded(text: str) -> str:
    """The text behind `guarded`."""
    return text[1:] if text[:1] == "'" and _is_formula(text) else text


def _is_formula(text: str) -> bool:
    """Whether text begins like a formula, or like one that was guarded before: so what is guarded comes back as it was."""
    return text.lstrip("'")[:1] in tuple(_GUARDED)
