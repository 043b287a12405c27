"""Reads the menu as boards tell of it."""

from collections.abc import Mapping

import msgspec
from sqlalchemy import select

from central_api.db import Tx
from central_api.refreshments.tables import menu_items
from club.model.board import MenuLine
from club.model.text import Text


def lines(tx: Tx) -> Mapping[str, MenuLine]:
    """Every refreshment by its slug, in the menu's order."""
    rows = tx.rows(select(menu_items).order_by(menu_items.c.position, menu_items.c.slug))
    return {
        row.slug: MenuLine(
            slug=row.slug,
            name=msgspec.convert(row.name, Text),
            line=msgspec.convert(row.line, Text),
            picture=row.picture,
            sold_out=row.stock_left == 0,
        )
        for row in rows
    }
