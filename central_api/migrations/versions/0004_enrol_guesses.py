"""Wrong enrolment codes are counted by the address they come from, no longer against every open code."""

import sqlalchemy as sa
from alembic import op

from central_api.columns import UtcDateTime

revision = "0004_enrol_guesses"
down_revision = "0003_pairing_sign_in"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "enrol_guesses",
        sa.Column("source", sa.String(length=64), nullable=False),
        sa.Column("wrong", sa.Integer(), nullable=False),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("source", name="pk_enrol_guesses"),
    )
    op.create_index("ix_enrol_guesses_since", "enrol_guesses", ["since"])
    op.drop_column("enrol_codes", "wrong_tries")


def downgrade() -> None:
    op.add_column("enrol_codes", sa.Column("wrong_tries", sa.Integer(), nullable=False, server_default="0"))
    op.drop_table("enrol_guesses")
