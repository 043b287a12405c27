"""What a larger club costs: balance, history page, redemption and nightly expiry with 10^4, 10^5 and (`--long`, PostgreSQL) 10^6 members.

Every member has twenty entries of fourteen months (`points/life.py`): booked by the product for a few models and copied for all others,
row by row in the order of time, so a member's rows lie far apart. In each round every operation is timed on every size in
turn, the order turned round with each round; of each the median counts, over the rounds again the median. `growth_OPERATION` is the
time at the largest size over the time at the smallest, of the two databases the worse; for the nightly expiry the time of one
ended lot, of which a larger club has as many more as it has members.

In process and alone: without HTTP, whose constant cost would hide what grows. Weaknesses: no other load, the entries are not
sealed (sealing is not on any of these paths), and all lives are alike.
"""

import argparse
import os
import random
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from central_api.db import Database
from tests.bench.points import club, operations
from tests.bench.points.club import Size
from tests.bench.points.life import twenty_entries
from tests.bench.points.operations import Books
from tests.bench.report import Aim, last_line
from tests.support import postgres

AIM = Aim(1.6)
AIMED = ("balance", "history", "redeem", "expiry")
"""`redeem_after_tap` has no aim of its own: it tells `redeem`, of a member nobody has asked for, from what a kiosk meets."""
OPERATIONS = (*operations.EACH, "expiry")
_STORES, _REWARDS = 100, 200
_ONE_IN = 100  # members with a lot that ends in a night
_SETTINGS = {"shared_buffers": "1GB", "max_wal_size": "4GB"}  # as anybody sets it for a club of this size


def main(arguments: Sequence[str]) -> int:
    """Run it and print the figures."""
    parser = argparse.ArgumentParser(prog="./dev bench growth")
    parser.add_argument("--rounds", type=int, default=5, help="the figures are medians over them; each is a night, too")
    parser.add_argument("--long", action="store_true", help="also a million members, on PostgreSQL")
    parser.add_argument("--quick", action="store_true", help="a thousand members and ten thousand: whether it works")
    given = parser.parse_args(arguments)
    sizes = [1_000, 10_000] if given.quick else [10_000, 100_000]
    found: dict[str, float] = {}
    with tempfile.TemporaryDirectory(prefix="bench-growth-") as name:
        for engine in ("postgresql", "sqlite"):
            mine = [*sizes, 1_000_000] if given.long and engine == "postgresql" else sizes
            found |= measured(engine, mine, given.rounds, Path(name))
    growth = {
        f"growth_{what}": max(found[f"{engine}_growth_{what}"] for engine in ("postgresql", "sqlite"))
        for what in OPERATIONS
    }
    figures = {**growth, **found, "load_at_end": os.getloadavg()[0]}
    print(last_line("growth", figures, {f"growth_{what}": AIM for what in AIMED}), flush=True)
    return 0


def measured(engine: str, sizes: Sequence[int], rounds: int, folder: Path) -> dict[str, float]:
    """The figures of one engine: microseconds by operation and size, and the growth from the smallest to the largest."""
    luck = random.Random(6)
    took: dict[tuple[str, int], list[float]] = {}
    with books_of(engine, sizes, rounds, folder) as all_books:
        for number in range(-1, rounds):  # the first warms up and does not count
            order = all_books if number % 2 else all_books[::-1]
            for what, (operate, times) in operations.EACH.items():
                for books in order:
                    each = [operate(books, luck) for _ in range(times)]
                    if number >= 0:
                        took.setdefault((what, books.club.size.members), []).append(statistics.median(each))
            for books in order:
                operations.forget_notes(books)
                if number >= 0:
                    seconds, count = operations.expire_night(books, number)
                    took.setdefault(("expiry", books.club.size.members), []).append(seconds / count)
            if number >= 0:
                _say(f"{engine}: round {number + 1} of {rounds} (load {os.getloadavg()[0]:.1f})")
    found = {f"{engine}_{what}_us_{size}": statistics.median(each) * 1e6 for (what, size), each in took.items()}
    for what in OPERATIONS:
        small, large = took[what, min(sizes)], took[what, max(sizes)]
        ratios = [one / other for one, other in zip(large, small, strict=True)]
        found[f"{engine}_growth_{what}"] = statistics.median(ratios)
    return found


@contextmanager
def books_of(engine: str, sizes: Sequence[int], nights: int, folder: Path) -> Iterator[list[Books]]:
    """Filled books of each size, all there at once."""
    with ExitStack() as stack:
        cluster = (
            stack.enter_context(postgres.cluster(durable=True, settings=_SETTINGS)) if engine == "postgresql" else None
        )
        made = []
        for size in sizes:
            place = folder / f"{engine}-{size}"
            place.mkdir()
            url = cluster.create(f"club{size}") if cluster else f"sqlite:///{place / 'club.db'}"
            db = Database(url)
            stack.callback(db.close)
            made.append(filled(engine, db, place, size, nights))
        settle(made)
        yield made


def settle(all_books: Sequence[Books]) -> None:
    """Have written what the filling left to write: after a million members that goes on for minutes, in which every commit waits for it."""
    began = time.monotonic()
    for books in all_books:
        if not books.db.is_sqlite:
            with books.db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as link:
                link.exec_driver_sql("CHECKPOINT")
    os.sync()
    _say(f"settled in {time.monotonic() - began:.0f} s")


def filled(engine: str, db: Database, folder: Path, members: int, nights: int) -> Books:
    """Books of one size: in each of the nights one member in a hundred has a lot that ends."""
    began, now = time.monotonic(), datetime.now(UTC)
    lives = [twenty_entries(), *(twenty_entries(night) for night in range(nights))]
    made = club.fill(db, folder, Size(members, _STORES, _REWARDS), now, lives, lambda number: _like(number, nights))
    _say(f"{engine}: {members:,} members filled in {time.monotonic() - began:.0f} s")
    return Books(engine, db, made, club.today_of(now), len(lives))


def _like(number: int, nights: int) -> int:
    """Whom a member is like: one in a hundred for each night the model of that night, the others the first."""
    night = number % _ONE_IN
    return night + 1 if night < nights else 0


def _say(what: str) -> None:
    print(f"  {what}", flush=True)
