"""Bounded, strict types of the wire: every integer and text that travels has a range (X3)."""

from typing import Annotated

from msgspec import Meta

Points = Annotated[int, Meta(ge=0, le=1_000_000_000, description="whole points")]
SignedPoints = Annotated[int, Meta(ge=-1_000_000_000, le=1_000_000_000, description="whole points, negative when taken")]
Fen = Annotated[int, Meta(ge=0, le=1_000_000_000_000, description="money in fen (1/100 yuan)")]
Quantity = Annotated[int, Meta(ge=1, le=20, description="pieces")]
Count = Annotated[int, Meta(ge=0, le=1_000_000)]
Seq = Annotated[int, Meta(ge=0, le=2**62, description="place in a change feed")]
Slug = Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[a-z0-9][a-z0-9-]*$")]
Id = Annotated[str, Meta(min_length=8, max_length=64, pattern=r"^[A-Za-z0-9_-]+$", description="id made by its maker before sending")]
Hash = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$", description="hex SHA-256")]
Uid = Annotated[str, Meta(pattern=r"^([0-9A-F]{8}|[0-9A-F]{14}|[0-9A-F]{16}|[0-9A-F]{20})$", description="card UID, 4, 7, 8 or 10 bytes in hex")]
Pin = Annotated[str, Meta(pattern=r"^[0-9]{6}$", description="service PIN, six digits")]
Short = Annotated[str, Meta(max_length=200)]
Long = Annotated[str, Meta(max_length=4000)]
