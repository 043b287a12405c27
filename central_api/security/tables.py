"""The keys under which personal data are kept, each wrapped by a master key of the keyring's file (X2, ADR 0012)."""

from sqlalchemy import CheckConstraint, Column, Index, Integer, LargeBinary, String, Table

from central_api.columns import UtcDateTime, metadata

SEARCH = 0
"""The number of the key of keyed hashes; those above seal."""

data_keys = Table(
    "data_keys",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("wrapped", LargeBinary, nullable=False),
    Column("master", String(16), nullable=False),  # the id of the master key that wraps it
    Column("made_at", UtcDateTime, nullable=False),
    Column("retired_at", UtcDateTime, nullable=True),  # seals nothing any more, and goes when nothing is sealed by it
    CheckConstraint("number >= 0", name="number"),
    Index(None, "master"),
)


def sealed(name: str, *, nullable: bool = True) -> Column[bytes]:
    """A column of sealed values (`Vault`): rotation of data keys finds it by this mark."""
    return Column(name, LargeBinary, nullable=nullable, info={"sealed": True})
