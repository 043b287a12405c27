"""A card issued in staff mode: this blank becomes that member's, is written through card runs, and activated or destroyed (N5, N6).

The right to write is a permit of one card, granted in the name of whoever issues it: so all that holds for permits holds here too.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from central_api.cards import repository as cards
from central_api.cards import runs
from central_api.db import Tx
from central_api.lifecycle import card_desk, repository
from central_api.lifecycle.card_desk import Desk
from central_api.lifecycle.staff_mode import StaffAtKiosk
from central_api.members import repository as members
from central_api.members import search
from central_api.staff import audit
from club.model import errors
from club.wire.staff_mode import BeginIssue, IssueState

GOOD_FOR = timedelta(minutes=15)
"""How long a card may be written after it was begun, or begun again."""
MISMATCHES = frozenset({"not_as_written", "not_proved"})
"""Why a run fails when the card is not what was written to it; any other failure leaves a card that can be written again."""


@dataclass(frozen=True, slots=True)
class Issue:
    """A card on its way to a member, and how many blank ones its batch has left; `number` as printed."""

    id: str
    card: str
    number: str
    face: str
    batch: str
    left: int
    state: IssueState
    family: str


def begin(tx: Tx, desk: Desk, session: StaffAtKiosk, wish: BeginIssue, *, new_id: Callable[[], str]) -> Issue:
    """Let this kiosk write a blank card for a member; asked again, it may go on, or hears that the card is issued or spoiled.

    Args:
        tx: a unit of work that writes.
        desk: what cards are handled with.
        session: whose staff mode it is.
        wish: which card, whose it becomes, which one it replaces.
        new_id: makes the permit's id.

    Raises:
        CardNotFit: the card is not in stock (state unknown: it never was; old: it is the one to be replaced), or the one to be replaced is not the member's.
        NotFound: no such member.
        CardNotActive: the membership is not active.
        IdempotencyConflict: the id was used for another card or member, or given up.
    """
    known = repository.issue(tx, wish.issue_id)
    card = cards.card(tx, wish.uid)
    if known is not None:
        same = card is not None and (known.card, known.member, known.replaces, known.session) == (
            card.id, wish.member_id, wish.replaces, session.id,
        )  # fmt: skip
        if not same or card is None or _is_given_up(known):
            raise errors.IdempotencyConflict("this id was used before for another card, or was given up; begin anew")
        if known.state != "open":  # its end was answered, and the answer lost
            return _issue(tx, wish.issue_id, card, known.state)
    if card is None or card.state != "stock":
        state = "unknown" if card is None else "old" if card.id == wish.replaces else card.state
        raise errors.CardNotFit(f"expected a card in stock, found it {state}", state=state, needs="stock")
    member = search.current(tx, wish.member_id)
    _must_be_active(tx, member)
    if wish.replaces is not None:
        _must_hold(tx, member, wish.replaces)
    permit = new_id()
    until = desk.now + GOOD_FOR
    runs.grant(tx, runs.Permit(permit, session.device, "issue", card.batch, 1, until, desk.by), desk.now)
    if known is not None:
        cards.end_permits(tx, [known.permit], desk.now)
        repository.change_issue(tx, wish.issue_id, {"permit": permit})
    else:
        values = {
            "id": wish.issue_id,
            "session": session.id,
            "member": member,
            "card": card.id,
            "replaces": wish.replaces,
            "identity": wish.identity,
            "permit": permit,
            "state": "open",
            "begun_at": desk.now,
            "ended_at": None,
        }
        repository.add_issue(tx, values)
    return _issue(tx, wish.issue_id, card, "open")


def end(tx: Tx, desk: Desk, session: StaffAtKiosk, issue_id: str, run_id: str) -> Issue:
    """Activate a card that was written and verified, or destroy one that is not what was written; said again, the same answer.

    Raises:
        NotFound: no such issue in this session.
        CardNotFit: its run is not over, or the card can be written again (fact `state`: why).
        CardNotActive: the membership is not active any more.
    """
    found = repository.issue(tx, issue_id)
    if found is None or found.session != session.id or _is_given_up(found):
        raise _unknown(issue_id)
    card = repository.card(tx, found.card, lock=False)  # locked in its turn, behind its member and its run
    if found.state != "open":
        return _issue(tx, issue_id, card, found.state)
    members.find(tx, found.member, lock=True)
    desk = replace(desk, identity=found.identity)
    run = cards.run(tx, run_id)
    ours = run is not None and (run.device, run.uid, run.purpose) == (session.device, card.uid, "issue")
    if not ours or run.begun_at < found.begun_at:
        raise errors.NotFound("expected a run of this card at this kiosk, found none", kind="card-run", id=run_id[:64])
    if run.state == "failed" and run.reason in MISMATCHES:
        card_desk.spoil(tx, desk, card.id, run.reason)
        state: IssueState = "spoiled"
    elif run.state == "done":
        if found.replaces is None:
            card_desk.issue(tx, desk, card.id, found.member, None)
        else:
            card_desk.replace(tx, desk, found.replaces, card.id, None)
        state = "done"
    else:
        raise errors.CardNotFit(
            f"expected a run that is done, found it {run.state}; the card can be written again",
            state=run.reason or run.state,
            needs="done",
        )
    repository.change_issue(tx, issue_id, {"state": state, "ended_at": desk.now})
    cards.end_permits(tx, [found.permit], desk.now)
    return _issue(tx, issue_id, card, state)


def give_up(tx: Tx, desk: Desk, session: StaffAtKiosk, issue_id: str, reason: str) -> str:
    """Nothing was written and nothing will be: the permit ends at once, the card stays in stock. Said again, nothing changes. The card's id.

    Such an issue stays `open` with an end: of the card nothing became.

    Raises:
        NotFound: no such issue in this session.
    """
    found = repository.issue(tx, issue_id)
    if found is None or found.session != session.id:
        raise _unknown(issue_id)
    if found.state == "open" and found.ended_at is None:
        cards.end_permits(tx, [found.permit], desk.now)
        repository.change_issue(tx, issue_id, {"ended_at": desk.now})
        facts: dict[str, int | str] = {"kiosk": desk.kiosk, "staff_card": desk.staff_card, "reason": reason}
        audit.record(tx, actor=desk.by, act="card.not-written", subject=f"card:{found.card}", now=desk.now, facts=facts)
    return str(found.card)


def drop(tx: Tx, session_id: str, now: datetime) -> None:
    """Nothing more is written in a session that is over."""
    cards.end_permits(tx, repository.permits_of(tx, session_id), now)


def _issue(tx: Tx, issue_id: str, card: Any, state: IssueState) -> Issue:
    left = cards.blank_of(tx, card.batch)
    return Issue(issue_id, card.id, card.number, card.face, card.batch, left, state, card.family)


def _is_given_up(row: Any) -> bool:
    return row.state == "open" and row.ended_at is not None


def _unknown(issue_id: str) -> errors.NotFound:
    return errors.NotFound("expected a card being issued in this session, found none", kind="issue", id=issue_id[:64])


def _must_be_active(tx: Tx, member: str) -> None:
    row = members.find(tx, member)
    if row is None:
        raise errors.NotFound("expected a member, found none under this id", kind="member", id=member[:64])
    if row.status != "active":
        raise errors.CardNotActive(f"the membership of {member} is {row.status}", reason="membership")


def _must_hold(tx: Tx, member: str, card_id: str) -> None:
    card = repository.card(tx, card_id)
    if card is None or card.member != member or card.state not in ("active", "blocked"):
        state = card.state if card is not None else "unknown"
        raise errors.CardNotFit("expected a card this member holds, found another", state=state, needs="active")
