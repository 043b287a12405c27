"""Loads the demo menu; what is there already stays."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select

from central_api.db import Tx
from central_api.media import service as media
from central_api.media.store import MediaStore
from central_api.refreshments.tables import menu_items
from club.resources import files


def load(tx: Tx, store: MediaStore, content: Mapping[str, Any], *, now: datetime) -> None:
    """Load the refreshments of `menu.toml`, with their pictures.

    Args:
        tx: the unit of work.
        store: where pictures go.
        content: the parsed file.
        now: the instant.
    """
    known = {row.slug for row in tx.rows(select(menu_items.c.slug))}
    for item in content["item"]:
        if item["slug"] in known:
            continue
        data = files.art(f"refreshments/{item['picture']}").read_bytes()
        picture = media.add(tx, store, data, name=item["zh"], by="system", now=now, shipped=True)
        tx.execute(
            insert(menu_items).values(
                slug=item["slug"],
                name={"zh": item["zh"], "en": item["en"]},
                line={"zh": item["line_zh"], "en": item["line_en"]},
                category=item["category"],
                picture=picture.sha256,
                stock_left=item["left"] if item["stock"] == "count" else None,
                position=item["order"],
            )
        )
