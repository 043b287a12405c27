"""A tap on the wire: evidence in, a card session with the member's own figures out."""

from datetime import date, datetime
from typing import Literal

import msgspec

from club.model.text import Text
from club.wire.limits import Count, Fen, Hash, Id, Instant, Long, MemberCode, PhoneNumber, Pin, Points, Short, Slug, Uid

AssuranceName = Literal["uid", "static", "cryptogram"]
SessionAssurance = Literal["uid", "static", "cryptogram", "phone", "code"]
"""How sure a session is whose it is; `phone`: a number and its PIN, `code`: a scanned member code, no card (N8). Only `cryptogram` is strong (N4)."""
CardState = Literal["active", "blocked", "replaced", "stock"]
VoucherState = Literal["issued", "fulfilled", "cancelled", "expired"]


class Evidence(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a reader got from a card; the server judges it (N3).

    `sun_url` is the NTAG 424's whole SUN message; `proof` the id of the run in which the card proved a key (`card_runs`).
    """

    uid: Uid
    family: Short
    sun_url: Long | None = None
    proof: Id | None = None


class OpenCardSession(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`POST /v1/card-sessions`; opening again with the same `session_id` and evidence gives the same answer (N4)."""

    session_id: Id
    evidence: Evidence
    tapped_at: Instant


class OpenPhoneSession(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`POST /v1/phone-sessions`: a typed number and the service PIN in place of a card (N8). Never stored, never logged."""

    session_id: Id
    phone: PhoneNumber
    pin: Pin


class OpenCodeSession(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`POST /v1/code-sessions`: a scanned member code in place of a card (N8). Never stored as it is, never logged."""

    session_id: Id
    code: MemberCode


class Expiry(msgspec.Struct, frozen=True, kw_only=True):
    """Points whose last day is `on` (store time)."""

    on: date
    points: Points


class VoucherView(msgspec.Struct, frozen=True, kw_only=True):
    """A voucher as its owner sees it. `valid_to` is the last usable day; `code` is ungrouped, `qr` what its QR says; no `stores`: every one."""

    voucher_id: str
    code: str
    qr: str
    reward: Slug
    name: Text
    line: Text
    category: str
    picture: str
    stores: tuple[Text, ...]
    terms: Text
    state: VoucherState
    issued_at: datetime
    valid_to: date
    closed_at: datetime | None = None


class RewardLimit(msgspec.Struct, frozen=True, kw_only=True):
    """How many of a reward this member may still take in the window."""

    reward: Slug
    left: Count


class MemberHome(msgspec.Struct, frozen=True, kw_only=True):
    """All the kiosk shows of a member: surname and title, never a full name (X2)."""

    member_id: str
    surname: Text
    title: Text
    language: str
    tier: Slug
    card_number: str  # masked: 8800 **** 2719
    card_face: str
    valid_to: date
    points: Points
    tier_points: Points
    as_of: datetime
    expiries: tuple[Expiry, ...]
    saved_this_year_fen: Fen
    vouchers: tuple[VoucherView, ...]
    limits: tuple[RewardLimit, ...]
    pin_set: bool
    service_line: Text | None = None  # "您的爱车正在保养，预计 15:40 可交车"


class CardSession(msgspec.Struct, frozen=True, kw_only=True):
    """An open session. With assurance `uid` or `code` everything behind the home page asks for the PIN (N4); with `phone` it was given."""

    session_id: Id
    assurance: SessionAssurance
    opened_at: datetime
    member: MemberHome


class StepUp(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`POST /v1/step-ups`: the PIN for exactly one command and its body (N4). Never stored, never logged."""

    command_id: Id
    session_id: Id
    body_sha256: Hash
    pin: Pin


class Grant(msgspec.Struct, frozen=True, kw_only=True):
    """Good for that command until it ends."""

    grant: Id
    command_id: Id
