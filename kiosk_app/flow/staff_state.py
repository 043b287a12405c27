"""What the kiosk knows in staff mode: who of the staff is there, and the screens of what they do (K12)."""

from enum import StrEnum
from typing import Final, TypeAlias

from msgspec import Struct

from club.model.errors import ClubError
from club.wire.staff_mode import DeskVoucher, FoundCard, FoundMember, Issue
from kiosk_app.flow.digits import NO_DIGITS, Digits

IDENTITIES = ("id-card", "driving-licence", "vehicle-licence")
"""How staff can see who somebody is."""
LEAST_QUERY, LONGEST_QUERY = 4, 14  # digits: the end of a phone number, a whole one with its country
OTHER_KIND: Final = "other-kind"
"""The fact `state` of a card on the reader that is not of the kind the stock says."""
PHASES = 5
"""Of writing a card: recognise, write the application, change keys, read back, register (kiosk-34)."""


class Errand(StrEnum):
    """What staff do for a member."""

    ISSUE = "issue"
    REPLACE = "replace"
    BLOCK = "block"
    RETURN = "return"
    NEW_PIN = "new-pin"


class Done(StrEnum):
    """What was done last, said once on the staff's first screen."""

    PIN_SET = "pin-set"
    BLOCKED = "blocked"
    RETURNED = "returned"


class Staff(Struct, frozen=True):
    """Somebody of the staff: `id` of the tap, `card` its token; who they are is known once the PIN was right."""

    id: str
    card: str
    number: str = ""
    name: str = ""
    opened: bool = False


class StaffPin(Struct, frozen=True):
    """A staff card lies there; its holder types the PIN. While `busy` it is being checked, and not held here any more."""

    digits: Digits = NO_DIGITS
    busy: bool = False
    error: ClubError | None = None
    away: bool = False  # the central API could not be asked


class StaffDesk(Struct, frozen=True):
    """What staff can do; `done` is what was done last."""

    done: Done | None = None


class StaffFind(Struct, frozen=True):
    """Step 1: how staff saw who it is, and the digits by which the member is found; `ask` tells the answer that is waited for."""

    errand: Errand
    identity: str = ""
    query: Digits = NO_DIGITS
    ask: str = ""
    nobody: bool = False

    @property
    def ready(self) -> bool:
        """Whether it can be asked."""
        return bool(self.identity) and len(self.query) >= LEAST_QUERY and not self.ask


class StaffPick(Struct, frozen=True):
    """Step 2: which of these members; for most errands, which of their cards."""

    errand: Errand
    identity: str
    found: tuple[FoundMember, ...]
    more: bool = False
    ask: str = ""  # an act on a card is under way

    def chosen(self, arg: str) -> "tuple[FoundMember, FoundCard | None] | None":
        """The member, or the member with the card, of this id."""
        for member in self.found:
            if self.errand is Errand.ISSUE and member.member_id == arg and member.status == "active":
                return member, None
            for card in cards_for(self.errand, member):
                if card.card_id == arg:
                    return member, card
        return None


class Writing(StrEnum):
    """How far a card is."""

    WAITING = "waiting"  # for a blank card
    BUSY = "busy"
    TORN = "torn"  # taken away too early, or the network went: it can be written again
    SPOILED = "spoiled"  # not what was written: destroyed and counted
    REFUSED = "refused"  # this card cannot be issued; another one
    DONE = "done"


class StaffWrite(Struct, frozen=True):
    """Step 3 and 4: the blank card is written, live; `issue_id` stays the same while the same `card` lies there.

    `tap`: of the card as it lies there now; `back`: a later tap of that card, to go on with should it have been torn; `tears`: how often it was, one after another.
    """

    errand: Errand
    identity: str
    member: FoundMember
    replaces: FoundCard | None = None
    at: Writing = Writing.WAITING
    card: str = ""
    issue_id: str = ""
    issue: Issue | None = None
    percent: int = 0
    phase: int = 0
    seconds: int = 0
    error: ClubError | None = None
    tap: str = ""
    back: str = ""
    tears: int = 0


class StaffNewPin(Struct, frozen=True):
    """The member types a PIN, twice (K17). `first` is what they typed the first time."""

    card_id: str
    identity: str
    member: FoundMember
    digits: Digits = NO_DIGITS
    first: Digits | None = None
    ask: str = ""
    error: ClubError | None = None


class Said(StrEnum):
    """What is told of a voucher's code, or of what was asked."""

    NOTHING = ""
    WRONG = "wrong"  # its check digits are not right
    UNKNOWN = "unknown"  # no voucher has it
    AWAY = "away"  # the central API could not be asked
    UNSURE = "unsure"  # whether it was handed over was not answered


class StaffVoucher(Struct, frozen=True):
    """kiosk-35: a code, then the voucher it belongs to. `act_id` stays the same however often handing over is asked for."""

    code: Digits = NO_DIGITS
    ask: str = ""
    said: Said = Said.NOTHING
    voucher: DeskVoucher | None = None
    act_id: str = ""
    handed: bool = False

    @property
    def ready(self) -> bool:
        """Whether it can be handed over here and now."""
        found = self.voucher
        return found is not None and found.state == "issued" and found.here and not self.ask

    @property
    def handing(self) -> bool:
        """Whether it is being booked as handed over: what comes of it must be seen, so nobody leaves the page meanwhile."""
        return bool(self.ask and self.act_id)


StaffScreen: TypeAlias = StaffPin | StaffDesk | StaffFind | StaffPick | StaffWrite | StaffNewPin | StaffVoucher


def cards_for(errand: Errand, member: FoundMember) -> tuple[FoundCard, ...]:
    """The cards of a member with which an errand can be run."""
    fits = {
        Errand.ISSUE: (),
        Errand.REPLACE: ("active", "blocked"),
        Errand.BLOCK: ("active",),
        Errand.RETURN: ("active", "blocked"),
        Errand.NEW_PIN: ("active",),
    }[errand]
    return tuple(card for card in member.cards if card.state in fits)
