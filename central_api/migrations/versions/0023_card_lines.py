"""Lines of cards (N4): a card and those it was replaced by have one limit and one daily cap; and the procedure that goes by it."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import sqlalchemy as sa
from alembic import op

from central_api.columns import Json, UtcDateTime

revision = "0023_card_lines"
down_revision = "0022_member_codes"
branch_labels = None
depends_on = None

_PROCEDURE = Path(__file__).resolve().parents[1] / "sql" / "redeem_v3.sql"
_CHOICES = ("plan_cache_mode = force_generic_plan", "enable_seqscan = off", "jit = off")
"""As 0010 chose for the first version."""
_SPENDINGS: Mapping[str, str] = {"redemptions": "at", "holds": "placed_at"}
"""What is spent with cards, and when."""
_AUDIT = sa.table(
    "audit",
    sa.column("id"),
    sa.column("at", UtcDateTime()),
    sa.column("act"),
    sa.column("subject"),
    sa.column("facts", Json),
)


def upgrade() -> None:
    named = sa.text("line IS NOT NULL")
    op.add_column("cards", sa.Column("line", sa.String(length=96), nullable=True))
    changes = _keep_changes()
    for table, at in _SPENDINGS.items():
        op.add_column(table, sa.Column("line", sa.String(length=96), nullable=True))
        _name_lines_of(table, at, changes)
        op.create_index(f"ix_{table}_line_{at}", table, ["line", at], postgresql_where=named, sqlite_where=named)
    _name_lines_of_cards(changes)
    changes.drop(op.get_bind())
    if op.get_bind().dialect.name == "postgresql":
        op.get_bind().exec_driver_sql(_PROCEDURE.read_text(encoding="utf-8"))
        for choice in _CHOICES:
            op.execute(f"ALTER FUNCTION club_redeem_v3(jsonb) SET {choice}")


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION club_redeem_v3(jsonb)")
        op.execute("DROP FUNCTION club_redeem_one_v3(club_redeem_command_v3, jsonb, jsonb, timestamptz)")
        op.execute("DROP FUNCTION club_refuse_v3(text, text, jsonb)")
        op.execute("DROP TYPE club_redeem_command_v3")
    for table, at in _SPENDINGS.items():
        op.drop_index(f"ix_{table}_line_{at}", table)
        op.drop_column(table, "line")
    op.drop_column("cards", "line")


def _keep_changes() -> sa.Table:
    """A table, for this migration alone, of which card was in which line since when; `n` in the order of what happened."""
    table = sa.Table(
        "card_line_changes",
        sa.MetaData(),
        sa.Column("n", sa.Integer, primary_key=True),
        sa.Column("card", sa.String(64), nullable=False, index=True),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.Column("line", sa.String(96), nullable=False),
        prefixes=["TEMPORARY"],
    )
    table.create(op.get_bind())
    rows = [{"n": n, "card": card, "since": since, "line": line} for n, (card, since, line) in enumerate(_lines())]
    if rows:
        op.get_bind().execute(sa.insert(table), rows)
    return table


def _name_lines_of_cards(changes: sa.Table) -> None:
    cards = sa.table("cards", sa.column("id"), sa.column("line"))
    last = sa.select(changes.c.line).where(changes.c.card == cards.c.id).order_by(changes.c.n.desc()).limit(1)
    theirs = cards.c.id.in_(sa.select(changes.c.card))
    op.execute(sa.update(cards).where(theirs).values(line=last.scalar_subquery()))


def _name_lines_of(table: str, at: str, changes: sa.Table) -> None:
    """Limits count what was spent before today as well: spendings of cards that were replaced keep the line of that day.

    So of this month and the one before it, by whose limit a piece that was handed out offline then is still judged. What is older
    counts for no limit and stays as it is. A month begins by its store's clock, up to 14 hours earlier.
    """
    last_act = op.get_bind().scalar(sa.select(_AUDIT.c.at).order_by(_AUDIT.c.id.desc()).limit(1))
    if last_act is None:  # without acts there are no lines
        return
    this = last_act.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    since = (this - timedelta(days=1)).replace(day=1) - timedelta(days=2)
    spent = sa.table(table, sa.column("card"), sa.column("line"), sa.column(at, UtcDateTime()))
    then = (changes.c.card == spent.c.card, changes.c.since <= spent.c[at])
    line = sa.select(changes.c.line).where(*then).order_by(changes.c.n.desc()).limit(1)
    theirs = spent.c.card.in_(sa.select(changes.c.card))
    statement = sa.update(spent).where(spent.c[at] >= since, theirs, sa.exists().where(*then))
    op.execute(statement.values(line=line.scalar_subquery()))


def _lines() -> list[tuple[str, datetime, str]]:
    """Card, since when, and the line it was in from then on, in the order of what happened: the log of acts has it."""
    query = sa.select(_AUDIT).where(_AUDIT.c.act.in_(("card.replace", "card.return"))).order_by(_AUDIT.c.id)
    found: list[tuple[str, datetime, str]] = []
    line_of: dict[str, str] = {}
    for act in op.get_bind().execute(query):
        card = act.subject.removeprefix("card:")
        if act.act == "card.return":
            line_of[card] = f"{card}@{act.at.astimezone(UTC):%Y%m%dT%H%M%S%f}"  # as `cards.lines.begun` names it
            changed = card
        else:
            changed = str(act.facts["new"])
            line_of[changed] = line_of.get(card, card)
        found.append((changed, act.at, line_of[changed]))
    return found
