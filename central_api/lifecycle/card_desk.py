"""Cards at the desk: into stock, issued, reported lost, replaced, brought back; told to devices in the same commit (N5, N6, K17).

A card is a pointer: points are the member's. A block is refused here at once, and on devices from their next sync on.
Rows are locked in one order, here and wherever members and cards are: members' accounts by member, members by id, a card's run, cards by id,
PINs, sessions. A redemption begins with the accounts, so whoever needs both an account and a card takes the account first.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

from central_api import texts
from central_api.cards import lines, pin_rules, pins
from central_api.cards import repository as cards
from central_api.db import Tx
from central_api.devices import repository as stores
from central_api.inbox import service as inbox
from central_api.ledger import moves
from central_api.lifecycle import mirroring, repository
from central_api.members import normal, personal
from central_api.members import repository as members
from central_api.programme.content import Programme
from central_api.security.envelope import Place
from central_api.security.keyring import Keyring
from central_api.security.vault import Vault
from central_api.staff import audit
from club.model import errors

SPOILED = "spoiled"
"""The reason of a card that was destroyed before anybody had it."""

_NOT_ISSUED: Mapping[str, object] = {"member": None, "driver": None, "good_until": None}
_NO_LIMIT: Mapping[str, object] = {"limit_points": None, "limit_per": ""}


@dataclass(frozen=True, slots=True)
class Blank:
    """A card as it comes into stock; `uid` upper-case hex, `number` as printed."""

    uid: str
    family: str
    number: str
    face: str
    assurance: Literal["uid", "static", "cryptogram"]
    batch: str


@dataclass(frozen=True, slots=True)
class Desk:
    """What cards are handled with: keys, who does it, the instant, and at which kiosk (empty: at none).

    `staff_card`: the id of the card by which whoever does it opened staff mode; `identity`: how they saw who the member is, a slug such as `id-card`.
    The log of acts keeps both.
    """

    vault: Vault
    keyring: Keyring
    by: str
    now: datetime
    kiosk: str = ""
    staff_card: str = ""
    identity: str = ""


def take_in(tx: Tx, desk: Desk, blank: Blank, *, new_id: Callable[[], str]) -> str:
    """Take a blank card into stock; its id.

    Raises:
        CardNotFit: a card of this number, or of this UID, is there already.
    """
    if repository.card_of_number(tx, blank.number) is not None or cards.card(tx, blank.uid) is not None:
        raise errors.CardNotFit("expected a new card, found one with this number or UID", state="known", needs="new")
    card = new_id()
    values = {
        "id": card,
        "uid": blank.uid,
        "family": blank.family,
        "number": blank.number,
        "face": blank.face,
        "state": "stock",
        "reason": "",
        "blocked_since": None,
        "assurance": blank.assurance,
        "last_counter": -1,
        "member": None,
        "batch": blank.batch,
        **cards.written(tx, blank.uid),
    }
    repository.add_card(tx, values)
    _note(tx, desk, "card.take-in", card, {"batch": blank.batch})
    return card


def check_pin(tx: Tx, vault: Vault, programme: Programme, member: str, pin: str, again: str) -> None:
    """Refuse a PIN that cannot be set; hashing it is for the caller, outside of any unit of work.

    Raises:
        Malformed: it is not six digits.
        PinsDiffer: it was typed in two ways.
        PinTooSimple: a rule of the programme forbids it; the fact `rule` says which.
    """
    if not pin_rules.is_pin(pin):
        raise errors.Malformed(f"expected a PIN of {pin_rules.DIGITS} digits, found another text", field="pin")
    if pin != again:
        raise errors.PinsDiffer("expected the same PIN twice, found two")
    known = personal.read(tx, vault, member)
    broken = pin_rules.weakness(pin, programme.pin.forbid, phone=known.phone, birthday=known.birthday)
    if broken is not None:
        raise errors.PinTooSimple(f"the PIN breaks the rule {broken}", rule=broken)


def issue(
    tx: Tx,
    desk: Desk,
    card_id: str,
    member: str,
    pin_hash: str | None,
    *,
    driver: str = "",
    good_until: date | None = None,
) -> None:
    """Give a card out of stock to a member, with its PIN.

    Args:
        tx: a unit of work that writes.
        desk: what it is worked on with.
        card_id: a card in stock.
        member: whose it becomes; an active membership.
        pin_hash: the argon2id hash of a PIN that `check_pin` let through; None: it is set afterwards (`set_pin`).
        driver: of a company's card, who carries it.
        good_until: of a temporary card, its last day.

    Raises:
        NotFound: no such card or member.
        CardNotFit: the card is not in stock.
        CardNotActive: the membership is not active.
    """
    members.find(tx, member, lock=True)
    card, holder = _card(tx, card_id), _member(tx, member)
    if card.state != "stock":
        raise errors.CardNotFit(
            f"expected card {card_id} in stock, found it {card.state}", state=card.state, needs="stock"
        )
    _hand_out(tx, desk, card_id, holder, pin_hash, driver, good_until)
    _note(tx, desk, "card.issue", card_id, {"member": member, "temporary": int(good_until is not None)})


def block(tx: Tx, desk: Desk, card_id: str, reason: str = "lost") -> None:
    """Block a card, by default because it was reported lost 挂失; blocking it again changes nothing.

    Raises:
        NotFound: no such card.
        CardNotFit: nobody holds the card.
    """
    card = _card(tx, card_id)
    if card.state in ("blocked", "replaced"):
        return
    if card.state != "active":
        raise errors.CardNotFit(
            f"expected card {card_id} in use, found it {card.state}", state=card.state, needs="active"
        )
    _stop(tx, desk, card, "blocked", reason)
    _note(tx, desk, "card.block", card_id, {"reason": reason})


def replace(tx: Tx, desk: Desk, old_id: str, new_id: str, pin_hash: str | None) -> None:
    """Give a member a card out of stock for an old one 旧卡换新卡; the old one is good for nothing any more. For `pin_hash` see `issue`.

    The new one goes on in the old one's line: what that spent today or this month counts, and its limit holds.

    Raises:
        NotFound: no such card.
        CardNotFit: the old one is nobody's or was replaced before, or the new one is not in stock.
        CardNotActive: the membership is not active.
    """
    held = repository.card(tx, old_id, lock=False)
    if held is not None and held.member is not None:
        members.find(tx, held.member, lock=True)
    first, second = sorted((old_id, new_id))  # locked in one order, whichever way round they are named
    rows = {first: _card(tx, first), second: _card(tx, second)}
    old, new = rows[old_id], rows[new_id]
    if old.state not in ("active", "blocked") or old.member is None:
        raise errors.CardNotFit(f"expected card {old_id} in use, found it {old.state}", state=old.state, needs="active")
    if new.state != "stock":
        raise errors.CardNotFit(
            f"expected card {new_id} in stock, found it {new.state}", state=new.state, needs="stock"
        )
    holder = _member(tx, old.member)
    driver = desk.vault.open(tx, Place("cards", "driver", old.id), old.driver) if old.driver else ""
    _stop(tx, desk, old, "replaced", old.reason)
    repository.forget_pin(tx, old.id)
    _hand_out(tx, desk, new_id, holder, pin_hash, driver, None)
    cards.set_state(tx, new_id, lines.gone_on(old))
    _note(tx, desk, "card.replace", old_id, {"member": old.member, "new": new_id})


def bring_back(tx: Tx, desk: Desk, card_id: str) -> None:
    """Take a card back into stock: its member needs it no more, or it was found after a block.

    Its counter stays, for it only goes up; who is given the card next starts with another PIN.

    Raises:
        NotFound: no such card.
        CardNotFit: it was destroyed as spoiled.
    """
    card = _card(tx, card_id)
    if card.state == "stock":
        return
    if card.reason == SPOILED:
        raise errors.CardNotFit(f"expected card {card_id} to be whole, found it spoiled", state=SPOILED, needs="active")
    cards.set_state(
        tx,
        card_id,
        {"state": "stock", "reason": "", "blocked_since": None, **_NOT_ISSUED, **lines.begun(card_id, desk.now)},
    )
    repository.forget_pin(tx, card_id)
    repository.end_sessions(tx, desk.now, card_id=card_id)
    if card.member is not None:
        repository.void_grants(tx, [card.member])
    if card.member is not None and card.uid is not None:
        store = members.member(tx, card.member).home_store
        mirroring.withdraw(tx, desk.keyring, store, [card.uid], desk.now)
    _note(tx, desk, "card.return", card_id, {"member": card.member or ""})


def set_pin(tx: Tx, desk: Desk, card_id: str, pin_hash: str, identity: str) -> None:
    """Set a forgotten PIN anew, after staff looked at who it is; what was opened with the old one ends.

    The member is told by a message, so that none is set behind their back. By the phone number alone it opens their points only
    after it was given once with the card (ADR 17): whoever set it knows it as well.

    Args:
        tx: a unit of work that writes.
        desk: what it is worked on with.
        card_id: whose PIN.
        pin_hash: of a PIN that `check_pin` let through.
        identity: how staff saw who it is, a slug such as `id-card`; the log of acts keeps it.

    Raises:
        NotFound: no such card.
        CardNotFit: nobody holds the card.
    """
    card = _card(tx, card_id)
    if card.state != "active":
        raise errors.CardNotFit(
            f"expected card {card_id} in use, found it {card.state}", state=card.state, needs="active"
        )
    pins.set_hash(tx, card_id, pin_hash, desk.now)
    repository.end_sessions(tx, desk.now, card_id=card_id)
    inbox.tell(tx, f"pin-set:{card_id}:{desk.now.isoformat()}", "pin-set", card.member, {"card": card_id}, desk.now)
    _note(tx, desk, "pin.set", card_id, {"identity": identity})


def limit_name(card: Any) -> str:
    """A card's limit as a page sends it along, such as `500-month`; empty: none."""
    return "" if card.limit_points is None else f"{card.limit_points}-{card.limit_per}"


def limit(
    tx: Tx, desk: Desk, card_id: str, points: int | None, per: Literal["day", "month"], *, seen: str | None = None
) -> None:
    """Let a company's card spend no more than so many points in a day or month, by the calendar of the store where it pays (N4).

    Args:
        tx: a unit of work that writes.
        desk: what it is worked on with.
        card_id: a card in somebody's hands, in use or blocked.
        points: whole points, 0 or more; None: whatever its member has.
        per: the window; of no limit it says nothing.
        seen: the `limit_name` that whoever sets it saw; None: they saw none.

    Raises:
        NotFound: no such card.
        CardNotFit: nobody holds the card, it was replaced, or its member is no company.
        Malformed: less than no points.
        EditConflict: it came into other hands meanwhile, or has another limit than was seen.
    """
    if points is not None and points < 0:
        raise errors.Malformed(f"expected 0 points or more, found {points}", field="points")
    held = repository.card(tx, card_id, lock=False)
    before = held.member if held is not None else None
    # As every spending locks it, and before the card: none goes by the old limit once this is told.
    after = moves.lock_with_holders(tx, before) if before is not None else None
    card = _card(tx, card_id)
    if card.member not in (before, after):
        raise errors.EditConflict(
            "expected the card with whom it was when this began, found it with somebody else; look again",
            expected=before or "",
            found=card.member or "",
        )
    if card.member is None or card.state not in ("active", "blocked"):
        raise errors.CardNotFit(
            f"expected card {card_id} in use, found it {card.state}", state=card.state, needs="active"
        )
    if members.member(tx, card.member).kind != "company":
        raise errors.CardNotFit(
            f"expected card {card_id} of a company, found a person's", state="person", needs="company"
        )
    values = _NO_LIMIT if points is None else {"limit_points": points, "limit_per": per}
    wanted = "" if points is None else f"{points}-{per}"
    if seen is not None and limit_name(card) not in (seen, wanted):  # sent twice it is as wished already
        raise errors.EditConflict(
            "expected the limit that was seen, found another; look again", expected=seen, found=limit_name(card)
        )
    cards.set_state(tx, card_id, dict(values))
    _note(
        tx,
        desk,
        "card.limit",
        card_id,
        {"points": "none" if points is None else points, "per": str(values["limit_per"])},
    )


def spoil(tx: Tx, desk: Desk, card_id: str, reason: str) -> None:
    """Take a blank card that could not be written as it should be out of stock for ever; it is counted as spoiled (N6).

    Raises:
        NotFound: no such card.
        CardNotFit: the card is not in stock.
    """
    card = _card(tx, card_id)
    if card.state != "stock":
        raise errors.CardNotFit(
            f"expected card {card_id} in stock, found it {card.state}", state=card.state, needs="stock"
        )
    cards.set_state(tx, card_id, {"state": "blocked", "reason": SPOILED})
    _note(tx, desk, "card.spoil", card_id, {"batch": card.batch, "reason": reason})


def end_temporary(tx: Tx, desk: Desk, today: date) -> int:
    """Block the temporary cards whose last day is over; how many."""
    over = repository.over_temporary(tx, today)
    for card in over:
        block(tx, desk, card.id, "over")
    return len(over)


def _hand_out(
    tx: Tx, desk: Desk, card_id: str, holder: Any, pin_hash: str | None, driver: str, good_until: date | None
) -> None:
    name = normal.name(driver) if driver.strip() else ""
    values = {
        "state": "active",
        "reason": "",
        "blocked_since": None,
        "member": holder.id,
        "driver": desk.vault.seal(tx, Place("cards", "driver", card_id), name) if name else None,
        "good_until": good_until,
    }
    cards.set_state(tx, card_id, values)
    if pin_hash is not None:
        pins.set_hash(tx, card_id, pin_hash, desk.now)
    mirroring.publish(tx, desk.keyring, holder.id, desk.now)


def _stop(tx: Tx, desk: Desk, card: Any, state: str, reason: str) -> None:
    store = stores.store(tx, members.member(tx, card.member).home_store)
    today = texts.local_day(desk.now, store.time_zone)
    cards.set_state(tx, card.id, {"state": state, "reason": reason, "blocked_since": today})
    repository.end_sessions(tx, desk.now, card_id=card.id)
    mirroring.publish(tx, desk.keyring, card.member, desk.now)


def _card(tx: Tx, card_id: str) -> Any:
    row = repository.card(tx, card_id)
    if row is None:
        raise errors.NotFound("expected a card, found none under this id", kind="card", id=card_id[:64])
    return row


def _member(tx: Tx, member: str) -> Any:
    row = members.find(tx, member, lock=True)
    if row is None:
        raise errors.NotFound("expected a member, found none under this id", kind="member", id=member[:64])
    if row.status != "active":
        raise errors.CardNotActive(f"the membership of {member} is {row.status}", reason="membership")
    return row


def _note(tx: Tx, desk: Desk, act: str, card: str, facts: Mapping[str, int | str]) -> None:
    told = {"kiosk": desk.kiosk, "staff_card": desk.staff_card, "identity": desk.identity}
    known = {name: value for name, value in told.items() if value}
    audit.record(tx, actor=desk.by, act=act, subject=f"card:{card}", now=desk.now, facts={**known, **facts})
