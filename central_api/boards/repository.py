"""Reads boards and what is scheduled, row by row into plain values; decides nothing."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from central_api import texts
from central_api.boards import content
from central_api.boards.tables import (
    board_versions,
    boards,
    display_manifests,
    displays,
    notices,
    playlists,
    promises,
    prompts,
    slots,
    tickers,
)
from central_api.db import Tx
from club.model.board import PromiseLine
from club.model.text import Text
from club.words.catalogue import LANGUAGES, words


@dataclass(frozen=True, slots=True)
class BoardRow:
    """A board as the console knows it; `changed` says the draft differs from what was published last."""

    slug: str
    template: str
    state: str
    draft: content.Fields
    edit: int
    edited_at: datetime
    edited_by: str
    edited_on: str
    version: int
    published_edit: int

    @property
    def changed(self) -> bool:
        """Whether the draft was edited since the newest version."""
        return self.edit > self.published_edit


@dataclass(frozen=True, slots=True)
class DisplayRow:
    """A display and how staff call it."""

    slug: str
    store: str
    name: Text
    place: Text
    language: str
    layout: str


def find_board(tx: Tx, slug: str, *, lock: bool = False) -> BoardRow | None:
    """One board, locked for this transaction when it is about to change."""
    query = select(boards).where(boards.c.slug == slug)
    row = tx.first(query.with_for_update() if lock else query)
    return None if row is None else _board(row)


def all_boards(tx: Tx) -> list[BoardRow]:
    """Every board in the order staff gave them."""
    return [_board(row) for row in tx.rows(select(boards).order_by(boards.c.position, boards.c.slug))]


def all_displays(tx: Tx, slugs: Collection[str] | None = None) -> list[DisplayRow]:
    """Displays in their order, all or those named."""
    query = select(displays).order_by(displays.c.position, displays.c.slug)
    if slugs is not None:
        query = query.where(displays.c.slug.in_(sorted(slugs)))
    return [
        DisplayRow(row.slug, row.store, texts.text(row.name), texts.text(row.place), row.language, row.layout)
        for row in tx.rows(query)
    ]


def playlists_naming(tx: Tx, board: str) -> frozenset[str]:
    """The playlists that play a board."""
    return frozenset(row.slug for row in tx.rows(select(playlists)) if board in row.boards)


def displays_playing(tx: Tx, board: str) -> frozenset[str]:
    """The displays on which a playlist with this board is scheduled."""
    naming = playlists_naming(tx, board)
    rows = tx.rows(select(slots.c.display).where(slots.c.playlist.in_(sorted(naming))).distinct())
    return frozenset(row.display for row in rows)


def lock_manifests(tx: Tx, slugs: Collection[str]) -> Mapping[str, Any]:
    """The manifest rows of these displays, locked in the order of their names."""
    query = select(display_manifests).where(display_manifests.c.display.in_(sorted(slugs)))
    return {row.display: row for row in tx.rows(query.order_by(display_manifests.c.display).with_for_update())}


def contents(tx: Tx, rows: Sequence[DisplayRow]) -> list[content.DisplayContent]:
    """What is scheduled on these displays, with the newest version of every board it names."""
    lists = {row.slug: content.PlaylistContent(row.slug, tuple(row.boards)) for row in tx.rows(select(playlists))}
    published = _published(tx)
    of_display: dict[str, list[content.SlotContent]] = {}
    for row in tx.rows(select(slots).order_by(slots.c.id)):
        of_display.setdefault(row.display, []).append(
            content.SlotContent(
                row.layer, row.playlist, row.from_minute, row.to_minute, tuple(row.weekdays), row.on_date
            )
        )
    ticker_rows = tx.rows(select(tickers).order_by(tickers.c.slug))
    prompt_rows = tx.rows(select(prompts).order_by(prompts.c.slug))
    notice_rows = tx.rows(select(notices).where(notices.c.state == "sent").order_by(notices.c.starts, notices.c.slug))
    found = []
    for display in rows:
        own = tuple(of_display.get(display.slug, ()))
        named = tuple(lists[slug] for slug in dict.fromkeys(slot.playlist for slot in own))
        wanted = {slug for playlist in named for slug in playlist.boards}
        ticker = [row for row in ticker_rows if display.slug in row.displays]
        found.append(
            content.DisplayContent(
                slug=display.slug,
                store=display.store,
                language=display.language,
                layout=display.layout,
                boards=tuple(board for board in published if board.slug in wanted),
                playlists=named,
                slots=own,
                ticker=tuple(
                    content.TickerLine(texts.text(item["text"]), item.get("activity", ""))
                    for row in ticker
                    for item in row.items
                ),
                ticker_px_per_s=ticker[0].px_per_s if ticker else content.TICKER_PX_PER_S,
                prompts=tuple(_prompt(row) for row in prompt_rows if display.slug in row.displays),
                notices=tuple(
                    content.NoticeContent(row.slug, content.fields_from_json(row.fields), row.starts, row.ends)
                    for row in notice_rows
                    if display.slug in row.displays
                ),
            )
        )
    return found


def version_fields(tx: Tx, slug: str, version: int) -> content.Fields | None:
    """What a version froze, None when there is no such version."""
    found = tx.scalar(
        select(board_versions.c.snapshot).where(board_versions.c.board == slug, board_versions.c.version == version)
    )
    return None if found is None else content.fields_from_json(found)


def manifest_row(tx: Tx, display: str) -> Any:
    """A display's manifest as it is sent, None before the first."""
    return tx.first(select(display_manifests).where(display_manifests.c.display == display))


def promise_lines(tx: Tx) -> Mapping[str, PromiseLine]:
    """The promises of service, in their order."""
    rows = tx.rows(select(promises).order_by(promises.c.position))
    return {row.slug: PromiseLine(row.slug, texts.text(row.title), _minutes(row.minutes)) for row in rows}


def _minutes(minutes: int) -> Text:
    chinese, english = (words(language)("console.promise.minutes", minutes=minutes) for language in LANGUAGES)
    return Text(chinese, english)


def _published(tx: Tx) -> list[content.Published]:
    newest = (
        select(board_versions.c.board, board_versions.c.version, board_versions.c.snapshot)
        .join(boards, boards.c.slug == board_versions.c.board)
        .where(boards.c.state == "published", boards.c.version == board_versions.c.version)
        .order_by(board_versions.c.board)
    )
    return [
        content.Published(row.board, row.version, content.fields_from_json(row.snapshot)) for row in tx.rows(newest)
    ]


def _prompt(row: Any) -> content.PromptContent:
    return content.PromptContent(
        slug=row.slug,
        fields=content.fields_from_json(row.fields),
        every_s=row.every_s,
        seconds=row.seconds,
        from_minute=row.from_minute,
        to_minute=row.to_minute,
    )


def _board(row: Any) -> BoardRow:
    return BoardRow(
        slug=row.slug,
        template=row.template,
        state=row.state,
        draft=content.fields_from_json(row.draft),
        edit=row.edit,
        edited_at=row.edited_at,
        edited_by=row.edited_by,
        edited_on=row.edited_on,
        version=row.version,
        published_edit=row.published_edit,
    )
