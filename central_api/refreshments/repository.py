"""Reads the menu as boards tell of it."""

from collections.abc import Mapping

from sqlalchemy import select

from central_api import texts
from central_api.db import Tx
from central_api.refreshments.tables import menu_items
from club.model.board import MenuLine


def lines(tx: Tx) -> Mapping[str, MenuLine]:
    """Every refreshment by its slug, in the menu's order."""
    rows = tx.rows(select(menu_items).order_by(menu_items.c.position, menu_items.c.slug))
    return {
        row.slug: MenuLine(
            slug=row.slug,
            name=texts.text(row.name),
            line=texts.text(row.line),
            picture=row.picture,
            sold_out=row.stock_left == 0,
        )
        for row in rows
    }
