"""The redeem procedure keeps its plans, and never reads a whole table (PostgreSQL).

Measured: planning each of some twenty statements anew cost a fifth of a call. Worse, a connection that was opened while a club
was new kept plans that read the then empty tables from end to end, until statistics were next gathered: by then a redemption
took three times as long. Every lookup of the procedure, and of the foreign keys its rows have, has an index.
"""

from alembic import op

revision = "0010_redeem_plans"
down_revision = "0009_integrations"
branch_labels = None
depends_on = None

_CHOICES = ("plan_cache_mode = force_generic_plan", "enable_seqscan = off", "jit = off")
"""Where the names of a dozen stores are read from end to end all the same, that scan's price would have it compiled: 50 ms each time."""


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        for choice in _CHOICES:
            op.execute(f"ALTER FUNCTION club_redeem_v1(jsonb) SET {choice}")


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER FUNCTION club_redeem_v1(jsonb) RESET ALL")
