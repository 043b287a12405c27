"""Loads everything the demo's screens show, in the order it depends on: menu, activities, boards, then publishes."""

import tomllib
from datetime import date
from pathlib import Path
from typing import Any

from central_api.activities import bound
from central_api.activities import demo as activities
from central_api.boards import demo as boards
from central_api.db import Tx
from central_api.media.store import MediaStore
from central_api.refreshments import demo as refreshments
from central_api.relative_dates import RelativeDates
from club.model.clock import Clock


def load(tx: Tx, media: MediaStore, folder: Path, today: date, clock: Clock) -> None:
    """Load the screens' content; loading again changes nothing. Stores and programme must be there already.

    Args:
        tx: the unit of work.
        media: where pictures go.
        folder: the demo content's folder.
        today: the store's local day that its dates are relative to.
        clock: the time.
    """
    now = clock.now()
    programme = _toml(folder, "programme")
    dates = RelativeDates(today, programme["time_zone"])
    content = boards.DemoFiles(_toml(folder, "boards"), _toml(folder, "stores"), programme)
    refreshments.load(tx, media, _toml(folder, "menu"), now=now)
    activities.load(tx, media, _toml(folder, "activities"), dates, now=now)
    boards.load(tx, media, content, dates, now=now)
    boards.publish_all(tx, content, now=now, read_bound=bound.read)


def _toml(folder: Path, name: str) -> Any:
    return tomllib.loads((folder / f"{name}.toml").read_text(encoding="utf-8"))
