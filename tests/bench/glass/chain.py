"""A chain of stores with so many TVs that all turn the same two boards, the demo club's people and points beside them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from sqlalchemy import insert, select, update

from central_api import app
from central_api.activities import bound
from central_api.boards import service as boards
from central_api.boards.content import Bind, Fields
from central_api.boards.tables import displays, playlists, slots, tickers
from central_api.db import Tx
from central_api.devices import service as devices
from central_api.devices.tables import places, stores
from central_api.staff.tables import staff
from club.model.text import Text
from tests.support import central

EDITED = "b-bench"
"""The board that is edited and published again and again."""
EDITED_S, OTHER_S = 120, 5
"""How long it and the other one stand: 120 s is the most that the console gives a board."""
_PUBLISHER = "1001"
PER_STORE = 5
_OTHER = "b-bench-other"
_PLAYLIST = "playlist-bench"
_TICKER = (
    "钻石会员本月免费精洗 2 次，到店出示会员卡即可",
    "茶几上的呼叫铃可随时续杯，热饮与茶点由吧台送到座位",
    "新款旗舰轿车发布会正在报名，余位有限",
)
_GOOD_FOR_MIN = 60


@dataclass(frozen=True, slots=True)
class Chain:
    """What was made: the folder of the service, who signs in, and by place the code that lets its TV in."""

    folder: Path
    number: str
    password: str
    codes: dict[str, str]


def make(folder: Path, count: int) -> Chain:
    """Load the demo club and hang `count` TVs beside its own, five in a store."""
    now = datetime.now(UTC)
    folder.mkdir(mode=0o700)
    club = central.load_demo_club(folder, at=now)
    person = next(one for one in club.staff if one["number"] == _PUBLISHER)
    slugs = [f"bench-{number:02d}" for number in range(1, count + 1)]
    codes = {slug: f"{100_000 + 7919 * number % 900_000:06d}" for number, slug in enumerate(slugs, start=1)}
    context = app.open_context(central.settings_for(folder))
    try:
        with context.db.write() as tx:
            _hang(tx, slugs)
            _schedule(tx, slugs, now)
            for slug, digits in codes.items():
                devices.make_code(
                    tx,
                    context.keyring,
                    place=slug,
                    now=now,
                    minutes=_GOOD_FOR_MIN,
                    digits=digits,
                    code_id=central.new_id(),
                )
    finally:
        context.passwords.close()
        context.db.close()
    return Chain(folder, person["number"], person["password"], codes)


def turn(clock: Callable[[], float]) -> tuple[int, float]:
    """Which turn of the two boards it is, and how long the edited one still stands in it, s (less than 0: the other does).

    Displays begin a rotation by the clock on the wall (`club.model.scene`), and an edit never moves it.

    Args:
        clock: seconds since 1970.
    """
    number, passed = divmod(clock(), EDITED_S + OTHER_S)
    return int(number), EDITED_S - passed


def _hang(tx: Tx, slugs: list[str]) -> None:
    names = {slug: f"bench-store-{number // PER_STORE}" for number, slug in enumerate(slugs)}
    # Whoever publishes works for all of them: a board that other stores' screens play is not theirs alone to change.
    theirs = tx.scalar(select(staff.c.stores).where(staff.c.number == _PUBLISHER))
    everywhere = [*theirs, *dict.fromkeys(names.values())]
    tx.execute(update(staff).where(staff.c.number == _PUBLISHER).values(stores=everywhere))
    for position, store in enumerate(dict.fromkeys(names.values()), start=100):
        name = {"zh": f"第 {position - 99} 店", "en": f"Store {position - 99}"}
        tx.execute(insert(stores).values(slug=store, name=name, time_zone="Asia/Shanghai", phone="", position=position))
    for position, (slug, store) in enumerate(names.items(), start=100):
        name = {"zh": f"电视 {slug}", "en": f"TV {slug}"}
        tx.execute(insert(places).values(slug=slug, kind="lounge", store=store, name=name))
        tx.execute(
            insert(displays).values(
                slug=slug, store=store, name=name, place=name, language="zh-CN", layout="single", position=position
            )
        )


def _schedule(tx: Tx, slugs: list[str], now: datetime) -> None:
    everywhere = {"stores": (), "starts": None, "ends": None, "weekdays": (), "bind": Bind()}
    for position, (slug, pattern, dwell_s) in enumerate(
        ((EDITED, "b-flagship", EDITED_S), (_OTHER, "b-welcome", OTHER_S)), start=100
    ):
        fields: Fields = msgspec.structs.replace(boards.board(tx, pattern).draft, dwell_s=dwell_s, **everywhere)
        texts = {
            **fields.texts,
            "title": Text(title(0), f"Edit {0:03d}"),
            "line": Text("每一次发布，马上看到", "Seen at once"),
        }
        if slug == EDITED:
            fields = msgspec.structs.replace(fields, texts=texts)
        boards.create(tx, slug, fields, position=position, by="bench", now=now)
        boards.freeze(tx, boards.board(tx, slug), by="bench", now=now)
    name = {"zh": "测量", "en": "Bench"}
    tx.execute(insert(playlists).values(slug=_PLAYLIST, name=name, boards=[EDITED, _OTHER]))
    every_day = {"layer": "default", "playlist": _PLAYLIST, "from_minute": 0, "to_minute": 1440, "weekdays": []}
    for slug in slugs:
        tx.execute(insert(slots).values(display=slug, on_date=None, **every_day))
    items = [{"text": {"zh": text, "en": ""}, "activity": ""} for text in _TICKER]
    tx.execute(insert(tickers).values(slug="ticker-bench", displays=slugs, px_per_s=90, items=items))
    boards.refresh(tx, now=now, read_bound=bound.read)


def title(number: int) -> str:
    """The Chinese title of an edit; all are as wide, so that each stands where the one before stood."""
    return f"第 {number:03d} 次发布"
