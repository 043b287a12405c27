"""The card that pays at a till: named by its printed number, the member's own, and never left out where cards have limits (N4)."""

from datetime import date
from typing import Any

from central_api.cards import repository as cards
from central_api.cards import sessions
from central_api.db import Tx
from club.model import errors


def named(tx: Tx, member: str, number: str) -> Any:
    """The row of a member's card with this printed number (blanks do not count); None when the till named none.

    Raises:
        CardUnknown: the member has no such card.
    """
    if not number:
        return None
    for row in cards.cards_of(tx, member):
        if _bare(row.number) == _bare(number):
            return row
    raise errors.CardUnknown("expected the printed number of a card of the member who pays, found another")


def is_card(tx: Tx, card: str | None, number: str) -> bool:
    """Whether a printed number is that of a card, whoever has it by now; no number is that of no card."""
    if card is None or not number:
        return card is None and not number
    return _bare(cards.card_by_id(tx, card).number) == _bare(number)


def must_fit(tx: Tx, card: Any, member: str, today: date) -> None:
    """Refuse a card that may not pay for this member, or that none was named.

    Args:
        tx: a unit of work in which the member is locked.
        card: its row as `named` found it.
        member: who pays.
        today: the store's day.

    Raises:
        NotAllowed: no card is named, and cards of the member have limits, blocked ones too: whoever pays without one would pass
            them by, also by reporting it lost.
        CardBlocked, CardNotActive: it is not in use.
    """
    if card is None:
        if any(
            row.limit_points is not None and row.state in ("active", "blocked") for row in cards.cards_of(tx, member)
        ):
            raise errors.NotAllowed("expected the card that pays, for cards of this member have limits", needs="card")
        return
    sessions.must_not_be_blocked(card)
    if card.state != "active" or (card.good_until is not None and card.good_until < today):
        raise errors.CardNotActive(f"card {card.id} is {card.state}, good until {card.good_until}", reason="card")


def _bare(number: str) -> str:
    return number.replace(" ", "")
