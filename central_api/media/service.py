"""Adds pictures to the library and finds them; the file is stored before its row, so that a row always has its file."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime

from central_api.db import Tx
from central_api.media import pictures, repository
from central_api.media.pictures import Prepared
from central_api.media.store import MediaStore
from club.model.board import Picture

_NAME_LENGTH = 200


@dataclass(frozen=True, slots=True)
class Stored:
    """A picture of the library; sizes in px."""

    sha256: str
    size: int
    media_type: str
    width: int
    height: int
    name: str


def add(tx: Tx, store: MediaStore, data: bytes, *, name: str, by: str, now: datetime, shipped: bool = False) -> Stored:
    """Take a picture into the library; the same content again is the same picture.

    Args:
        tx: the unit of work.
        store: where the file goes.
        data: the uploaded bytes.
        name: what staff will know it by.
        by: who brought it, such as `staff:1001`.
        now: the instant.
        shipped: it comes with the product and is kept byte for byte.

    Raises:
        Malformed: not a picture the panels can show; facts say why.
    """
    return keep(tx, store, pictures.shipped(data) if shipped else pictures.prepare(data), name=name, by=by, now=now)


def keep(tx: Tx, store: MediaStore, prepared: Prepared, *, name: str, by: str, now: datetime) -> Stored:
    """Take a picture that was prepared before into the library; see `add`.

    Preparing takes seconds for a large photo: do it before the unit of work begins, for nobody else can write meanwhile.
    """
    sha256 = store.put(prepared.data)
    known = find(tx, sha256)
    if known is not None:
        return known
    stored = Stored(
        sha256, len(prepared.data), prepared.media_type, prepared.width, prepared.height, name[:_NAME_LENGTH]
    )
    repository.add(tx, {**asdict(stored), "created_at": now, "created_by": by})
    return stored


def find(tx: Tx, sha256: str) -> Stored | None:
    """One picture of the library."""
    row = repository.picture(tx, sha256)
    return None if row is None else _stored(row)


def library(tx: Tx, *, least_width: int = 0) -> list[Stored]:
    """The pictures at least so wide, newest first, then by name."""
    return [_stored(row) for row in repository.pictures(tx, least_width)]


def by_hash(tx: Tx) -> Mapping[str, Picture]:
    """All pictures as manifests name them."""
    return {row.sha256: Picture(row.sha256, row.size, row.media_type) for row in repository.all_files(tx)}


def _stored(row: object) -> Stored:
    return Stored(**{name: getattr(row, name) for name in Stored.__slots__})
