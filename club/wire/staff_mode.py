"""Staff mode at a kiosk on the wire: a staff card and a PIN open it; members are found, cards issued, PINs set (K12, K17, N5, N6)."""

from datetime import date, datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from club.model.text import Text
from club.wire.card_runs import CardUid
from club.wire.cards import CardState, Evidence
from club.wire.limits import Count, Fen, Id, Pin, Points, Short

Known = Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_-]+$(?!\n)", description="id of ours")]
Query = Annotated[str, Meta(min_length=2, max_length=64, pattern=r"^[^\x00]*$")]
Identity = Annotated[
    str, Meta(max_length=32, pattern=r"^[a-z][a-z-]*$(?!\n)", description="how staff saw who it is: id-card, licence")
]
CardAct = Literal["block", "return"]
IssueState = Literal["open", "done", "spoiled"]
VoucherCode = Annotated[str, Meta(pattern=r"^[0-9A-Z]{10}$(?!\n)", description="a voucher's code without gaps")]


class OpenStaffSession(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`POST /v1/staff-sessions`: a staff card's tap and its holder's PIN, which is never stored and never logged (K12)."""

    session_id: Id
    evidence: Evidence
    pin: Pin


class StaffSession(msgspec.Struct, frozen=True, kw_only=True):
    """Open at this kiosk until ended, or until nothing was asked for some minutes. `may`: rights, such as `cards.change`."""

    session_id: Id
    number: Short
    name: Short
    may: tuple[str, ...]
    opened_at: datetime


class FindMembers(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`POST /v1/staff-sessions/{id}/members`: by phone, its last four digits, plate or member number."""

    query: Query


class FoundCard(msgspec.Struct, frozen=True, kw_only=True):
    """A card of a member that was found; `number` is masked."""

    card_id: str
    number: str
    face: str
    state: CardState
    pin_set: bool


class FoundMember(msgspec.Struct, frozen=True, kw_only=True):
    """A member as staff see them at a kiosk: surname and title, phone masked (X2)."""

    member_id: str
    surname: Text
    title: Text
    phone: str
    tier: str
    status: str
    joined: date
    points: Points
    tier_points: Points
    cards: tuple[FoundCard, ...]


class FoundMembers(msgspec.Struct, frozen=True, kw_only=True):
    """Who fits; `more` when too many do to be shown."""

    members: tuple[FoundMember, ...]
    more: bool = False


class BeginIssue(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`POST /v1/staff-sessions/{id}/issues`: this blank card shall be that member's; the kiosk may then write it (N6).

    Said again with the same `issue_id` it goes on. `replaces`: the card it takes the place of.
    """

    issue_id: Id
    member_id: Known
    uid: CardUid
    identity: Identity
    replaces: Known | None = None


class Issue(msgspec.Struct, frozen=True, kw_only=True):
    """How far a card is: `number` masked; of its `batch` `left` blank cards are in stock, `low` when these are few.

    `family`: what the stock says that the card is, as cards are entered; another kind on the reader is not written.
    """

    issue_id: Id
    card_id: str
    number: str
    face: str
    batch: str
    left: Count
    low: bool
    state: IssueState
    family: str = "ntag424"


class EndIssue(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`POST /v1/staff-sessions/{id}/issues/{issue_id}/end`: the card's run is over; it is activated, or counted as spoiled (N6)."""

    run_id: Id


class DropIssue(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`POST /v1/staff-sessions/{id}/issues/{issue_id}/drop`: nothing was written, nor will be: its permit ends at once (N6)."""

    reason: Literal["other-kind"]  # what lies there is of another kind than the stock says


class SetCardPin(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`POST /v1/staff-sessions/{id}/pins`: what the member typed, twice (K17). Never stored, never logged."""

    card_id: Known
    pin: Pin
    again: Pin
    identity: Identity


class ActOnCard(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`POST /v1/staff-sessions/{id}/cards`: block a card, or take it back into stock (N5)."""

    card_id: Known
    act: CardAct
    identity: Identity


class CardNow(msgspec.Struct, frozen=True, kw_only=True):
    """A card after an act."""

    card_id: str
    state: CardState


class SeeVoucher(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`POST /v1/staff-sessions/{id}/vouchers`: what a voucher is for, whose, and whether it is still good (A14)."""

    code: VoucherCode


class FulfilVoucher(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`POST /v1/staff-sessions/{id}/vouchers/fulfil`: it was handed over; said again under the same `act_id`, the same answer (A14)."""

    act_id: Id
    code: VoucherCode


class DeskVoucher(msgspec.Struct, frozen=True, kw_only=True):
    """A voucher as staff see it: its holder by surname, title, tier and the masked number of a card (X2).

    `points`: what it cost, 0 when it was given; `bought_at`: the place, empty when at none; `here`: whether this kiosk's store gives it;
    `closed_at`, `closed_store`: when and where it was handed over or taken back.
    """

    code: str
    state: Literal["issued", "fulfilled", "cancelled", "expired"]
    name: Text
    category: str
    fits: Text
    value_fen: Fen
    points: Points
    issued_at: datetime
    bought_at: Text
    valid_to: date
    here: bool
    stores: tuple[Text, ...]
    surname: Text
    title: Text
    tier: str
    card: str
    closed_at: datetime | None = None
    closed_store: Text = Text("")
