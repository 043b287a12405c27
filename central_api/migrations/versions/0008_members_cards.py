"""Personal fields sealed, vehicles, consents, registrations, merges; batches, drivers and last days of cards."""

import sqlalchemy as sa
from alembic import op
from alembic.util import CommandError

from central_api.columns import BigId, Json, UtcDateTime

revision = "0008_members_cards"
down_revision = "0007_programme"
branch_labels = None
depends_on = None

ONLY_GROWS = "only grows: write a new row that corrects the old one"  # the words of 0001
GROWING = ("consents", "lot_moves")
MEMBER_COLUMNS = ("source", "adviser", "closed_at", "closed_for", "merged_into")
CARD_COLUMNS = ("driver", "batch", "good_until")


def upgrade() -> None:
    op.create_table(
        "data_keys",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        sa.Column("master", sa.String(length=16), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("retired_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint("number >= 0", name="number"),
        sa.PrimaryKeyConstraint("number", name="pk_data_keys"),
    )
    op.create_index("ix_data_keys_master", "data_keys", ["master"])

    op.add_column("members", sa.Column("source", sa.String(length=16), nullable=False, server_default=""))
    op.add_column("members", sa.Column("adviser", sa.String(length=64), nullable=False, server_default=""))
    op.add_column("members", sa.Column("closed_at", UtcDateTime(), nullable=True))
    op.add_column("members", sa.Column("closed_for", sa.String(length=16), nullable=False, server_default=""))
    op.add_column("members", sa.Column("merged_into", sa.String(length=64), nullable=True))
    op.create_index("ix_members_merged_into", "members", ["merged_into"])
    op.add_column("cards", sa.Column("driver", sa.LargeBinary(), nullable=True))
    op.add_column("cards", sa.Column("batch", sa.String(length=32), nullable=False, server_default=""))
    op.add_column("cards", sa.Column("good_until", sa.Date(), nullable=True))

    _members()
    _joining_and_merging()
    for table in GROWING:
        _only_grows(table)


def _only_grows(table: str) -> None:
    if op.get_bind().dialect.name != "sqlite":
        op.execute(
            f"CREATE TRIGGER {table}_only_append BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION club_append_only()"  # made by 0001
        )
        return
    said = f"BEGIN SELECT RAISE(ABORT, '{table} {ONLY_GROWS}'); END"
    for act in ("UPDATE", "DELETE"):
        op.execute(f"CREATE TRIGGER {table}_no_{act.lower()} BEFORE {act} ON {table} {said}")
    # INSERT OR REPLACE deletes the row that stands in its way without asking the triggers against DELETE.
    exists = f"EXISTS (SELECT 1 FROM {table} WHERE id = NEW.id)"  # noqa: S608 -- names from above
    op.execute(f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} WHEN {exists} {said}")


def _members() -> None:
    op.create_table(
        "member_details",
        sa.Column("member", sa.String(length=64), nullable=False),
        sa.Column("given", sa.LargeBinary(), nullable=True),
        sa.Column("phone", sa.LargeBinary(), nullable=True),
        sa.Column("id_number", sa.LargeBinary(), nullable=True),
        sa.Column("birthday", sa.LargeBinary(), nullable=True),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["member"], ["members.id"], name="fk_member_details_member_members"),
        sa.PrimaryKeyConstraint("member", name="pk_member_details"),
    )
    op.create_table(
        "vehicles",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("member", sa.String(length=64), nullable=False),
        sa.Column("plate", sa.LargeBinary(), nullable=True),
        sa.Column("vin", sa.LargeBinary(), nullable=True),
        sa.Column("model", sa.String(length=64), nullable=False, server_default=""),
        sa.Column("mileage_km", sa.Integer(), nullable=True),
        sa.Column("bought_on", sa.Date(), nullable=True),
        sa.Column("added_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint("mileage_km IS NULL OR mileage_km >= 0", name="mileage"),
        sa.ForeignKeyConstraint(["member"], ["members.id"], name="fk_vehicles_member_members"),
        sa.PrimaryKeyConstraint("id", name="pk_vehicles"),
    )
    op.create_index("ix_vehicles_member", "vehicles", ["member"])
    op.create_table(
        "member_lookups",
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("hash", sa.String(length=32), nullable=False),
        sa.Column("member", sa.String(length=64), nullable=False),
        sa.Column("vehicle", sa.String(length=64), nullable=False, server_default=""),
        sa.ForeignKeyConstraint(["member"], ["members.id"], name="fk_member_lookups_member_members"),
        sa.PrimaryKeyConstraint("kind", "hash", "member", "vehicle", name="pk_member_lookups"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_member_lookups_member", "member_lookups", ["member"])
    op.create_table(
        "consent_texts",
        sa.Column("document", sa.String(length=32), nullable=False),
        sa.Column("version", sa.String(length=32), nullable=False),
        sa.Column("title", Json, nullable=False),
        sa.Column("text", Json, nullable=False),
        sa.Column("effective_from", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("document", "version", name="pk_consent_texts"),
    )
    op.create_table(
        "consents",
        sa.Column("id", BigId, nullable=False),
        sa.Column("member", sa.String(length=64), nullable=False),
        sa.Column("document", sa.String(length=32), nullable=False),
        sa.Column("version", sa.String(length=32), nullable=False),
        sa.Column("given", sa.BigInteger(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("by", sa.String(length=64), nullable=False),
        sa.CheckConstraint("given IN (0, 1)", name="given"),
        sa.ForeignKeyConstraint(["member"], ["members.id"], name="fk_consents_member_members"),
        sa.PrimaryKeyConstraint("id", name="pk_consents"),
    )
    op.create_index("ix_consents_member_document", "consents", ["member", "document"])


def _joining_and_merging() -> None:
    op.create_table(
        "registrations",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("member", sa.String(length=64), nullable=False),
        sa.Column("by", sa.String(length=128), nullable=False),
        sa.Column("body_hash", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint("state IN ('pending', 'activated', 'lapsed')", name="state"),
        sa.ForeignKeyConstraint(["member"], ["members.id"], name="fk_registrations_member_members"),
        sa.PrimaryKeyConstraint("id", name="pk_registrations"),
    )
    op.create_index("ix_registrations_member", "registrations", ["member"])
    op.create_index("ix_registrations_state_expires_at", "registrations", ["state", "expires_at"])
    op.create_table(
        "merges",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("source", sa.String(length=64), nullable=False),
        sa.Column("target", sa.String(length=64), nullable=False),
        sa.Column("points", sa.BigInteger(), nullable=False),
        sa.Column("tier_points", sa.BigInteger(), nullable=False),
        sa.Column("before", Json, nullable=False),
        sa.Column("reason", sa.String(length=64), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("made_by", sa.String(length=64), nullable=False),
        sa.Column("undone_at", UtcDateTime(), nullable=True),
        sa.Column("undone_by", sa.String(length=64), nullable=False, server_default=""),
        sa.CheckConstraint("source <> target", name="two"),
        sa.ForeignKeyConstraint(["source"], ["members.id"], name="fk_merges_source_members"),
        sa.ForeignKeyConstraint(["target"], ["members.id"], name="fk_merges_target_members"),
        sa.PrimaryKeyConstraint("id", name="pk_merges"),
    )
    op.create_index("ix_merges_source", "merges", ["source"])
    op.create_index("ix_merges_target", "merges", ["target"])
    op.create_table(
        "merge_items",
        sa.Column("merge", sa.String(length=64), nullable=False),
        sa.Column("table", sa.String(length=64), nullable=False),
        sa.Column("item", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(["merge"], ["merges.id"], name="fk_merge_items_merge_merges"),
        sa.PrimaryKeyConstraint("merge", "table", "item", name="pk_merge_items"),
    )
    op.create_table(
        "lot_moves",
        sa.Column("id", BigId, nullable=False),
        sa.Column("source", sa.String(length=64), nullable=False),
        sa.Column("target", sa.String(length=64), nullable=False),
        sa.Column("points", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("points > 0", name="points"),
        sa.ForeignKeyConstraint(["source"], ["lots.id"], name="fk_lot_moves_source_lots"),
        sa.ForeignKeyConstraint(["target"], ["lots.id"], name="fk_lot_moves_target_lots"),
        sa.PrimaryKeyConstraint("id", name="pk_lot_moves"),
    )
    op.create_index("ix_lot_moves_source", "lot_moves", ["source"])
    op.create_index("ix_lot_moves_target", "lot_moves", ["target"])


def downgrade() -> None:
    _nothing_would_be_lost()
    for table in (
        "lot_moves",
        "merge_items",
        "merges",
        "registrations",
        "consents",
        "consent_texts",
        "member_lookups",
        "vehicles",
        "member_details",
        "data_keys",
    ):
        op.drop_table(table)
    op.drop_index("ix_members_merged_into", "members")
    for column in MEMBER_COLUMNS:
        op.drop_column("members", column)
    for column in CARD_COLUMNS:
        op.drop_column("cards", column)


def _nothing_would_be_lost() -> None:
    """Refuse to drop what nobody can make again: whose points went where, who agreed to what, sealed fields and their keys."""
    counted = (
        "SELECT (SELECT count(*) FROM merges) AS merges, (SELECT count(*) FROM consents) AS consents, "
        "(SELECT count(*) FROM member_details) AS details"
    )
    found = op.get_bind().execute(sa.text(counted)).one()
    if found.merges or found.consents or found.details:
        raise CommandError(
            f"expected a database without merges, consents and personal fields, found {found.merges}, {found.consents} and "
            f"{found.details}: going back behind {revision} would lose them; restore a backup of before instead"
        )
