"""The lounge's menu."""

from sqlalchemy import CheckConstraint, Column, Integer, String, Table

from central_api.columns import Json, metadata

menu_items = Table(
    "menu_items",
    metadata,
    Column("slug", String(64), primary_key=True),
    Column("name", Json, nullable=False),
    Column("line", Json, nullable=False),
    Column("category", String(32), nullable=False),
    Column("picture", String(64), nullable=False),  # SHA-256, empty: none
    Column("stock_left", Integer, nullable=True),  # None: ample
    Column("position", Integer, nullable=False),
    CheckConstraint("stock_left IS NULL OR stock_left >= 0", name="stock"),
)
