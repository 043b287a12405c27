"""Lines of cards (N4): a card and those it was replaced by have one limit and one daily cap; and the procedure that goes by it."""

from collections.abc import Mapping
from datetime import UTC, datetime
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


def upgrade() -> None:
    named = sa.text("line IS NOT NULL")
    op.add_column("cards", sa.Column("line", sa.String(length=96), nullable=True))
    for table, at in _SPENDINGS.items():
        op.add_column(table, sa.Column("line", sa.String(length=96), nullable=True))
        _name_lines_of(table, at)
        op.create_index(f"ix_{table}_line_{at}", table, ["line", at], postgresql_where=named, sqlite_where=named)
    _name_lines_of_cards()
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


def _name_lines_of_cards() -> None:
    cards = sa.table("cards", sa.column("id"), sa.column("line"))
    for card, _, line in _lines():  # the last one of a card stays
        op.execute(sa.update(cards).where(cards.c.id == card).values(line=line))


def _name_lines_of(table: str, at: str) -> None:
    """Limits count what was spent before today as well: this month's spendings of cards that were replaced keep their line."""
    spent = sa.table(table, sa.column("card"), sa.column("line"), sa.column(at, UtcDateTime()))
    for card, since, line in _lines():
        op.execute(sa.update(spent).where(spent.c.card == card, spent.c[at] >= since).values(line=line))


def _lines() -> list[tuple[str, datetime, str]]:
    """Card, since when, and the line it was in from then on, in the order of what happened: the log of acts has it."""
    audit = sa.table(
        "audit",
        sa.column("id"),
        sa.column("at", UtcDateTime()),
        sa.column("act"),
        sa.column("subject"),
        sa.column("facts", Json),
    )
    query = sa.select(audit).where(audit.c.act.in_(("card.replace", "card.return"))).order_by(audit.c.id)
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
