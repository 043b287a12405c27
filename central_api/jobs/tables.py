"""How far each job has come, who is at it, and what came of each run."""

from sqlalchemy import Boolean, CheckConstraint, Column, ColumnElement, Date, Index, String, Table, literal_column, text

from central_api.columns import Json, UtcDateTime, metadata
from central_api.rewards.tables import vouchers

job_states = Table(
    "job_states",
    metadata,
    Column("job", String(32), primary_key=True),
    Column("time_zone", String(64), primary_key=True),  # IANA: its days are the days there
    Column("done_to", Date, nullable=False),  # the last day that is done, or the one before the job was first seen
    Column("runner", String(64), nullable=False, server_default=""),  # who is at it; empty: nobody
    Column("until", UtcDateTime, nullable=True),  # how long the others leave it alone
)

job_runs = Table(
    "job_runs",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("job", String(32), nullable=False),
    Column("time_zone", String(64), nullable=False),
    Column("day", Date, nullable=False),  # for which it was due
    Column("dry", Boolean, nullable=False),
    Column("by", String(16), nullable=False),  # schedule | hand
    Column("began", UtcDateTime, nullable=False),
    Column("ended", UtcDateTime, nullable=True),
    Column("outcome", String(16), nullable=False),
    Column("facts", Json, nullable=False),  # counts of what was done; of a failure its kind
    CheckConstraint("outcome IN ('running', 'done', 'failed', 'lost')", name="outcome"),
    Index(None, "job", "began"),
)

# Of vouchers that can still be used: those that are over are found without looking at any other.
Index(
    "ix_vouchers_valid_to",
    vouchers.c.valid_to,
    postgresql_where=text("state = 'issued'"),
    sqlite_where=text("state = 'issued'"),
)


def due_vouchers() -> ColumnElement[bool]:
    """The condition of that index, written out: only then SQLite takes it."""
    return vouchers.c.state == literal_column("'issued'")
