"""What the kiosk knows at one moment: the screen, the session, the world around it; values only."""

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import TypeAlias

from msgspec import Struct

from club.model.errors import ClubError
from club.wire.cards import Evidence, MemberHome, SessionAssurance
from club.wire.changes import ActivityEntity, MemberEntity, ProgrammeEntity, RewardCategoryEntity, RewardEntity
from club.wire.devices import StoreProfile
from club.wire.history import PointsHistory
from club.wire.rewards import Redeem, Redeemed
from kiosk_app.flow.digits import NO_DIGITS, PIN_LENGTH, Digits
from kiosk_app.flow.outage import HandedOut, SpendLater, Terms
from kiosk_app.flow.staff_state import (
    Staff,
    StaffDesk,
    StaffFind,
    StaffNewPin,
    StaffPick,
    StaffPin,
    StaffVoucher,
    StaffWrite,
    Writing,
)

__all__ = ["PIN_LENGTH", "Digits"]

PHONE_LENGTH = 11


class Rules(Struct, frozen=True):
    """How long the kiosk waits (K13), all in whole seconds, and what it starts with.

    `idle_s` ends a session (`idle_large_s` with large text), its last `warn_s` are counted down; `success_s` a voucher stays; `message_s` a message without a
    session; `tap_s` the tap hint; `code_s` a full-screen QR; `reading_s` a card may take to be known; `slow_s` until waiting
    is explained; `settle_s` until a redemption under way no longer keeps the screen. `staff_idle_s` ends staff mode; writing a card keeps the screen
    for at most `write_s`. Without a `scanner` no screen speaks of scanning; what is scanned all the same is taken.
    """

    idle_s: int = 30
    idle_large_s: int = 60
    warn_s: int = 10
    success_s: int = 30
    message_s: int = 20
    tap_s: int = 20
    code_s: int = 20
    reading_s: int = 8
    slow_s: int = 3
    settle_s: int = 15
    staff_idle_s: int = 60
    write_s: int = 120
    end_on_removal: bool = False
    scanner: bool = True
    language: str = "zh-CN"


class Catalogue(Struct, frozen=True):
    """What every member may see, as last synced."""

    programme: ProgrammeEntity | None = None
    store: StoreProfile | None = None
    rewards: tuple[RewardEntity, ...] = ()
    categories: tuple[RewardCategoryEntity, ...] = ()
    activities: tuple[ActivityEntity, ...] = ()
    as_of: datetime | None = None

    def reward(self, slug: str) -> RewardEntity | None:
        """The reward of that name, None when it is not offered any more."""
        return next((reward for reward in self.rewards if reward.slug == slug), None)


class Pairing(Struct, frozen=True):
    """The code by which staff let this device in, good until `expires_at` (C9)."""

    code: str
    expires_at: datetime


class World(Struct, frozen=True):
    """What is so whoever stands there; `pairing` only while the device is not enrolled."""

    catalogue: Catalogue = Catalogue()
    online: bool = True
    reader_ready: bool = True
    enrolled: bool = True
    pairing: Pairing | None = None


@dataclass(frozen=True, slots=True)
class LaidAgain:
    """The same card was read once more while the central API is asked about its first tap."""

    session_id: str
    evidence: Evidence = field(repr=False)
    at: datetime


class Session(Struct, frozen=True):
    """One member's visit.

    `card` only tells whether another tap is the same card, empty for a visit without one (N8); `mirror` is what this device knew, `home` what the central API
    says. `unlocked`: the PIN was given once, which a card that can be copied needs behind the home page (N4); `pin_forced`:
    the central API asked for it; `commands`: ids of what was sent in this visit; `note`: facts about the card for staff;
    `terms`: what this kiosk may hand out by itself (A14), None while it was not asked; `back`: the tap to go on with should
    the first one turn out torn.
    """

    id: str
    card: str
    note: str = ""
    mirror: MemberEntity | None = None
    home: MemberHome | None = None
    assurance: SessionAssurance = "uid"
    unlocked: bool = False
    pin_forced: bool = False
    commands: tuple[str, ...] = ()
    terms: Terms | None = None
    back: LaidAgain | None = None

    @property
    def known(self) -> bool:
        """Whether it is known whose card it is."""
        return self.home is not None or self.mirror is not None


class Attract(Struct, frozen=True):
    """kiosk-01: nobody is there."""


class TapHint(Struct, frozen=True):
    """kiosk-02: how to tap. `again`: the last card was pulled away too early."""

    again: bool = False


class ReaderGone(Struct, frozen=True):
    """kiosk-32: no reader, nobody in a session."""


class NotEnrolled(Struct, frozen=True):
    """The device is not enrolled, or was revoked; staff enter it in the console."""


class CardTrouble(StrEnum):
    """Why a card did not open a session; each has its own words."""

    REMOVED = "removed"
    UNREADABLE = "unreadable"
    STACKED = "stacked"
    PHONE = "phone"
    FOREIGN = "foreign"
    UNKNOWN = "unknown"
    UNKNOWN_OFFLINE = "unknown-offline"
    SLOW = "slow"
    REFUSED = "refused"
    CODE = "code"  # no card: a scanned code that is none of a member's
    OVER = "over"  # no card: a visit by phone or member code that ran out, or was ended
    CODE_OFFLINE = "code-offline"  # a member's, perhaps: nobody could be asked, or not in time


class CardProblem(Struct, frozen=True):
    """kiosk-31 and its kin. `staff_note` holds facts about the card for staff, never its number."""

    trouble: CardTrouble
    error: ClubError | None = None
    staff_note: str = ""


class Blocked(Struct, frozen=True):
    """kiosk-33: the card was reported lost or replaced (N5). Who held it is not told."""

    replaced: bool = False
    since: date | None = None


class Reading(Struct, frozen=True):
    """kiosk-03: the card is read, its holder not known yet. `by_code`: no card, a member code that was scanned."""

    seconds: int = 0
    mirror_asked: bool = False  # and had no answer
    unreachable: bool = False
    by_code: bool = False


class PhoneLogin(Struct, frozen=True):
    """kiosk-21: a number and a PIN in place of a card. While `busy` they are being checked, and the PIN is not held here any more.

    `shown`: seconds for which the number still stands there in full. `unreachable`: the last try reached nobody.
    """

    phone: Digits = NO_DIGITS
    pin: Digits = NO_DIGITS
    shown: int = 0
    busy: bool = False
    error: ClubError | None = None
    unreachable: bool = False

    @property
    def whole(self) -> bool:
        """Whether all digits are there."""
        return len(self.phone) == PHONE_LENGTH and len(self.pin) == PIN_LENGTH


class Home(Struct, frozen=True):
    """kiosk-05."""


class Rewards(Struct, frozen=True):
    """kiosk-07; an empty category is all."""

    category: str = ""


class RewardDetail(Struct, frozen=True):
    """kiosk-08, and with `confirming` kiosk-09. `error` is why the last try was refused."""

    slug: str
    category: str = ""
    quantity: int = 1
    confirming: bool = False
    error: ClubError | None = None


class Unlock(Struct, frozen=True):
    """The PIN opens what is behind the home page."""

    command_id: str
    target: "Rewards | Vouchers | Points"


class Spend(Struct, frozen=True):
    """The PIN is for this redemption and nothing else."""

    command: Redeem
    detail: RewardDetail


class Pin(Struct, frozen=True):
    """kiosk-04. While `busy` the PIN is being checked, and is not held here any more."""

    purpose: Unlock | Spend | SpendLater
    digits: Digits = NO_DIGITS
    busy: bool = False
    error: ClubError | None = None

    @property
    def command_id(self) -> str:
        """What the PIN is bound to."""
        return self.purpose.command.command_id if isinstance(self.purpose, Spend) else self.purpose.command_id


class Redeeming(Struct, frozen=True):
    """The command is under way; it outlives this program (X1). `seconds` it has taken."""

    command: Redeem
    detail: RewardDetail
    seconds: int = 0


class Success(Struct, frozen=True):
    """kiosk-10."""

    answer: Redeemed


class Vouchers(Struct, frozen=True):
    """kiosk-11; tabs: issued, fulfilled, expired."""

    tab: str = "issued"


class VoucherCode(Struct, frozen=True):
    """A voucher's QR over the whole screen, for `left` seconds more."""

    voucher_id: str
    left: int
    tab: str = "issued"


class Points(Struct, frozen=True):
    """kiosk-06: the history of points; `kind` is the filter, empty: all.

    `pages` came so far, newest first; `latest` is what came last, of any filter, for sums and expiries. While `loading` a page
    is on its way, for `seconds`; `stuck` when an older one did not come, which is asked for again when the network is back.
    """

    kind: str = ""
    pages: tuple[PointsHistory, ...] = ()
    latest: PointsHistory | None = None
    loading: bool = True
    seconds: int = 0
    stuck: bool = False

    @property
    def before(self) -> str:
        """What asks for the next page; empty: the first is still to come, or there is no more."""
        return self.pages[-1].next_before if self.pages else ""

    @property
    def whole(self) -> bool:
        """Whether there is nothing older."""
        return bool(self.pages) and not self.before


class Activities(Struct, frozen=True):
    """kiosk-12; tabs: open, planned, past."""

    tab: str = "open"


class Offline(Struct, frozen=True):
    """kiosk-16: what works without the network and what does not."""

    back: "Screen"


class TroubleKind(StrEnum):
    """What went wrong on the way, apart from the card."""

    REFUSED = "refused"
    FORGOT_PIN = "forgot-pin"
    NOT_STORED = "not-stored"
    STAFF_AWAY = "staff-away"
    STAFF_OVER = "staff-over"


class Problem(Struct, frozen=True):
    """Any refusal in calm words, with the way back."""

    kind: TroubleKind
    back: "Screen"
    error: ClubError | None = None


Screen: TypeAlias = (
    Attract
    | TapHint
    | ReaderGone
    | NotEnrolled
    | CardProblem
    | Blocked
    | Reading
    | PhoneLogin
    | Home
    | Rewards
    | RewardDetail
    | Pin
    | Redeeming
    | Success
    | HandedOut
    | Vouchers
    | VoucherCode
    | Points
    | Activities
    | Offline
    | Problem
    | StaffPin
    | StaffDesk
    | StaffFind
    | StaffPick
    | StaffWrite
    | StaffNewPin
    | StaffVoucher
)


class NoticeKind(StrEnum):
    """One line that is said once."""

    ONLINE_AGAIN = "online-again"
    REDEEMED = "redeemed"


class State(Struct, frozen=True):
    """All of it. `left` counts the seconds until the screen or the session ends by itself, 0 where it does not.

    `language`, and whether it was `chosen` by hand, and `large` text with high contrast, last as long as somebody is there (K15).
    """

    rules: Rules
    now: datetime
    world: World = World()
    screen: Screen = Attract()
    left: int = 0
    session: Session | None = None
    staff: Staff | None = None
    language: str = "zh-CN"
    chosen: bool = False
    large: bool = False
    notice: NoticeKind | None = None
    notice_left: int = 0
    failures: int = 0  # cards in a row that could not be read

    @property
    def asking(self) -> bool:
        """Whether the last seconds of a session are being counted down (kiosk-17)."""
        timed = self.session is not None and not isinstance(self.screen, Reading | VoucherCode) and not self.taking
        return timed and 0 < self.left <= self.rules.warn_s

    @property
    def taking(self) -> bool:
        """Whether a redemption, or writing a card, is under way that nothing may break into; a slow one no longer keeps the screen."""
        if isinstance(self.screen, StaffWrite):
            return self.screen.at is Writing.BUSY and self.screen.seconds < self.rules.write_s
        return isinstance(self.screen, Redeeming) and self.screen.seconds < self.rules.settle_s

    @property
    def time_zone(self) -> str:
        """The store's zone."""
        store = self.world.catalogue.store
        return store.time_zone if store else "Asia/Shanghai"
