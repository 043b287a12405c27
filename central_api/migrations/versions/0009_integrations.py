"""Other programs: their keys and their numbers of our members, events to be handed on, webhooks and their deliveries."""

import sqlalchemy as sa
from alembic import op

from central_api.columns import BigId, Json, UtcDateTime

revision = "0009_integrations"
down_revision = "0008_members_cards"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _keys()
    op.create_table(
        "member_links",
        sa.Column("source", sa.String(length=64), nullable=False),
        sa.Column("number", sa.String(length=64), nullable=False),
        sa.Column("member", sa.String(length=64), nullable=False),
        sa.Column("linked_at", UtcDateTime(), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["member"], ["members.id"], name="fk_member_links_member_members"),
        sa.PrimaryKeyConstraint("source", "number", name="pk_member_links"),
    )
    op.create_index("ix_member_links_member", "member_links", ["member"])
    _outbox()
    _webhooks()


def downgrade() -> None:
    for table in (
        "webhook_deliveries",
        "webhooks",
        "outbox_seals",
        "outbox_events",
        "member_links",
        "key_guesses",
        "api_keys",
    ):
        op.drop_table(table)


def _keys() -> None:
    op.create_table(
        "api_keys",
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("source", sa.String(length=64), nullable=False),
        sa.Column("scopes", Json, nullable=False),
        sa.Column("store", sa.String(length=64), nullable=True),
        sa.Column("secret_sha256", sa.String(length=64), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("made_by", sa.String(length=64), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=True),
        sa.Column("revoked_at", UtcDateTime(), nullable=True),
        sa.Column("used_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["store"], ["stores.slug"], name="fk_api_keys_store_stores"),
        sa.PrimaryKeyConstraint("id", name="pk_api_keys"),
    )
    op.create_table(
        "key_guesses",
        sa.Column("source", sa.String(length=64), nullable=False),
        sa.Column("wrong", sa.Integer(), nullable=False),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("source", name="pk_key_guesses"),
    )
    op.create_index("ix_key_guesses_since", "key_guesses", ["since"])


def _outbox() -> None:
    op.create_table(
        "outbox_events",
        sa.Column("arrival", BigId, nullable=False),
        sa.Column("id", sa.String(length=96), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("member", sa.String(length=64), nullable=False),
        sa.Column("store", sa.String(length=64), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("facts", Json, nullable=False),
        sa.Column("handed_on_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("arrival", name="pk_outbox_events"),
        sa.UniqueConstraint("id", name="uq_outbox_events_id"),
    )
    waiting = sa.text("handed_on_at IS NULL")
    op.create_index(
        "ix_outbox_events_waiting", "outbox_events", ["arrival"], postgresql_where=waiting, sqlite_where=waiting
    )
    op.create_index("ix_outbox_events_handed_on_at", "outbox_events", ["handed_on_at"])
    op.create_table(
        "outbox_seals",
        sa.Column("store", sa.String(length=64), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("store", name="pk_outbox_seals"),
    )
    # What was sealed before anybody could be told is told to nobody.
    op.execute(
        "INSERT INTO outbox_seals (store, sequence) SELECT store, max(sequence) FROM ledger_seals GROUP BY store"
    )


def _webhooks() -> None:
    op.create_table(
        "webhooks",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("url", sa.String(length=500), nullable=False),
        sa.Column("kinds", Json, nullable=False),
        sa.Column("store", sa.String(length=64), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("head", sa.BigInteger(), nullable=False),
        sa.Column("busy_until", UtcDateTime(), nullable=True),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("made_by", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["store"], ["stores.slug"], name="fk_webhooks_store_stores"),
        sa.PrimaryKeyConstraint("id", name="pk_webhooks"),
    )
    op.create_table(
        "webhook_deliveries",
        sa.Column("id", BigId, nullable=False),
        sa.Column("webhook", sa.String(length=32), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("event", sa.String(length=96), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("next_at", UtcDateTime(), nullable=False),
        sa.Column("said", sa.String(length=200), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint("state IN ('waiting', 'delivered', 'dead')", name="state"),
        sa.ForeignKeyConstraint(["webhook"], ["webhooks.id"], name="fk_webhook_deliveries_webhook_webhooks"),
        sa.PrimaryKeyConstraint("id", name="pk_webhook_deliveries"),
        sa.UniqueConstraint("webhook", "sequence", name="uq_webhook_deliveries_webhook_sequence"),
    )
    waiting = sa.text("state = 'waiting'")
    op.create_index(
        "ix_webhook_deliveries_waiting",
        "webhook_deliveries",
        ["webhook", "sequence"],
        postgresql_where=waiting,
        sqlite_where=waiting,
    )
    op.create_index("ix_webhook_deliveries_ended_at", "webhook_deliveries", ["ended_at"])
