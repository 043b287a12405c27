"""Postings are no longer found by their account: only the proof of the books did so, and each booking paid for it (ADR 0011).

Of a member's two postings one stood on a page of its own in that index, which in a large club is not in memory. The proof goes
by the member's entries instead.
"""

from alembic import op

revision = "0025_fewer_pages"
down_revision = "0024_redeem_together"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("ix_ledger_postings_account", "ledger_postings")


def downgrade() -> None:
    op.create_index("ix_ledger_postings_account", "ledger_postings", ["account"])
