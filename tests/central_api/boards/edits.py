"""Random edits of the tables behind manifests, and of some that no display shows; each is one statement or two."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, TypeAlias

from hypothesis import strategies as st
from sqlalchemy import Table, delete, insert, select, update

from central_api.activities.tables import activities, activity_shares
from central_api.boards.tables import (
    board_versions,
    boards,
    displays,
    notices,
    playlists,
    promises,
    prompts,
    slots,
    tickers,
)
from central_api.db import Tx
from central_api.devices.tables import places, stores
from central_api.programme.tables import programme_versions
from central_api.refreshments.tables import menu_items
from club.model.board import WEEKDAYS
from tests.support.screens_club import DRAWN

Edit: TypeAlias = Callable[[Tx], None]

_WORDS = ("湖山两日自驾游", "周末洗车半价", "请到前台领取")
_DISPLAYS = ("tv-1", "tv-2", "tv-3", "tv-4")
instants = st.integers(-600, 600).map(lambda days: DRAWN + timedelta(days=days, minutes=days % 7))
maybe_instants = st.none() | instants
weekdays = st.lists(st.sampled_from(WEEKDAYS), unique=True, max_size=7)
minutes = st.tuples(st.integers(0, 1438), st.integers(1, 1440)).map(
    lambda pair: (min(pair[0], pair[1] - 1), max(pair[0] + 1, pair[1]))
)
words = st.sampled_from(_WORDS)


def _one(tx: Tx, table: Table, pick: int) -> Any:
    rows = tx.rows(select(table).order_by(*table.primary_key.columns))
    return rows[pick % len(rows)] if rows else None


def _set(tx: Tx, table: Table, row: Any, **values: object) -> None:
    keys = [column == getattr(row, column.name) for column in table.primary_key.columns]
    tx.execute(update(table).where(*keys).values(**values))


def _column(table: Table, name: str, values: st.SearchStrategy[Any]) -> st.SearchStrategy[Edit]:
    """Another value in one column of one row."""

    def made(pick: int, value: Any) -> Edit:
        def edit(tx: Tx) -> None:
            row = _one(tx, table, pick)
            if row is not None:
                _set(tx, table, row, **{name: value})

        return edit

    return st.builds(made, st.integers(0, 40), values)


def _inside(table: Table, column: str, name: str, values: st.SearchStrategy[Any]) -> st.SearchStrategy[Edit]:
    """Another value inside a column of JSON of one row; `a.b` goes a step deeper."""

    def made(pick: int, value: Any) -> Edit:
        def edit(tx: Tx) -> None:
            row = _one(tx, table, pick)
            if row is None:
                return
            whole = dict(getattr(row, column))
            inner, *deeper = name.split(".")
            whole[inner] = {**whole.get(inner, {}), deeper[0]: value} if deeper else value
            _set(tx, table, row, **{column: whole})

        return edit

    return st.builds(made, st.integers(0, 40), values)


def _version(name: str, values: st.SearchStrategy[Any]) -> st.SearchStrategy[Edit]:
    """A new version of a board, with another value in what it freezes; `a.b` goes a step deeper."""

    def made(pick: int, value: Any) -> Edit:
        def edit(tx: Tx) -> None:
            board = _one(tx, boards, pick)
            query = select(board_versions.c.snapshot).where(
                board_versions.c.board == board.slug, board_versions.c.version == board.version
            )
            whole = dict(tx.scalar(query) or board.draft)
            inner, *deeper = name.split(".")
            whole[inner] = {**whole.get(inner, {}), deeper[0]: value} if deeper else value
            frozen = {"digest": "0" * 64, "published_by": "staff:1001", "published_at": DRAWN}
            tx.execute(
                insert(board_versions).values(board=board.slug, version=board.version + 1, snapshot=whole, **frozen)
            )
            _set(tx, boards, board, version=board.version + 1, state="published")

        return edit

    return st.builds(made, st.integers(0, 40), values)


def _text(word: str) -> dict[str, str]:
    return {"zh": word, "en": word}


def _slot(pick: int, span: tuple[int, int], days: list[str], on: int | None, layer: str, act: str) -> Edit:
    def edit(tx: Tx) -> None:
        row, names = _one(tx, slots, pick), tx.rows(select(playlists.c.slug).order_by(playlists.c.slug))
        values = {
            "from_minute": span[0],
            "to_minute": span[1],
            "weekdays": days,
            "on_date": None if on is None else (DRAWN + timedelta(days=on)).date(),
            "layer": layer,
            "playlist": names[pick % len(names)].slug,
        }
        if act == "add" or row is None:
            tx.execute(insert(slots).values(display=_DISPLAYS[pick % len(_DISPLAYS)], **values))
        elif act == "remove":
            tx.execute(delete(slots).where(slots.c.id == row.id))
        else:
            _set(tx, slots, row, **values)

    return edit


def _playlist(pick: int, order: list[int]) -> Edit:
    def edit(tx: Tx) -> None:
        row = _one(tx, playlists, pick)
        every = [one.slug for one in tx.rows(select(boards.c.slug).order_by(boards.c.slug))]
        chosen = list(dict.fromkeys(every[number % len(every)] for number in order))
        _set(tx, playlists, row, boards=chosen)

    return edit


def _notice(pick: int, starts: datetime, days: int, state: str, shown_on: list[str]) -> Edit:
    def edit(tx: Tx) -> None:
        source = _one(tx, board_versions, pick)
        fields = {**source.snapshot, "template": "notice", "bind": {}}
        tx.execute(
            insert(notices).values(
                slug=f"n-{pick}-{days}-{starts:%Y%m%d}-{state}",
                state=state,
                displays=shown_on,
                fields=fields,
                starts=starts,
                ends=starts + timedelta(days=days, minutes=30),
            )
        )

    return edit


def _club_name(pick: int, word: str) -> Edit:
    def edit(tx: Tx) -> None:
        row = _one(tx, programme_versions, pick)
        _set(tx, programme_versions, row, content={**row.content, "club": _text(word)})

    return edit


some_displays = st.lists(st.sampled_from(_DISPLAYS), unique=True, max_size=4)
edits: st.SearchStrategy[Edit] = st.one_of(
    st.builds(
        _slot,
        st.integers(0, 40),
        minutes,
        weekdays,
        st.none() | st.integers(-500, 500),
        st.sampled_from(("event", "daypart", "default")),
        st.sampled_from(("change", "add", "remove")),
    ),
    st.builds(_playlist, st.integers(0, 20), st.lists(st.integers(0, 20), max_size=6)),
    st.builds(
        _notice,
        st.integers(0, 40),
        instants,
        st.integers(0, 30),
        st.sampled_from(("sent", "ready")),
        some_displays,
    ),
    st.builds(_club_name, st.integers(0, 3), words),
    _column(boards, "state", st.sampled_from(("published", "recalled"))),
    _version("starts", maybe_instants.map(lambda at: at and at.isoformat())),
    _version("ends", maybe_instants.map(lambda at: at and at.isoformat())),
    _version("weekdays", weekdays),
    _version("dwell_s", st.integers(5, 60)),
    _version("texts.title", words.map(_text)),
    _column(tickers, "displays", some_displays),
    _column(tickers, "px_per_s", st.integers(60, 120)),
    _column(prompts, "displays", some_displays),
    _column(prompts, "every_s", st.integers(600, 7200)),
    _column(prompts, "from_minute", st.integers(0, 1440)),
    _column(prompts, "to_minute", st.integers(0, 1440)),
    _inside(prompts, "fields", "texts.title", words.map(_text)),
    _column(displays, "language", st.sampled_from(("zh-CN", "en"))),
    _column(displays, "layout", st.sampled_from(("single", "main-side"))),
    _column(activities, "title", words.map(_text)),
    _column(activities, "taken", st.integers(0, 2)),
    _column(activities, "starts", instants),
    _column(activities, "state", st.sampled_from(("open", "planned", "past"))),
    _column(activity_shares, "approved", st.booleans()),
    _column(menu_items, "stock_left", st.none() | st.integers(0, 2)),
    _column(menu_items, "name", words.map(_text)),
    _column(promises, "minutes", st.integers(1, 60)),
    _column(stores, "name", words.map(_text)),
    # What no display shows.
    _column(stores, "phone", st.sampled_from(("8800 0127", "8800 0128"))),
    _column(stores, "position", st.integers(0, 9)),
    _column(places, "name", words.map(_text)),
    _column(playlists, "name", words.map(_text)),
    _column(displays, "place", words.map(_text)),
    _inside(boards, "draft", "texts.title", words.map(_text)),
    _column(boards, "edited_by", st.sampled_from(("staff:1001", "staff:1002"))),
    _column(activities, "line", words.map(_text)),
)
