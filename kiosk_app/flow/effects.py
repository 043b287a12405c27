"""What the flow asks to be done; `kiosk_app/work` does it and posts events back."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Literal, TypeAlias

from msgspec import Struct

from club.wire.cards import Evidence
from club.wire.rewards import Redeem
from kiosk_app.flow.digits import Digits


@dataclass(frozen=True, slots=True)
class OpenCardSession:
    """Ask the mirror at once, and the central API at the same time, whose card it is."""

    session_id: str
    evidence: Evidence = field(repr=False)
    at: datetime


class OpenPhoneSession(Struct, frozen=True):
    """Have number and PIN checked by the central API (N8)."""

    session_id: str
    phone: Digits
    pin: Digits


@dataclass(frozen=True, slots=True)
class OpenCodeSession:
    """Have a scanned member code looked up by the central API (N8)."""

    session_id: str
    code: str = field(repr=False)


class RetryOpenSession(Struct, frozen=True):
    """Ask the central API once more about the card of the running session."""

    session_id: str


class RefreshSession(Struct, frozen=True):
    """Fetch the session's fresh figures."""

    session_id: str


class FetchHistory(Struct, frozen=True):
    """Fetch a page of the points history (K3): of a kind (empty: all), behind the mark `before` (empty: the first)."""

    session_id: str
    kind: str = ""
    before: str = ""


class AskStepUp(Struct, frozen=True):
    """Have the PIN checked for one command and its body (N4)."""

    command_id: str
    session_id: str
    body_sha256: str
    pin: Digits


class SubmitRedeem(Struct, frozen=True):
    """Write the command down with its hold, then send it till it is settled (A12, X1)."""

    command: Redeem
    hold_points: int
    member_id: str


class AskOffline(Struct, frozen=True):
    """Look up what this kiosk may hand out by itself to the session's card, and what it has (A14)."""

    session_id: str


class HandOut(Struct, frozen=True):
    """Hand one piece out while the club is not reached; the PIN is sealed, and judged at settlement (A14)."""

    command_id: str
    session_id: str
    reward: str
    pin: Digits


class Ending(StrEnum):
    """Why a session ended."""

    DONE = "done"
    IDLE = "idle"
    OTHER_CARD = "other_card"
    CARD_REMOVED = "card_removed"
    REFUSED = "refused"
    REVOKED = "revoked"
    FAULT = "fault"


class EndSession(Struct, frozen=True):
    """Forget the member: evidence, pictures, history of screens; tell the central API (K13)."""

    session_id: str
    why: Ending


class EndStray(Struct, frozen=True):
    """Tell the central API that a session is over which it opened when whoever asked for it had left already (K13)."""

    session_id: str
    staff: bool = False


class OpenStaff(Struct, frozen=True):
    """Have a staff card and its PIN judged; the evidence is that of the tap (K12)."""

    session_id: str
    pin: Digits


class EndStaff(Struct, frozen=True):
    """Forget who of the staff and which member it was about; tell the central API when it had `opened`."""

    session_id: str
    opened: bool
    why: Ending


class FindMembers(Struct, frozen=True):
    """Find members by what was typed."""

    session_id: str
    ask: str
    query: Digits


class WriteCard(Struct, frozen=True):
    """Issue the blank card of the tap `tap` to a member (N6)."""

    session_id: str
    issue_id: str
    tap: str
    member_id: str
    identity: str
    replaces: str | None


class SetCardPin(Struct, frozen=True):
    """Give a card the PIN its holder typed twice (K17)."""

    session_id: str
    ask: str
    card_id: str
    pin: Digits
    again: Digits
    identity: str


class ActOnCard(Struct, frozen=True):
    """Block a card, or take it back (N5)."""

    session_id: str
    ask: str
    card_id: str
    act: Literal["block", "return"]
    identity: str


class SeeVoucher(Struct, frozen=True):
    """Find out what a voucher is for, whose, and whether it is good (A14)."""

    session_id: str
    ask: str
    code: Digits


class FulfilVoucher(Struct, frozen=True):
    """Have a voucher written off as handed over; `act_id` is the same however often it is asked (A14)."""

    session_id: str
    ask: str
    act_id: str
    code: Digits


StaffEffect: TypeAlias = (
    OpenStaff | EndStaff | FindMembers | WriteCard | SetCardPin | ActOnCard | SeeVoucher | FulfilVoucher
)


class AwaitCard(Struct, frozen=True):
    """Have the reader take the card that was torn away for a new tap, however soon it comes back (N7); `tap`: whose it was."""

    tap: str


class DropTap(Struct, frozen=True):
    """A tap began no visit: which card it was is not kept (K13)."""

    session_id: str


class WakeSync(Struct, frozen=True):
    """Try the network now."""


class PlaySound(Struct, frozen=True):
    """A cue; there is always a picture of the same meaning."""

    name: Literal["tap", "key", "success", "error", "countdown"]


Effect: TypeAlias = (
    OpenCardSession
    | OpenPhoneSession
    | OpenCodeSession
    | RetryOpenSession
    | RefreshSession
    | FetchHistory
    | AskStepUp
    | SubmitRedeem
    | AskOffline
    | HandOut
    | EndSession
    | EndStray
    | AwaitCard
    | DropTap
    | WakeSync
    | PlaySound
    | StaffEffect
)
