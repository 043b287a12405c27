"""Lines of cards: a card and those it was replaced by are one to limits and the daily cap, so that a new card spends nothing twice (N4).

A line is the id of its first card; a card that came back into stock begins one of its own. Each spending keeps the line that its
card was in, for ever: neither a merge of members nor what becomes of the card changes what counts. None stands for the card's own
id, as on most cards and spendings: those of cards that nothing was replaced by are found by their index of cards alone.
"""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, Table, and_, func, or_, select

from central_api.cards.tables import cards


def of(card: Any) -> str:
    """The line that a card's row is in."""
    return str(card.line or card.id)


def of_each() -> ColumnElement[str]:
    """The line of each card, in a statement over cards."""
    return func.coalesce(cards.c.line, cards.c.id)


def begun(card_id: str, now: datetime) -> dict[str, object]:
    """Columns of a card that comes back into stock: whoever is given it next begins with nothing spent."""
    return {"line": f"{card_id}@{now.astimezone(UTC):%Y%m%dT%H%M%S%f}", "limit_points": None, "limit_per": ""}


def gone_on(old: Any) -> dict[str, object]:
    """Columns of a card that takes the place of another (its row): its line, and its limit."""
    return {"line": of(old), "limit_points": old.limit_points, "limit_per": old.limit_per}


def kept(card_id: str | None) -> ScalarSelect[Any] | None:
    """What a spending keeps of the line of its card, as a part of the statement that writes it; None: no card spends."""
    return None if card_id is None else select(cards.c.line).where(cards.c.id == card_id).scalar_subquery()


def spent_in(table: Table, line: str) -> ColumnElement[bool]:
    """Which rows of redemptions or holds were spent with the cards of a line."""
    return or_(table.c.line == line, and_(table.c.card == line, table.c.line.is_(None)))
