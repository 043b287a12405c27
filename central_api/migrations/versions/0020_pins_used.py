"""When a PIN was first given together with its card: from then on it opens a session by phone (ADR 17)."""

import sqlalchemy as sa
from alembic import op

from central_api.columns import UtcDateTime

revision = "0020_pins_used"
down_revision = "0019_device_pasts"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("pins", sa.Column("used_at", UtcDateTime(), nullable=True))
    # The rule holds for what was before it: a grant of a card's session was given for a PIN that was right.
    op.execute(
        "UPDATE pins SET used_at = (SELECT min(g.made_at) FROM grants g JOIN card_sessions s ON s.id = g.session"
        " WHERE s.card = pins.card AND s.assurance <> 'phone' AND g.made_at >= pins.set_at)"
    )


def downgrade() -> None:
    op.drop_column("pins", "used_at")
