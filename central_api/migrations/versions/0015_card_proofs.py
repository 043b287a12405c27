"""Which family a run's card is of, so that others than NTAG 424 DNA are issued too."""

import sqlalchemy as sa
from alembic import op

revision = "0015_card_proofs"
down_revision = "0014_offline"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("card_runs", sa.Column("family", sa.String(length=32), nullable=False, server_default="ntag424"))


def downgrade() -> None:
    op.drop_column("card_runs", "family")
