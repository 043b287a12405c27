"""Loads the demo displays, boards, playlists and what is scheduled; what is there already stays."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Table, insert, select

from central_api.boards import service
from central_api.boards.content import Bind, BoundReader, Fields, fields_to_json
from central_api.boards.tables import boards, displays, notices, playlists, promises, prompts, slots, tickers
from central_api.boards.templates import PLACEHOLDER
from central_api.db import Tx
from central_api.media import service as media
from central_api.media.store import MediaStore
from club.model.relative_dates import RelativeDates
from club.model.text import Text
from club.resources import files

_BY = "system"
_SITE = "https://xingzhou.example"
_DRAWN_BY_TEMPLATE = frozenset({"hide_when", "page_seconds", "rows"})


@dataclass(frozen=True, slots=True)
class DemoFiles:
    """The parsed TOML files that boards come from."""

    boards: Mapping[str, Any]
    stores: Mapping[str, Any]
    programme: Mapping[str, Any]


def load(tx: Tx, store: MediaStore, content: DemoFiles, dates: RelativeDates, *, now: datetime) -> None:
    """Load everything displays play. Drafts are stored; `publish_all` publishes them once their data are there.

    Args:
        tx: the unit of work.
        store: where pictures go.
        content: the parsed files.
        dates: how their relative dates are read.
        now: the instant.
    """
    _displays(tx, content.stores["display"])
    _promises(tx, content.programme["promise"])
    known = _slugs(tx, boards)
    for position, board in enumerate(content.boards["board"]):
        if board["slug"] not in known:
            fields = _fields(tx, store, board, dates, now)
            service.create(tx, board["slug"], fields, position=position, by=_BY, now=now)
    _playlists(tx, content.boards["playlist"])
    _slots(tx, content.boards["schedule"], dates)
    _tickers(tx, content.boards["ticker"])
    _prompts(tx, content.boards["prompt"], content)
    _notices(tx, content.boards["notice"], dates)


def publish_all(tx: Tx, content: DemoFiles, *, now: datetime, read_bound: BoundReader) -> None:
    """Publish the boards that the file calls published and nobody has touched since they were loaded."""
    for board in content.boards["board"]:
        row = service.board(tx, board["slug"])
        if board["state"] == "published" and row.state == "draft" and row.version == 0:
            service.freeze(tx, row, by=_BY, now=now)
    service.refresh(tx, now=now, read_bound=read_bound)


def _displays(tx: Tx, rows: Sequence[Mapping[str, Any]]) -> None:
    known = _slugs(tx, displays)
    for position, row in enumerate(rows):
        if row["slug"] not in known:
            tx.execute(
                insert(displays).values(
                    slug=row["slug"],
                    store=row["store"],
                    name=_json_text(row, ""),
                    place=_json_text(row, "where_"),
                    language="zh-CN",
                    layout=row.get("layout", "single"),
                    position=position,
                )
            )


def _promises(tx: Tx, rows: Sequence[Mapping[str, Any]]) -> None:
    known = _slugs(tx, promises)
    for position, row in enumerate(rows):
        if row["slug"] not in known:
            title = _json_text(row, "")
            tx.execute(
                insert(promises).values(slug=row["slug"], title=title, minutes=row["minutes"], position=position)
            )


def _fields(tx: Tx, store: MediaStore, row: Mapping[str, Any], dates: RelativeDates, now: datetime) -> Fields:
    bind = {name: value for name, value in row["bind"].items() if name not in _DRAWN_BY_TEMPLATE}
    if "until" in bind:
        bind["until"] = dates.instant(bind["until"])
    if row["template"] == "share":
        bind["url"] = f"{_SITE}/share/{bind['activity']}"
    return Fields(
        template=row["template"],
        texts=_texts(row["fields"]),
        picture=_picture(tx, store, row["picture"], PLACEHOLDER.sub("", row["fields"]["title_zh"]), now),
        dwell_s=row["dwell_seconds"],
        starts=dates.instant(row["starts"]),
        ends=dates.instant(row["ends"], end_of_day=True),
        weekdays=tuple(row["days"]),
        stores=tuple(row["stores"]),
        bind=msgspec.convert(bind, Bind),
    )


def _playlists(tx: Tx, rows: Sequence[Mapping[str, Any]]) -> None:
    known = _slugs(tx, playlists)
    for row in rows:
        if row["slug"] not in known:
            tx.execute(insert(playlists).values(slug=row["slug"], name=_json_text(row, ""), boards=row["boards"]))


def _slots(tx: Tx, rows: Sequence[Mapping[str, Any]], dates: RelativeDates) -> None:
    taken = {row.display for row in tx.rows(select(slots.c.display).distinct())}
    for row in rows:
        if row["display"] in taken:
            continue
        tx.execute(
            insert(slots).values(
                display=row["display"],
                layer=row["layer"],
                playlist=row["playlist"],
                from_minute=_minute(row["from"]),
                to_minute=_minute(row["to"]),
                weekdays=row.get("days", []),
                on_date=dates.day(row["date"]) if "date" in row else None,
            )
        )


def _tickers(tx: Tx, rows: Sequence[Mapping[str, Any]]) -> None:
    known = _slugs(tx, tickers)
    for row in rows:
        if row["slug"] not in known:
            items = [{"text": _json_text(item, ""), "activity": item.get("bind", "")} for item in row["items"]]
            tx.execute(
                insert(tickers).values(
                    slug=row["slug"], displays=row["displays"], px_per_s=row["pixels_per_second"], items=items
                )
            )


def _prompts(tx: Tx, rows: Sequence[Mapping[str, Any]], content: DemoFiles) -> None:
    known = _slugs(tx, prompts)
    hours = content.stores["store"][0]["bar_hours"]
    for row in rows:
        if row["slug"] in known:
            continue
        texts = _texts({name: value for name, value in row.items() if name.endswith(("_zh", "_en"))})
        bind = Bind(menu=tuple(row["items"]), substitutes=tuple(row["substitutes"]), url=f"{_SITE}/menu")
        fields = Fields(template="refill", texts=texts, dwell_s=row["seconds"], bind=bind)
        tx.execute(
            insert(prompts).values(
                slug=row["slug"],
                displays=row["displays"],
                fields=fields_to_json(fields),
                every_s=content.programme["lounge"]["refill_interval_minutes"] * 60,
                seconds=row["seconds"],
                from_minute=_minute(hours["from"]),
                to_minute=_minute(hours["to"]),
            )
        )


def _notices(tx: Tx, rows: Sequence[Mapping[str, Any]], dates: RelativeDates) -> None:
    known = _slugs(tx, notices)
    for row in rows:
        if row["slug"] in known:
            continue
        texts = _texts({name: value for name, value in row.items() if name.endswith(("_zh", "_en"))})
        tx.execute(
            insert(notices).values(
                slug=row["slug"],
                state=row["state"],
                displays=row["displays"],
                fields=fields_to_json(Fields(template="notice", texts=texts)),
                starts=dates.instant(row["starts"]),
                ends=dates.instant(row["ends"]),
            )
        )


def _texts(row: Mapping[str, str]) -> dict[str, Text]:
    names = dict.fromkeys(name.rsplit("_", 1)[0] for name in row)
    return {name: Text(row.get(f"{name}_zh", ""), row.get(f"{name}_en", "")) for name in names}


def _json_text(row: Mapping[str, Any], prefix: str) -> dict[str, str]:
    return {"zh": row[f"{prefix}zh"], "en": row[f"{prefix}en"]}


def _minute(text: str) -> int:
    hour, minute = text.split(":")
    return int(hour) * 60 + int(minute)


def _slugs(tx: Tx, table: Table) -> set[str]:
    return {row.slug for row in tx.rows(select(table.c.slug))}


def _picture(tx: Tx, store: MediaStore, slug: str, name: str, now: datetime) -> str:
    if not slug:
        return ""
    data = files.picture(slug).read_bytes()
    return media.add(tx, store, data, name=name, by=_BY, now=now, shipped=True).sha256
