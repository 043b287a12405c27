"""Takes a batch row by row: each row is judged, booked and answered on its own, so that a broken one holds up no other.

Each row is a unit of work of its own. A batch that breaks off half-way is sent again whole: what is booked already is
answered as it was, for every row carries the sender's own number.
"""

from collections.abc import Callable
from typing import Annotated, Literal, TypeAlias, TypeVar

import msgspec
from msgspec import Meta

from central_api import problems
from central_api.db import Database, Tx
from club.model import errors
from club.wire import codec
from club.wire.limits import Count

T = TypeVar("T", bound=msgspec.Struct)

MOST = 200
Result: TypeAlias = Literal["made", "linked", "changed", "booked", "waiting", "same", "late", "refused"]
"""`same`: it was there before; `late`: something newer was there; `changed`: it is kept as the row says; `waiting`: it is kept until what it is about comes."""


class RawBatch(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A batch whose rows are not read yet."""

    rows: Annotated[tuple[msgspec.Raw, ...], Meta(min_length=1, max_length=MOST)]


class RowAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one row; `row` counts from 0. Of a refused one `code`, `detail` and `facts` say why, as in a problem."""

    row: Count
    number: str
    result: Result
    member: str = ""
    points: int = 0
    tier_points: int = 0
    status: int = 200
    code: str = ""
    detail: str = ""
    facts: dict[str, int | str] = {}


class BatchAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The answers to a batch, in the order of its rows; `refused` says how many of them need somebody to look."""

    rows: tuple[RowAnswer, ...]
    refused: Count


class Booked(msgspec.Struct, frozen=True, kw_only=True):
    """What a row's work gives back, to be put into its answer."""

    result: Result
    member: str = ""
    points: int = 0
    tier_points: int = 0


class _Numbered(msgspec.Struct):
    number: str = ""


def take(db: Database, batch: RawBatch, kind: type[T], work: Callable[[Tx, T], Booked]) -> BatchAnswer:
    """Do the work of each row in a unit of work of its own.

    Args:
        db: the database.
        batch: as it was sent.
        kind: what a row should be; it has a `number`.
        work: decides and books one row.

    Raises:
        Unavailable: the database went away; rows before it are booked, and sending all of them again is harmless.
    """
    answers = tuple(_one(db, position, bytes(raw), kind, work) for position, raw in enumerate(batch.rows))
    return BatchAnswer(rows=answers, refused=sum(answer.result == "refused" for answer in answers))


def _one(db: Database, position: int, raw: bytes, kind: type[T], work: Callable[[Tx, T], Booked]) -> RowAnswer:
    number = _number(raw)
    try:
        row = codec.decode(raw, kind)
        found = db.run(lambda tx: work(tx, row))
    except errors.Unavailable:
        raise
    except errors.ClubError as fault:
        return RowAnswer(
            row=position,
            number=number,
            result="refused",
            status=problems.status_of(fault),
            code=fault.code,
            detail=str(fault),
            facts=dict(fault.facts),
        )
    return RowAnswer(
        row=position,
        number=number,
        result=found.result,
        member=found.member,
        points=found.points,
        tier_points=found.tier_points,
    )


def _number(raw: bytes) -> str:
    """The row's own number, as far as it can be read, so that its sender finds it again."""
    try:
        return msgspec.json.decode(raw, type=_Numbered).number[:64]
    except msgspec.DecodeError:
        return ""
