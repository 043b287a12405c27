"""Gives staff the cards and PINs by which they open staff mode at a kiosk (K12)."""

from collections.abc import Callable
from datetime import datetime
from typing import Literal

from central_api.cards import pin_rules
from central_api.cards import repository as cards
from central_api.db import Tx
from central_api.programme.content import Programme
from central_api.staff import at_kiosk, audit
from club.model import errors


def give(
    tx: Tx,
    number: str,
    uid: str,
    *,
    assurance: Literal["uid", "static", "cryptogram"],
    by: str,
    now: datetime,
    new_id: Callable[[], str],
) -> str:
    """Make a card somebody's staff card; its id. A card that a kiosk wrote goes on from the counter it was last seen with.

    Args:
        tx: a unit of work that writes.
        number: whose, a staff number.
        uid: of the card, upper-case hex.
        assurance: the least it must prove.
        by: who gives it.
        now: the instant.
        new_id: makes the card's id.

    Raises:
        NotFound: nobody who works here has the number.
        CardNotFit: the card is a member's, in stock, or a staff card already.
    """
    if at_kiosk.working(tx, number) is None:
        raise errors.NotFound(
            f"expected a staff number, found {number!r} that nobody has", kind="staff", id=number[:16]
        )
    if at_kiosk.card(tx, uid) is not None or cards.card(tx, uid) is not None:
        raise errors.CardNotFit("expected a card that is nobody's, found one that is known", state="known", needs="new")
    card = new_id()
    at_kiosk.add_card(
        tx,
        {
            "id": card,
            "uid": uid,
            "staff": number,
            "state": "active",
            "assurance": assurance,
            "last_counter": cards.written(tx, uid).get("last_counter", -1),
            "made_by": by,
            "made_at": now,
        },
    )
    audit.record(tx, actor=by, act="staff.card-give", subject=f"staff:{number}", now=now, facts={"card": card})
    return card


def block(tx: Tx, uid: str, *, by: str, now: datetime) -> None:
    """Block a staff card that was lost: it opens nothing any more, and what it opened ends.

    Raises:
        NotFound: it is no staff card.
    """
    card = at_kiosk.card(tx, uid)
    if card is None:
        raise errors.NotFound("expected a staff card, found none of this UID", kind="card")
    at_kiosk.change_card(tx, card.id, {"state": "blocked"})
    audit.record(tx, actor=by, act="staff.card-block", subject=f"staff:{card.staff}", now=now, facts={"card": card.id})


def must_be_pin(programme: Programme, pin: str, again: str) -> None:
    """Refuse a PIN that staff cannot have; hashing it is for the caller, outside of any unit of work.

    Raises:
        Malformed: it is not six digits.
        PinsDiffer: it was typed in two ways.
        PinTooSimple: a rule of the programme forbids it.
    """
    if not pin_rules.is_pin(pin):
        raise errors.Malformed(f"expected a PIN of {pin_rules.DIGITS} digits, found another text", field="pin")
    if pin != again:
        raise errors.PinsDiffer("expected the same PIN twice, found two")
    broken = pin_rules.weakness(pin, programme.pin.forbid)
    if broken is not None:
        raise errors.PinTooSimple(f"the PIN breaks the rule {broken}", rule=broken)


def set_pin(tx: Tx, number: str, encoded: str, *, by: str, now: datetime) -> None:
    """Set somebody's PIN by its argon2id hash; the lock and the count start anew.

    Raises:
        NotFound: nobody who works here has the number.
    """
    if at_kiosk.working(tx, number) is None:
        raise errors.NotFound(
            f"expected a staff number, found {number!r} that nobody has", kind="staff", id=number[:16]
        )
    values = {"staff": number, "hash": encoded, "fails": 0, "locked_until": None, "last_ask": "", "set_at": now}
    at_kiosk.put_pin(tx, values)
    audit.record(tx, actor=by, act="staff.pin-set", subject=f"staff:{number}", now=now)
