"""A voucher is found by the number under which somebody closed it; a registration knows how many codes its phone was told."""

import sqlalchemy as sa
from alembic import op

revision = "0011_till_and_joining"
down_revision = "0010_redeem_plans"
branch_labels = None
depends_on = None

_NUMBERED = sa.text("closed_reference <> ''")


def upgrade() -> None:
    op.create_index(
        "ix_vouchers_closed_by_closed_reference",
        "vouchers",
        ["closed_by", "closed_reference"],
        postgresql_where=_NUMBERED,
        sqlite_where=_NUMBERED,
    )
    op.add_column("registrations", sa.Column("told", sa.Integer(), nullable=False, server_default="1"))


def downgrade() -> None:
    op.drop_column("registrations", "told")
    op.drop_index("ix_vouchers_closed_by_closed_reference", "vouchers")
