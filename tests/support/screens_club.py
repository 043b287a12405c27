"""A central API with the demo's stores, programme, boards and staff, on the drawn day, in a folder of its own."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from central_api import texts
from central_api.activities import bound
from central_api.activities import demo as activities
from central_api.app import open_context
from central_api.boards import demo as boards
from central_api.context import Context
from central_api.demo_data import rules
from central_api.demo_data.files import DemoFolder
from central_api.media.store import MediaStore
from central_api.refreshments import demo as refreshments
from central_api.security.passwords import Passwords
from central_api.staff import demo as staff
from club.model.clock import HandClock
from club.model.relative_dates import RelativeDates
from club.resources import files
from club.settings.central import CentralSettings, Database, Keys, Media
from club.settings.schema import Secret

ZONE = "Asia/Shanghai"
DRAWN = datetime(2026, 5, 16, 6, 32, tzinfo=UTC)  # Saturday 14:32 in the store


@dataclass(frozen=True)
class Club:
    """The running parts, the clock in the test's hand, and everybody's password."""

    context: Context
    clock: HandClock
    passwords: dict[str, str]

    @property
    def media(self) -> MediaStore:
        return MediaStore(self.context.settings.media.dir)


def settings_in(folder: Path) -> CentralSettings:
    return CentralSettings(
        database=Database(url=Secret(f"sqlite:///{folder / 'club.db'}")),
        media=Media(dir=folder / "media"),
        keys=Keys(file=folder / "keys.toml"),
    )


@dataclass(frozen=True)
class Made:
    """The club loaded once, for tests to work on copies of."""

    folder: Path
    passwords: dict[str, str]


def make(folder: Path) -> Made:
    """Load the club; the service is closed again."""
    with _opened(folder) as (context, clock):
        return Made(folder, load(context, clock))


@contextmanager
def screens_club(made: Made, folder: Path) -> Iterator[Club]:
    """A copy of the club, running; pictures never change, so they are shared by links."""
    for name in ("club.db", "keys.toml"):
        shutil.copy2(made.folder / name, folder / name)
    shutil.copytree(made.folder / "media", folder / "media", copy_function=os.link)
    with _opened(folder) as (context, clock):
        yield Club(context, clock, made.passwords)


@contextmanager
def _opened(folder: Path) -> Iterator[tuple[Context, HandClock]]:
    clock = HandClock(DRAWN)
    opened = open_context(settings_in(folder), clock)
    opened.passwords.close()
    # The same hashes as in use, made cheap: what is tested is who gets in, not how long guessing takes.
    context = replace(opened, passwords=Passwords(time_cost=1, memory_kib=8))
    try:
        yield context, clock
    finally:
        context.passwords.close()
        context.db.close()


def load(context: Context, clock: HandClock) -> dict[str, str]:
    now, folder = clock.now(), DemoFolder(files.demo_dir())
    dates = RelativeDates(texts.local_day(now, ZONE), ZONE)
    store = MediaStore(context.settings.media.dir)
    content = boards.DemoFiles(folder.toml("boards"), folder.stores, folder.programme)
    with context.db.write() as tx:
        rules.load_stores(tx, folder)
        rules.load_programme(tx, folder, dates, now)
        activities.load(tx, store, folder.toml("activities"), dates, now=now)
        refreshments.load(tx, store, folder.toml("menu"), now=now)
        boards.load(tx, store, content, dates, now=now)
        boards.publish_all(tx, content, now=now, read_bound=bound.read)
        people = staff.load(tx, context.passwords, folder.toml("staff"))
    return {number: password for number, _, password in people}
