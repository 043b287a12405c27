"""What a card may spend in a day or month, of whatever its member has: a company sets it for each driver (N4).

It holds for a card's whole line (`cards.lines`). The bodies of a redemption go by the same rule in plain SQL of their own.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import and_, func, or_, select

from central_api.cards import lines
from central_api.cards import repository as cards
from central_api.db import Tx
from central_api.devices import repository as stores
from central_api.ledger.tables import holds, ledger_entries, lot_uses
from central_api.rewards import judging, windows
from central_api.rewards.tables import redemptions


def must_allow(tx: Tx, card: str, points: int, now: datetime, store: str) -> None:
    """Refuse what a card may not spend any more.

    Args:
        tx: a unit of work in which the card's member is locked.
        card: its id.
        points: whole points that it is to spend.
        now: the instant.
        store: where; the limit's day or month begins by its calendar.

    Raises:
        CardLimitReached.
    """
    row = cards.card_by_id(tx, card)
    if row.limit_points is not None:
        judging.must_be_within_card_limit(row.limit_points, row.limit_per, points, so_far(tx, row, now, store))


def so_far(tx: Tx, card: Any, now: datetime, store: str) -> int:
    """What a card that has a limit spent in its window by now, by the calendar of a store. Reads only."""
    since = windows.start(card.limit_per, now, stores.store(tx, store).time_zone)
    return spent(tx, lines.of(card), since, now)


def left_offline(tx: Tx, card: str, issued_at: datetime, now: datetime, store: str) -> int | None:
    """What a card had left of its limit when a piece was handed out offline (A14), by what is known now; None: it has no limit.

    Args:
        tx: a unit of work in which the card's member is locked.
        card: its id.
        issued_at: when; the limit's day or month is the one it lies in. What was spent since counts as well.
        now: the instant.
        store: where; the day or month begins by its calendar.
    """
    row = cards.card_by_id(tx, card)
    if row.limit_points is None:
        return None
    since = windows.start(row.limit_per, issued_at, stores.store(tx, store).time_zone)
    return max(0, int(row.limit_points) - spent(tx, lines.of(row), since, now))


def spent(tx: Tx, line: str, since: datetime, now: datetime) -> int:
    """What the cards of a line redeemed since then, and what they paid at tills or keep there, less what was given back."""
    redeemed = select(
        func.coalesce(func.sum(redemptions.c.points - redemptions.c.cancelled * redemptions.c.unit_points), 0)
    ).where(
        lines.spent_in(redemptions, line),
        redemptions.c.state == "done",
        redemptions.c.at >= since,
    )
    given_back = (
        select(func.sum(lot_uses.c.points))
        .join(ledger_entries, ledger_entries.c.id == lot_uses.c.entry)
        .where(ledger_entries.c.reverses == holds.c.entry, ledger_entries.c.kind == "reverse")
        .scalar_subquery()
    )
    still_open = and_(holds.c.state == "open", holds.c.until > now)
    at_tills = select(func.coalesce(func.sum(holds.c.points + func.coalesce(given_back, 0)), 0)).where(
        lines.spent_in(holds, line),
        holds.c.placed_at >= since,
        or_(holds.c.state == "confirmed", still_open),
    )
    return int(tx.scalar(redeemed)) + int(tx.scalar(at_tills))
