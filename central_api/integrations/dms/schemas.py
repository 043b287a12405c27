"""What the DMS sends and is answered: every number in its range, every instant with its zone, nothing unknown (A15)."""

from datetime import date
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from central_api.bills.schemas import BillLine, RefundedLine
from central_api.bills.schemas import Number as BillNumber
from central_api.integrations.dms.batches import MOST
from club.wire.limits import Instant, Points, Slug

_END = r"$(?!\n)"

Number = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=64,
        pattern=r"^[^\x00-\x20\x7f](?:[^\x00-\x1f\x7f]*[^\x00-\x20\x7f])?" + _END,
        description="the sender's own number, for ever the same for the same thing",
    ),
]
Name = Annotated[str, Meta(max_length=32, pattern=r"^[^\x00-\x1f\x7f]*" + _END)]


class MemberRow(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A customer of the DMS who is, or becomes, a member. The product keeps no more of a person than this (X2).

    Given name and phone are kept sealed, for staff to find them by; devices never see them.

    `member` names somebody who is a member already, such as by card; without it a new member is made. `changed_at` is the
    DMS's own instant of this change: what was changed before something we know already comes too late and changes nothing.
    """

    number: Number
    store: Slug
    surname: Annotated[Name, Meta(min_length=1)]
    title: Name = ""
    surname_en: Name = ""
    title_en: Name = ""
    given: Name = ""
    phone: Annotated[str, Meta(max_length=32, description="kept sealed; left out, what is known stays")] = ""
    kind: Literal["person", "company"] = "person"
    language: Literal["zh-CN", "en"] = "zh-CN"
    joined: date | None = None
    member: Slug | None = None
    changed_at: Instant


class MemberRows(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`POST /v1/dms/members`."""

    rows: Annotated[tuple[MemberRow, ...], Meta(min_length=1, max_length=MOST)]


class MemberSeen(msgspec.Struct, frozen=True, kw_only=True):
    """How a member stands now."""

    number: str
    member: str
    status: Literal["pending", "active", "expired", "closed"]
    tier: str
    points: Points
    tier_points: Points
    valid_to: date
    as_of: Instant


class BillRowLine(BillLine, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One line of a bill, as `central_api.bills` explains it; a field that is not known is refused rather than overlooked."""


class BillRow(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A bill of a member. `member` is the DMS's own number of them, `at` when the bill was made."""

    number: BillNumber
    member: Number
    store: Slug
    at: Instant
    lines: Annotated[tuple[BillRowLine, ...], Meta(min_length=1, max_length=500)]


class BillRows(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`POST /v1/dms/bills`."""

    rows: Annotated[tuple[BillRow, ...], Meta(min_length=1, max_length=MOST)]


class RefundRowLine(RefundedLine, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How much of a line is given back."""


class RefundRow(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Money given back on a bill, or without lines all that is left of it; it may come before its bill."""

    number: BillNumber
    bill: BillNumber
    at: Instant
    lines: Annotated[tuple[RefundRowLine, ...], Meta(max_length=500)] = ()


class RefundRows(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`POST /v1/dms/refunds`."""

    rows: Annotated[tuple[RefundRow, ...], Meta(min_length=1, max_length=MOST)]


class JobRow(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A job in the workshop as it stands; sent anew with each stage. `changed_at` orders what comes out of order."""

    number: BillNumber
    member: Number | None = None
    store: Slug
    kind: Annotated[Name, Meta(min_length=1)]
    kind_en: Name = ""
    checked_in_at: Instant
    promised_at: Instant | None = None
    ready_at: Instant | None = None
    handed_over_at: Instant | None = None
    vehicle: Annotated[
        str,
        Meta(
            max_length=64, pattern=r"^[0-9A-Za-z._/-]*" + _END, description="the DMS's own number of it, never a plate"
        ),
    ] = ""
    mileage_km: Annotated[int, Meta(ge=0, le=10_000_000)] = 0
    changed_at: Instant


class JobRows(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`POST /v1/dms/jobs`."""

    rows: Annotated[tuple[JobRow, ...], Meta(min_length=1, max_length=MOST)]
