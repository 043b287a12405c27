"""Reads the demo boards of `config/demo` into board values, for the preview runner and for tests of the renderer.

Dates there are relative (see config/demo/README.md, "Dates"); the server's own loader is the one that counts for the product.
"""

import hashlib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from club.model.board import (
    ActivityLine,
    Board,
    Manifest,
    MenuLine,
    Notice,
    Playlist,
    PromiseLine,
    Prompt,
    Slot,
    TickerItem,
    TierLine,
)
from club.model.relative_dates import RelativeDates
from club.model.text import Text
from club.resources import files

ZONE = ZoneInfo("Asia/Shanghai")
DRAWN = datetime(2026, 5, 16, 14, 32, tzinfo=ZONE)
"""The drawn day: every picture of the design was drawn at this instant."""

_SITE = "https://club.example"


@dataclass(frozen=True, slots=True)
class DemoContent:
    """The demo's boards, prompt, notice and ticker, and the files of their pictures."""

    boards: Mapping[str, Board]
    prompt: Board
    notice: Notice
    ticker: tuple[TickerItem, ...]
    files: Mapping[str, Path]

    def media(self, sha256: str) -> Path | None:
        """The file of a picture."""
        return self.files.get(sha256)

    def manifest(
        self, display: str = "tv-1", playlist: tuple[str, ...] = ("b-lakeside", "b-tiers", "b-flagship", "b-menu")
    ) -> Manifest:
        """A manifest that plays these boards all day, with the refill prompt."""
        return Manifest(
            display=display,
            revision=1,
            digest="demo",
            club=Text("行舟会", "Xingzhou Club"),
            store=Text("城东店", "East store"),
            time_zone=str(ZONE),
            language="zh-CN",
            boards={slug: self.boards[slug] for slug in playlist},
            playlists=(Playlist("playlist-a", playlist),),
            slots=(Slot("default", "playlist-a"),),
            ticker=self.ticker,
            prompts=(Prompt(self.prompt, every_s=18 * 60, seconds=20),),
        )


def load(now: datetime = DRAWN) -> DemoContent:
    """The demo content as of `now` (aware).

    Raises:
        ResourceMissing: when the folder of demo content is not there.
    """
    today = now.astimezone(ZONE).date()
    dates = RelativeDates(today, str(ZONE))
    folder = files.demo_dir()
    tables = {
        name: tomllib.loads((folder / f"{name}.toml").read_text("utf-8"))
        for name in ("boards", "activities", "menu", "programme")
    }
    found: dict[str, Path] = {}
    activities = {row["slug"]: _activity(row, dates, found) for row in tables["activities"]["activity"]}
    menu = {row["slug"]: _menu_line(row, found) for row in tables["menu"]["item"]}
    tiers = tuple(_tier(row) for row in tables["programme"]["ladder"][0]["tier"])
    promises = {row["slug"]: PromiseLine(row["slug"], _text(row), Text("")) for row in tables["programme"]["promise"]}
    boards: dict[str, Board] = {}
    for row in tables["boards"]["board"]:
        bind = row["bind"]
        bound = activities.get(bind.get("activity", ""))
        later = sorted((a for a in activities.values() if a.starts > now and a != bound), key=lambda a: a.starts)
        boards[row["slug"]] = Board(
            slug=row["slug"],
            version=1,
            template=row["template"],
            fields=_fields(row["fields"]),
            dwell_s=row["dwell_seconds"],
            pictures=_pictures(row, bind, found),
            activity=bound,
            upcoming=tuple(later[: bind.get("upcoming", 0)]),
            menu=tuple(menu[slug] for slug in bind.get("menu", ())),
            tiers=tiers if "ladder" in bind else (),
            promises=tuple(promises[slug] for slug in bind.get("promises", ())),
            until=dates.instant(bind["until"]) if "until" in bind else None,
            on=date(today.year, 6, 30) if "expiry" in bind or "ladder" in bind else None,
            url=f"{_SITE}/s/{row['slug']}" if row["template"] == "share" else "",
        )
    prompt = tables["boards"]["prompt"][0]
    notice = tables["boards"]["notice"][0]
    return DemoContent(
        boards=boards,
        prompt=Board(
            "p-refill",
            1,
            "refill",
            _fields({key: value for key, value in prompt.items() if key.endswith(("_zh", "_en"))}),
            20,
            menu=tuple(menu[slug] for slug in prompt["items"]),
            url=f"{_SITE}/t/east",
        ),
        notice=Notice(
            Board(
                "n-parking-b", 1, "notice", _fields({k: v for k, v in notice.items() if k.endswith(("_zh", "_en"))}), 60
            ),
            dates.instant(notice["starts"]),
            dates.instant(notice["ends"]),
        ),
        ticker=tuple(
            TickerItem(_text(item), activities.get(item.get("bind", "")))
            for item in tables["boards"]["ticker"][0]["items"]
        ),
        files=found,
    )


def _text(row: Mapping[str, Any], stem: str = "") -> Text:
    return Text(row[f"{stem}zh"], row.get(f"{stem}en", ""))


def _fields(row: Mapping[str, str]) -> dict[str, Text]:
    return {key[:-3]: _text(row, f"{key[:-3]}_") for key in row if key.endswith("_zh")}


def _hold(slug: str, found: dict[str, Path]) -> str:
    if not slug:
        return ""
    path = files.picture(slug)
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    found[sha256] = path
    return sha256


def _pictures(row: Mapping[str, Any], bind: Mapping[str, Any], found: dict[str, Path]) -> tuple[str, ...]:
    if row["template"] == "share":
        return tuple(_hold(slug, found) for slug in ("tea-terraces-dawn", "starry-camp", "seaside-sunset"))
    return tuple(sha for sha in (_hold(row["picture"], found),) if sha)


def _activity(row: Mapping[str, Any], dates: RelativeDates, found: dict[str, Path]) -> ActivityLine:
    return ActivityLine(
        slug=row["slug"],
        kind=_text(row, "type_"),
        title=_text(row),
        place=_text(row, "place_"),
        starts=dates.instant(row["starts"]),
        ends=dates.instant(row["ends"]),
        left=max(0, row["capacity"] - row.get("taken", 0)),
        unit=_text(row, "unit_"),
        fee_points=row["fee_points"],
        picture=_hold(row["picture"], found),
        url=f"{_SITE}/a/{row['slug']}",
    )


def _menu_line(row: Mapping[str, Any], found: dict[str, Path]) -> MenuLine:
    return MenuLine(row["slug"], _text(row), _text(row, "line_"), _hold(row["picture"], found), row.get("left", 1) == 0)


def _tier(row: Mapping[str, Any]) -> TierLine:
    return TierLine(row["slug"], row["rank"], _text(row), _text(row, "summary_"), row["tier_points"])
