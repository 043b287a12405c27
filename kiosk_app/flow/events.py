"""What can happen to the kiosk: cards, touches, answers, time."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias

from club.model.errors import ClubError
from club.wire.cards import CardSession, Evidence
from club.wire.changes import MemberEntity
from club.wire.history import PointsHistory
from club.wire.rewards import Redeemed
from club.wire.staff_mode import DeskVoucher, FoundMembers, Issue, StaffSession
from kiosk_app.flow.actions import Action
from kiosk_app.flow.outage import Held, Terms
from kiosk_app.flow.state import Catalogue, Pairing


class ReadFault(StrEnum):
    """Why a card could not be read."""

    REMOVED = "removed"
    UNREADABLE = "unreadable"
    STACKED = "stacked"
    PHONE = "phone"
    FOREIGN = "foreign"


@dataclass(frozen=True, slots=True)
class CardTapped:
    """A card was read. `session_id` was made for it; `card` is a token that tells cards apart without naming them."""

    session_id: str
    card: str
    evidence: Evidence = field(repr=False)
    at: datetime
    note: str = ""  # facts for staff: family and ATR, never a number


@dataclass(frozen=True, slots=True)
class CardFailed:
    """A card was there and could not be read."""

    fault: ReadFault
    note: str = ""


@dataclass(frozen=True, slots=True)
class CardLeft:
    """The card that was read is gone."""


@dataclass(frozen=True, slots=True)
class Scanned:
    """A scanner read a code. `fresh_id` is a new id in case a visit begins with it; what was read is never written out."""

    text: str = field(repr=False)
    fresh_id: str = ""


@dataclass(frozen=True, slots=True)
class ReaderCame:
    """A reader can be used."""


@dataclass(frozen=True, slots=True)
class ReaderWent:
    """No reader can be used."""


@dataclass(frozen=True, slots=True)
class Pressed:
    """A touch. `fresh_id` is a new id in case this touch begins a command (A12); which digit was touched is never written out."""

    action: str
    arg: str = ""
    fresh_id: str = ""

    def __repr__(self) -> str:
        arg = "*" if self.action == Action.DIGIT else self.arg
        return f"Pressed({self.action}, {arg})"


@dataclass(frozen=True, slots=True)
class Second:
    """A second went by."""

    now: datetime


@dataclass(frozen=True, slots=True)
class MirrorAnswered:
    """What this device knows of the card; None: nothing."""

    session_id: str
    member: MemberEntity | None


@dataclass(frozen=True, slots=True)
class SessionOpened:
    """The central API verified the card, or sent the session's fresh figures."""

    session: CardSession


@dataclass(frozen=True, slots=True)
class SessionRefused:
    """The central API does not take the card."""

    session_id: str
    error: ClubError


@dataclass(frozen=True, slots=True)
class SessionUnreachable:
    """The central API could not be asked about the card."""

    session_id: str


@dataclass(frozen=True, slots=True)
class HistoryCame:
    """A page of the points history, as it was asked for."""

    session_id: str
    kind: str
    before: str
    page: PointsHistory


@dataclass(frozen=True, slots=True)
class HistoryFailed:
    """A page of the points history did not come: refused, or (without an error) the central API could not be asked."""

    session_id: str
    kind: str
    before: str
    error: ClubError | None = None


@dataclass(frozen=True, slots=True)
class StepUpGranted:
    """The PIN was right; the grant is for that command only (N4)."""

    command_id: str
    grant: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class StepUpRefused:
    """The PIN was wrong, is locked or not set."""

    command_id: str
    error: ClubError


@dataclass(frozen=True, slots=True)
class StepUpUnreachable:
    """The PIN could not be checked."""

    command_id: str


@dataclass(frozen=True, slots=True)
class CommandSettled:
    """The redemption is done, once and for ever (A12)."""

    answer: Redeemed


@dataclass(frozen=True, slots=True)
class CommandRefused:
    """The redemption was refused; no points were taken."""

    command_id: str
    error: ClubError


@dataclass(frozen=True, slots=True)
class CommandNotStored:
    """The redemption could not be written down, so it was not sent."""

    command_id: str


@dataclass(frozen=True, slots=True)
class OfflineTermsCame:
    """What this kiosk may hand out by itself to the card of a session, and what it has (A14)."""

    session_id: str
    terms: Terms


@dataclass(frozen=True, slots=True)
class OfflineHanded:
    """A piece was handed out while the club is not reached; it is written down."""

    held: Held


@dataclass(frozen=True, slots=True)
class OfflineNotHanded:
    """A limit of the store says no; nothing was handed out."""

    command_id: str
    error: ClubError


@dataclass(frozen=True, slots=True)
class OfflineBooked:
    """The club has settled a piece that this kiosk had handed out, once and for ever."""

    command_id: str


@dataclass(frozen=True, slots=True)
class StaffOpened:
    """The staff card and its PIN were right (K12)."""

    session: StaffSession


@dataclass(frozen=True, slots=True)
class StaffFailed:
    """What staff asked for was refused, or (without an error) the central API could not be asked. `ask`: which question."""

    ask: str
    error: ClubError | None = None


@dataclass(frozen=True, slots=True)
class MembersFound:
    """Who fits what staff typed."""

    ask: str
    found: FoundMembers


@dataclass(frozen=True, slots=True)
class IssueMoved:
    """A card being issued: it was begun, is activated, or destroyed."""

    issue: Issue


@dataclass(frozen=True, slots=True)
class IssueStep:
    """A command is about to be sent to the card; `percent` of the way, in one of five phases."""

    issue_id: str
    percent: int
    phase: int


@dataclass(frozen=True, slots=True)
class IssueTorn:
    """The card left, or the network went: the same card goes on when it lies there again. With an error it is refused."""

    issue_id: str
    error: ClubError | None = None


@dataclass(frozen=True, slots=True)
class CardDone:
    """A PIN was set, a card blocked or taken back, as was asked."""

    ask: str


@dataclass(frozen=True, slots=True)
class VoucherSeen:
    """What a voucher is for, whose, and whether it is good (A14)."""

    ask: str
    voucher: DeskVoucher


@dataclass(frozen=True, slots=True)
class VoucherHanded:
    """A voucher was handed over, now or when the same was asked before."""

    ask: str
    voucher: DeskVoucher


StaffEvent: TypeAlias = (
    StaffOpened
    | StaffFailed
    | MembersFound
    | IssueMoved
    | IssueStep
    | IssueTorn
    | CardDone
    | VoucherSeen
    | VoucherHanded
)


@dataclass(frozen=True, slots=True)
class WentOnline:
    """The central API answers."""


@dataclass(frozen=True, slots=True)
class WentOffline:
    """The central API does not answer."""


@dataclass(frozen=True, slots=True)
class CatalogueChanged:
    """A sync brought something new for everybody."""

    catalogue: Catalogue


@dataclass(frozen=True, slots=True)
class EnrolmentChanged:
    """Whether the central API knows this device."""

    enrolled: bool


@dataclass(frozen=True, slots=True)
class PairingCodeCame:
    """The central API gave a code by which staff let this device in (C9)."""

    pairing: Pairing


Event: TypeAlias = (
    CardTapped
    | CardFailed
    | CardLeft
    | Scanned
    | ReaderCame
    | ReaderWent
    | Pressed
    | Second
    | MirrorAnswered
    | SessionOpened
    | SessionRefused
    | SessionUnreachable
    | HistoryCame
    | HistoryFailed
    | StepUpGranted
    | StepUpRefused
    | StepUpUnreachable
    | CommandSettled
    | CommandRefused
    | CommandNotStored
    | OfflineTermsCame
    | OfflineHanded
    | OfflineNotHanded
    | OfflineBooked
    | WentOnline
    | WentOffline
    | CatalogueChanged
    | EnrolmentChanged
    | PairingCodeCame
    | StaffEvent
)
