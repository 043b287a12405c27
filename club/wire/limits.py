"""Bounded, strict types of the wire: every integer and text that travels has a range (X3)."""

from datetime import datetime
from typing import Annotated

from msgspec import Meta

_END = r"$(?!\n)"  # Python's `$` alone lets a newline follow
_NO_NUL = r"^[^\x00]*$"  # PostgreSQL keeps no text with a NUL in it

Points = Annotated[int, Meta(ge=0, le=1_000_000_000, description="whole points")]
SignedPoints = Annotated[
    int, Meta(ge=-1_000_000_000, le=1_000_000_000, description="whole points, negative when taken")
]
Fen = Annotated[int, Meta(ge=0, le=1_000_000_000_000, description="money in fen (1/100 yuan)")]
Quantity = Annotated[int, Meta(ge=1, le=20, description="pieces")]
Count = Annotated[int, Meta(ge=0, le=1_000_000)]
Seq = Annotated[int, Meta(ge=0, le=2**62, description="place in a change feed")]
Slug = Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[a-z0-9][a-z0-9-]*" + _END)]
Id = Annotated[
    str,
    Meta(
        min_length=8,
        max_length=64,
        pattern=r"^[A-Za-z0-9_-]+" + _END,
        description="id made by its maker before sending",
    ),
]
Hash = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}" + _END, description="hex SHA-256")]
Uid = Annotated[
    str,
    Meta(
        pattern=r"^([0-9A-F]{8}|[0-9A-F]{14}|[0-9A-F]{16}|[0-9A-F]{20})" + _END,
        description="card UID, 4, 7, 8 or 10 bytes in hex",
    ),
]
Pin = Annotated[str, Meta(pattern=r"^[0-9]{6}" + _END, description="service PIN, six digits")]
MemberCode = Annotated[
    str, Meta(pattern=r"^[0-9A-F]{32}" + _END, description="128 bits in hex, as the member's QR says them")
]
PhoneNumber = Annotated[str, Meta(pattern=r"^[0-9]{5,15}" + _END, description="a phone's digits as they were typed")]
Short = Annotated[str, Meta(max_length=200, pattern=_NO_NUL)]
Long = Annotated[str, Meta(max_length=4000, pattern=_NO_NUL)]
Instant = Annotated[datetime, Meta(tz=True, description="an instant with its zone")]
