"""Derives what a display plays from plain values: the same values give the same manifest, byte for byte (L2, L4)."""

import hashlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from typing import Any

import msgspec

from central_api.boards.content import BoundData, DisplayContent, Fields, Published
from club.model.board import (
    ActivityLine,
    Board,
    Manifest,
    MenuLine,
    Notice,
    Picture,
    Playlist,
    Prompt,
    Slot,
    TickerItem,
)

MENU_PLACES = 6


def derive(
    display: DisplayContent, bound: BoundData, pictures: Mapping[str, Picture], drawable: Collection[str]
) -> Manifest:
    """The manifest of one display, with revision 0 and its digest.

    Args:
        display: the display, its schedule and the boards those playlists name.
        bound: the data boards follow, of the display's store.
        pictures: what the media store holds, by SHA-256; a picture it lacks is left out, the template then draws.
        drawable: templates this version's displays can draw; boards of others are left out.
    """
    wanted = {slug for playlist in display.playlists for slug in playlist.boards}
    boards = {
        published.slug: _board(published, bound, pictures)
        for published in display.boards
        if published.slug in wanted and _plays(published.fields, display.store, drawable)
    }
    prompts = tuple(
        Prompt(
            board=_board(Published(prompt.slug, 1, prompt.fields), bound, pictures),
            every_s=prompt.every_s,
            seconds=prompt.seconds,
            from_minute=prompt.from_minute,
            to_minute=prompt.to_minute,
        )
        for prompt in display.prompts
        if prompt.fields.template in drawable
    )
    notices = tuple(
        Notice(_board(Published(notice.slug, 1, notice.fields), bound, pictures), notice.starts, notice.ends)
        for notice in display.notices
        if notice.fields.template in drawable
    )
    playlists = tuple(
        Playlist(playlist.slug, tuple(slug for slug in playlist.boards if slug in boards))
        for playlist in display.playlists
    )
    shown = [*boards.values(), *(prompt.board for prompt in prompts), *(notice.board for notice in notices)]
    ticker = tuple(
        TickerItem(line.text, bound.activities.get(line.activity))
        for line in display.ticker
        if not line.activity or line.activity in bound.activities
    )
    manifest = Manifest(
        display=display.slug,
        revision=0,
        digest="",
        club=bound.club,
        store=bound.store_name,
        time_zone=bound.time_zone,
        language=display.language,
        boards=dict(sorted(boards.items())),
        playlists=playlists,
        slots=tuple(
            Slot(slot.layer, slot.playlist, slot.from_minute, slot.to_minute, slot.weekdays, slot.on)
            for slot in display.slots
        ),
        ticker=ticker,
        prompts=prompts,
        notices=notices,
        media=_media(shown, pictures),
        layout=display.layout,
        ticker_px_per_s=display.ticker_px_per_s,
    )
    return replace(manifest, digest=digest(manifest))


def digest(manifest: Manifest) -> str:
    """SHA-256 (hex) of the manifest's canonical JSON without its revision and digest."""
    return hashlib.sha256(canonical(replace(manifest, revision=0, digest=""))).hexdigest()


def canonical(value: Any) -> bytes:
    """JSON with sorted keys: equal values give equal bytes."""
    return msgspec.json.encode(value, order="sorted")


def board_of(published: Published, bound: BoundData, pictures: Mapping[str, Picture]) -> Board:
    """One board filled with its data, as the editor previews it."""
    return _board(published, bound, pictures)


def _plays(fields: Fields, store: str, drawable: Collection[str]) -> bool:
    # Live boards need rows that no manifest carries.
    return fields.template in drawable and not fields.bind.live and (not fields.stores or store in fields.stores)


def _board(published: Published, bound: BoundData, pictures: Mapping[str, Picture]) -> Board:
    fields, bind = published.fields, published.fields.bind
    activity = _held(bound.activities.get(bind.activity), pictures)
    shares = [bound.shares[slug] for slug in bind.shares if bound.shares.get(slug) in pictures]
    main = [fields.picture] if fields.picture in pictures else []
    return Board(
        slug=published.slug,
        version=published.version,
        template=fields.template,
        fields=dict(sorted(fields.texts.items())),
        dwell_s=fields.dwell_s,
        # A sharing column shows its stories' pictures; the board's own stands in while there is none.
        pictures=tuple(shares or main),
        starts=fields.starts,
        ends=fields.ends,
        weekdays=fields.weekdays,
        activity=activity,
        upcoming=_upcoming(bind.activity, bind.upcoming, bound, pictures),
        menu=_menu(bind.menu, bind.substitutes, bound.menu, pictures),
        tiers=bound.tiers if bind.ladder else (),
        promises=tuple(bound.promises[slug] for slug in bind.promises if slug in bound.promises),
        until=bind.until,
        on=bound.expires_on if bind.expiry or bind.ladder else None,
        url=bind.url,
    )


def _upcoming(beside: str, count: int, bound: BoundData, pictures: Mapping[str, Picture]) -> tuple[ActivityLine, ...]:
    others = [slug for slug in bound.open_activities if slug != beside and slug in bound.activities][:count]
    return tuple(line for slug in others if (line := _held(bound.activities[slug], pictures)) is not None)


def _held(line: ActivityLine | None, pictures: Mapping[str, Picture]) -> ActivityLine | None:
    if line is None or not line.picture or line.picture in pictures:
        return line
    return replace(line, picture="")


def _menu(
    slugs: tuple[str, ...],
    substitutes: tuple[str, ...],
    menu: Mapping[str, MenuLine],
    pictures: Mapping[str, Picture],
) -> tuple[MenuLine, ...]:
    """The refreshments of a board; with substitutes named, what is sold out gives its place to the next of them."""
    lines = [menu[slug] for slug in slugs if slug in menu]
    if substitutes:
        spare = iter([menu[slug] for slug in substitutes if slug in menu and not menu[slug].sold_out])
        lines = [line if not line.sold_out else next(spare, line) for line in lines]
    return tuple(
        line if not line.picture or line.picture in pictures else replace(line, picture="")
        for line in lines[:MENU_PLACES]
    )


def _media(boards: Iterable[Board], pictures: Mapping[str, Picture]) -> tuple[Picture, ...]:
    found: set[str] = set()
    for board in boards:
        found.update(board.pictures)
        found.update(line.picture for line in board.upcoming)
        found.update(line.picture for line in board.menu)
        if board.activity is not None:
            found.add(board.activity.picture)
    return tuple(pictures[sha256] for sha256 in sorted(found) if sha256)
