"""Many writers at once, some slow, some undone, and readers that poll: nobody misses a row, whatever the order of commits."""

import random
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest

from central_api.db import Database, Tx
from central_api.feed import service as feed
from club.model.text import Text
from club.wire.changes import RewardCategoryEntity
from tests.central_api.feed.followers import Follower
from tests.support.books import Books
from tests.support.central import DRAWN

FEEDS = ("global", "group-north", "store-east", "store-west")
ENTITIES = 12
HELD_S = 0.02  # at most; a transaction is held until another one begins


class _Undone(Exception):
    pass


@dataclass
class Writers:
    """Writers that publish and gone-publish to some feeds each, hold their transaction open at both ends, or undo it."""

    db: Database
    seed: int
    begun: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    lock: threading.Lock = field(default_factory=threading.Lock)
    committed: dict[str, int] = field(default_factory=lambda: dict.fromkeys(FEEDS, 0))
    undone: int = 0

    def write(self, writer: int, times: int) -> None:
        dice = random.Random(f"{self.seed}-{writer}")
        for turn in range(times):
            names = dice.sample(FEEDS, dice.randint(1, len(FEEDS)))
            rows = [
                (name, f"e-{number}") for name in names for number in dice.sample(range(ENTITIES), dice.randint(1, 3))
            ]
            hold, undo, gone = dice.choice(("", "before", "after")), dice.random() < 0.15, dice.random() < 0.2
            with self._counting(rows):
                self._once(f"w{writer}-{turn}", rows, hold, undo=undo, gone=gone)

    def _once(self, mark: str, rows: list[tuple[str, str]], hold: str, *, undo: bool, gone: bool) -> None:
        def at_the_very_end(_: Tx) -> None:  # its counters are raised, its commit is still to come
            if hold == "after":
                self.begun.acquire(timeout=HELD_S)
            if undo:
                raise _Undone

        with self.db.write() as tx:
            self.begun.release()
            for name, entity in rows:
                value = None if gone else RewardCategoryEntity(slug=entity, name=Text(mark), order=1)
                feed.publish(tx, name, "reward_category", entity, value, now=DRAWN)
            tx.at_end("~~later than the feeds", at_the_very_end)
            if hold == "before":
                self.begun.acquire(timeout=HELD_S)

    @contextmanager
    def _counting(self, rows: list[tuple[str, str]]) -> Iterator[None]:
        try:
            yield
        except _Undone:
            with self.lock:
                self.undone += 1
            return
        with self.lock:
            for name, _ in rows:
                self.committed[name] += 1


def race(db: Database, seed: int, writers: int, turns: int) -> Writers:
    """Let writers and readers race, and compare what every reader saw with what was committed."""
    with db.write() as tx:
        feed.ensure_epoch(tx)
    before = _heads(db)
    racing, done = Writers(db, seed), threading.Event()
    from_start, late = Follower(db, FEEDS), Follower(db, FEEDS)
    half = threading.Event()

    def read(follower: Follower, begin: threading.Event | None) -> None:
        if begin is not None:
            assert begin.wait(60)
        follower.take_snapshot()
        while not done.is_set():
            follower.pull()
        follower.pull()

    def write(writer: int) -> None:
        racing.write(writer, turns // 2)
        half.set()
        racing.write(writer + writers, turns - turns // 2)

    with ThreadPoolExecutor(writers + 2) as pool:
        readers = [pool.submit(read, from_start, None), pool.submit(read, late, half)]
        for each in [pool.submit(write, number) for number in range(writers)]:
            each.result(300)
        done.set()
        for each in readers:
            each.result(60)
    heads = _heads(db)
    assert {name: heads.get(name, 0) - before.get(name, 0) for name in FEEDS} == racing.committed, (
        "dense: a row, a number"
    )
    truth = Follower(db, FEEDS)
    truth.take_snapshot()
    for follower in (from_start, late):
        assert follower.places == truth.places
        assert follower.known == truth.known, "snapshot and changes lead to what a snapshot of the end says"
        assert follower.snapshots == 1, "nobody had to begin anew"
    assert sum(from_start.seen.values()) >= sum(late.seen.values())
    return racing


def _heads(db: Database) -> dict[str, int]:
    with db.read() as tx:
        return feed.all_heads(tx)


def test_readers_that_poll_lose_nothing(books: Books) -> None:
    racing = race(books.db, seed=1, writers=8, turns=12)
    assert racing.undone > 0


@pytest.mark.long
@pytest.mark.parametrize("seed", range(4))
def test_readers_that_poll_lose_nothing_for_long(books: Books, seed: int) -> None:
    racing = race(books.db, seed=seed + 2, writers=16, turns=150)
    assert sum(racing.committed.values()) > 2000
