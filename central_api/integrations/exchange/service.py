"""Brings a file in, all of it or what can be, and says of each row that cannot why; writes one out (A15).

Without `skip_bad` one unit of work holds the whole file: a wrong row, and nothing was changed. With it, rows are booked some
dozens at a time. A dry run does everything, and then takes it back. Brought in again, what is there already stays.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby, islice
from pathlib import Path
from typing import TypeAlias

from central_api.bills import repository as numbers
from central_api.context import Context
from central_api.db import Tx
from central_api.integrations.dms.members import Desk
from central_api.integrations.exchange import files
from central_api.integrations.exchange.cells import Row, shown
from central_api.integrations.exchange.kinds import Job, Kind
from central_api.integrations.exchange.offers import REWARDS, STOCK
from central_api.integrations.exchange.paid import BILLS
from central_api.integrations.exchange.people import MEMBERS
from central_api.integrations.keys.service import Client
from central_api.staff import audit
from club.model import errors

KINDS: Mapping[str, Kind] = {kind.name: kind for kind in (MEMBERS, BILLS, REWARDS, STOCK)}
Facts: TypeAlias = dict[str, int | str]
AT_ONCE = 50
"""Rows of one unit of work where bad ones are skipped: as long as it takes, SQLite's other writers wait."""
MOST_FAULTS = 1000
"""Faults that are told; all are counted."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong in a row: `row` as the spreadsheet counts, `column` where it is one cell's."""

    row: int
    column: str
    text: str

    def __str__(self) -> str:
        return f"row {self.row}{f', {self.column}' if self.column else ''}: {self.text}"


@dataclass(slots=True)
class Report:
    """What became of a file's rows. `kept` is False when everything was taken back."""

    read: int = 0
    booked: int = 0
    same: int = 0
    refused: int = 0
    kept: bool = True
    faults: list[Fault] = field(default_factory=list)

    def __str__(self) -> str:
        end = "" if self.kept else "; nothing was changed"
        return f"{self.read} rows: {self.booked} booked, {self.same} there before, {self.refused} refused{end}"


class _TakenBack(Exception):
    pass


def bring_in(
    context: Context, kind: Kind, path: Path, *, source: str, dry_run: bool = False, skip_bad: bool = False
) -> Report:
    """Bring a file in.

    Args:
        context: the service's parts.
        kind: what it holds.
        path: a .csv or .xlsx.
        source: the program whose own numbers it holds, such as dms-east.
        dry_run: say what would become of each row, and change nothing.
        skip_bad: book what can be booked; without it one wrong row keeps the whole file out.

    Raises:
        Malformed: it is no such file.
        OSError: it cannot be read.
        Unavailable: the database is away; with `skip_bad` what was booked before stays.
    """
    now = context.clock.now()
    desk = Desk(context.keyring, context.vault, now, context.new_id)
    job = Job(desk, Client("import", source, None, frozenset()), context.settings.programme.time_zone)
    report = Report()
    with files.reading(path, kind.columns, kind.needed) as rows:
        groups = _groups(kind, rows, report)
        if skip_bad and not dry_run:
            while some := list(islice(groups, AT_ONCE)):
                with context.db.write() as tx:
                    _book(tx, job, kind, some, report)
        else:
            try:
                with context.db.write() as tx:
                    if kind is BILLS:
                        numbers.lock_source(tx, source)
                    _book(tx, job, kind, groups, report)
                    if dry_run or (report.refused and not skip_bad):
                        raise _TakenBack
            except _TakenBack:
                report.kept = False
    if report.kept and report.booked:
        facts: Facts = {"rows": report.read, "booked": report.booked, "refused": report.refused, "source": source}
        with context.db.write() as tx:
            audit.record(
                tx, actor="system", act=f"import.{kind.name}", subject=f"import:{kind.name}", now=now, facts=facts
            )
    return report


def write_out(context: Context, kind: Kind, path: Path, *, source: str) -> int:
    """Write everything of a kind into a file that only its owner may read; how many rows there are.

    Raises:
        Malformed: the name ends in something else than .csv or .xlsx.
        OSError: it cannot be written.
    """
    with context.db.read() as tx:
        count = files.write(path, kind.columns, kind.rows(tx, source))
    with context.db.write() as tx:
        now = context.clock.now()
        facts: Facts = {"rows": count, "source": source}
        audit.record(tx, actor="system", act=f"export.{kind.name}", subject=f"export:{kind.name}", now=now, facts=facts)
    return count


def _groups(kind: Kind, rows: Iterator[Row], report: Report) -> Iterator[list[Row]]:
    """Rows that belong together: neighbours with the same key, or each on its own."""

    def counted() -> Iterator[Row]:
        for row in rows:
            report.read += 1
            yield row

    if not kind.key:
        yield from ([row] for row in counted())
        return
    for _, group in groupby(counted(), key=lambda row: shown(row.cells.get(kind.key)) or row.number):
        yield list(group)


def _book(tx: Tx, job: Job, kind: Kind, groups: Iterator[list[Row]] | Sequence[list[Row]], report: Report) -> None:
    job.begin(tx)
    for group in groups:
        try:
            with tx.savepoint():
                result = kind.book(job, group)
        except errors.Unavailable:
            raise
        except errors.ClubError as fault:
            report.refused += len(group)
            if len(report.faults) < MOST_FAULTS:
                report.faults.append(Fault(fault.number("row", group[0].number), fault.text("column"), str(fault)))
            continue
        if result == "same":
            report.same += len(group)
        else:
            report.booked += len(group)
