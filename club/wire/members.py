"""Joining at the kiosk, and what a member changes about themselves there (K10, K11)."""

import hashlib
from datetime import date, datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from club.model.text import Text
from club.wire.limits import Id, Short, Slug

_END = r"$(?!\n)"
Phone = Annotated[
    str, Meta(min_length=5, max_length=40, pattern=r"^[^\x00]*" + _END, description="a phone as it was typed")
]
PersonName = Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[^\x00]*" + _END)]
Plate = Annotated[
    str, Meta(max_length=32, pattern=r"^[^\x00]*" + _END, description="a number plate as it was typed; empty: none")
]
Code = Annotated[str, Meta(pattern=r"^[0-9]{6}" + _END, description="activation code, six digits")]
LanguageTag = Literal["zh-CN", "zh-TW", "en"]
JoinedBy = Literal["purchase", "vehicle", "spend", "training", "fee"]


class ConsentText(msgspec.Struct, frozen=True, kw_only=True):
    """A text in force; what is agreed to names its version."""

    document: Slug
    version: str
    title: Text
    text: Text
    required: bool


class ConsentTexts(msgspec.Struct, frozen=True, kw_only=True):
    """`GET /v1/consent-texts`."""

    texts: tuple[ConsentText, ...]


class Agreed(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The applicant agreed to this version of a text."""

    document: Slug
    version: Annotated[str, Meta(min_length=1, max_length=32, pattern=r"^[0-9A-Za-z.-]*" + _END)]


class Register(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`POST /v1/members/registrations`; idempotent on `registration_id` with the same content. Never logged, never kept on a device."""

    registration_id: Id
    surname: PersonName
    given: Annotated[str, Meta(max_length=64, pattern=r"^[^\x00]*" + _END)]
    title: Literal["mr", "ms"]
    phone: Phone
    language: LanguageTag
    source: JoinedBy
    agreed: Annotated[tuple[Agreed, ...], Meta(max_length=16)]
    plate: Plate = ""


class Registered(msgspec.Struct, frozen=True, kw_only=True):
    """The registration waits for its code until `activate_by`; the code goes to the phone, or staff give it."""

    registration_id: Id
    activate_by: datetime


class Activate(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`POST /v1/members/activations`; again with the same code, the same answer."""

    registration_id: Id
    code: Code


class Activated(msgspec.Struct, frozen=True, kw_only=True):
    """The membership has begun; `valid_to` is its last day. A card is issued at the desk."""

    registration_id: Id
    valid_to: date


class ChangePhone(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`POST /v1/members/self/phone`, behind the PIN. `salt` is random, so that the digest the PIN is bound to tells nothing."""

    command_id: Id
    session_id: Id
    phone: Phone
    salt: Annotated[str, Meta(min_length=22, max_length=64, pattern=r"^[A-Za-z0-9_-]+" + _END)]
    grant: Id | None = None


class PhoneChanged(msgspec.Struct, frozen=True, kw_only=True):
    """The phone that was asked for, masked: 138****5678. One that another member has is answered alike, and staff are told (ADR 17)."""

    phone: Short


def phone_digest(command: ChangePhone) -> str:
    """What the PIN is bound to: the SHA-256 of the command without its grant."""
    bare = msgspec.structs.replace(command, grant=None)
    return hashlib.sha256(msgspec.json.encode(bare)).hexdigest()
