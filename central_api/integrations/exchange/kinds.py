"""What can be brought in and taken out: which columns each kind of file has, what a row books, what is written."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Literal, TypeAlias

from central_api import texts
from central_api.db import Tx
from central_api.devices import repository as stores
from central_api.integrations.dms.members import Desk
from central_api.integrations.exchange.cells import Cell, Row
from central_api.integrations.keys.service import Client
from central_api.programme import service as programmes
from club.model import errors

Result: TypeAlias = Literal["booked", "same"]


@dataclass
class Job:
    """What booking the rows of one file needs beside them; what it reads of the club is read once.

    `desk`: clock, keys, ids. `client`: under whose numbers it is brought in.
    """

    desk: Desk
    client: Client
    time_zone: str
    _tx: Tx | None = None

    def begin(self, tx: Tx) -> None:
        """Take up the unit of work rows are booked in."""
        self._tx = tx

    @property
    def tx(self) -> Tx:
        """The unit of work."""
        if self._tx is None:
            raise AssertionError("rows are booked between begin and the end of its unit of work")
        return self._tx

    @cached_property
    def zones(self) -> Mapping[str, str]:
        """The time zone of each store."""
        return {row.slug: row.time_zone for row in stores.all_stores(self.tx)}

    @cached_property
    def tiers(self) -> Sequence[str]:
        """The tiers, the lowest first."""
        tiers = programmes.current(self.tx, self.desk.now).tiers
        return [tier.slug for tier in sorted(tiers, key=lambda tier: tier.rank)]

    @property
    def today(self) -> date:
        """The club's day."""
        return texts.local_day(self.desk.now, self.time_zone)

    def store(self, row: Row, column: str = "store") -> str:
        """The store a row names."""
        return row.slug(column, self.zones.keys())

    def moment(self, row: Row, column: str, store: str) -> datetime:
        """An instant by a store's clock."""
        return row.moment(column, self.zones[store])


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of file.

    Attributes:
        name: as on the command line.
        columns: in the order they are written.
        needed: those a file brought in must have.
        book: books the rows that belong together, or says that they were there before.
        rows: what is written, in the order of `columns`.
        key: the column whose equal neighbours belong together; empty: each row is on its own.
    """

    name: str
    columns: Sequence[str]
    needed: Sequence[str]
    book: Callable[[Job, Sequence[Row]], Result]
    rows: Callable[[Tx, str], Iterator[Sequence[Cell]]]
    key: str = ""


def only(rows: Sequence[Row]) -> Row:
    """The row of a kind whose rows are on their own."""
    if len(rows) != 1:
        raise errors.Malformed("expected one row")
    return rows[0]
