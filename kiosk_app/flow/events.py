"""What can happen to the kiosk: cards, touches, answers, time."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias

from msgspec import Struct

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


class CardFailed(Struct, frozen=True):
    """A card was there and could not be read."""

    fault: ReadFault
    note: str = ""


class CardLeft(Struct, frozen=True):
    """The card that was read is gone."""


@dataclass(frozen=True, slots=True)
class Scanned:
    """A scanner read a code. `fresh_id` is a new id in case a visit begins with it; what was read is never written out."""

    text: str = field(repr=False)
    fresh_id: str = ""


class ReaderCame(Struct, frozen=True):
    """A reader can be used."""


class ReaderWent(Struct, frozen=True):
    """No reader can be used."""


class Pressed(Struct, frozen=True):
    """A touch. `fresh_id` is a new id in case this touch begins a command (A12); which digit was touched is never written out."""

    action: str
    arg: str = ""
    fresh_id: str = ""

    def __repr__(self) -> str:
        arg = "*" if self.action == Action.DIGIT else self.arg
        return f"Pressed({self.action}, {arg})"


class Second(Struct, frozen=True):
    """A second went by."""

    now: datetime


class MirrorAnswered(Struct, frozen=True):
    """What this device knows of the card; None: nothing."""

    session_id: str
    member: MemberEntity | None


class SessionOpened(Struct, frozen=True):
    """The central API verified the card, or sent the session's fresh figures."""

    session: CardSession


class SessionRefused(Struct, frozen=True):
    """The central API does not take the card."""

    session_id: str
    error: ClubError


class SessionUnreachable(Struct, frozen=True):
    """The central API could not be asked about the card."""

    session_id: str


class SessionTorn(Struct, frozen=True):
    """The card was taken away before it had proved itself to the central API (N3)."""

    session_id: str


class HistoryCame(Struct, frozen=True):
    """A page of the points history, as it was asked for."""

    session_id: str
    kind: str
    before: str
    page: PointsHistory


class HistoryFailed(Struct, frozen=True):
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


class StepUpRefused(Struct, frozen=True):
    """The PIN was wrong, is locked or not set."""

    command_id: str
    error: ClubError


class StepUpUnreachable(Struct, frozen=True):
    """The PIN could not be checked."""

    command_id: str


class CommandSettled(Struct, frozen=True):
    """The redemption is done, once and for ever (A12)."""

    answer: Redeemed


class CommandRefused(Struct, frozen=True):
    """The redemption was refused; no points were taken."""

    command_id: str
    error: ClubError


class CommandNotStored(Struct, frozen=True):
    """The redemption could not be written down, so it was not sent."""

    command_id: str


class OfflineTermsCame(Struct, frozen=True):
    """What this kiosk may hand out by itself to the card of a session, and what it has (A14)."""

    session_id: str
    terms: Terms


class OfflineHanded(Struct, frozen=True):
    """A piece was handed out while the club is not reached; it is written down."""

    held: Held


class OfflineNotHanded(Struct, frozen=True):
    """A limit of the store says no; nothing was handed out."""

    command_id: str
    error: ClubError


class OfflineBooked(Struct, frozen=True):
    """The club has settled a piece that this kiosk had handed out, once and for ever."""

    command_id: str


class StaffOpened(Struct, frozen=True):
    """The staff card and its PIN were right (K12)."""

    session: StaffSession


class StaffFailed(Struct, frozen=True):
    """What staff asked for was refused, or (without an error) the central API could not be asked. `ask`: which question."""

    ask: str
    error: ClubError | None = None


class MembersFound(Struct, frozen=True):
    """Who fits what staff typed."""

    ask: str
    found: FoundMembers


class IssueMoved(Struct, frozen=True):
    """A card being issued: it was begun, is activated, or destroyed."""

    issue: Issue


class IssueStep(Struct, frozen=True):
    """A command is about to be sent to the card; `percent` of the way, in one of five phases."""

    issue_id: str
    percent: int
    phase: int


class IssueTorn(Struct, frozen=True):
    """The card left, or the network went: the same card goes on when it lies there again. With an error it is refused."""

    issue_id: str
    error: ClubError | None = None


class CardDone(Struct, frozen=True):
    """A PIN was set, a card blocked or taken back, as was asked."""

    ask: str


class VoucherSeen(Struct, frozen=True):
    """What a voucher is for, whose, and whether it is good (A14)."""

    ask: str
    voucher: DeskVoucher


class VoucherHanded(Struct, frozen=True):
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


class WentOnline(Struct, frozen=True):
    """The central API answers."""


class WentOffline(Struct, frozen=True):
    """The central API does not answer."""


class CatalogueChanged(Struct, frozen=True):
    """A sync brought something new for everybody."""

    catalogue: Catalogue


class EnrolmentChanged(Struct, frozen=True):
    """Whether the central API knows this device."""

    enrolled: bool


class PairingCodeCame(Struct, frozen=True):
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
    | SessionTorn
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
