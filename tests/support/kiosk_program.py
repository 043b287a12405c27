"""A real kiosk in a real store: central API with the demo club, a private PC/SC service, a virtual screen; no lounge display."""

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from club.ui.control import ask
from demo.house import House, Options
from demo.story import pin_key

DRAWN_DAY = "2026-05-16T14:32:00+08:00"
PATIENCE_S = 30.0
# Middles of what is touched, px of the drawing.
REWARDS_TILE, VOUCHERS_TILE = (300, 1300), (780, 1300)
FIRST_REWARD, REDEEM, CONFIRM = (300, 900), (760, 1550), (712, 1721)
EXIT = (960, 1844)


@dataclass(frozen=True, slots=True)
class Books:
    """What the central API has written about a member."""

    points: int
    redemptions: int
    vouchers: tuple[str, ...]


@dataclass
class Hand:
    """Somebody who stands at the kiosk."""

    store: House

    def ask(self, **request: Any) -> dict[str, Any]:
        return ask(self.store.kiosk_control, request)

    def state(self) -> dict[str, Any]:
        return self.ask(do="state")

    def until(self, fits: Callable[[dict[str, Any]], object], what: str) -> dict[str, Any]:
        assert self.within(PATIENCE_S, fits), f"expected {what}, found {self.state()}"
        return self.state()

    def within(self, seconds: float, fits: Callable[[dict[str, Any]], object]) -> bool:
        """Whether it becomes so in time; each look is answered by the kiosk's next frame."""
        deadline = time.monotonic() + seconds
        while not fits(self.state()):
            if time.monotonic() > deadline:
                return False
        return True

    def screen(self, *names: str) -> str:
        """Wait until one of these screens is up and rests."""
        state = self.until(lambda now: now["screen"] in names and now["settled"], f"the screen {' or '.join(names)}")
        return str(state["screen"])

    def touch(self, place: tuple[float, float]) -> None:
        self.ask(do="touch", x=place[0], y=place[1])

    def tap(self, member: str) -> None:
        """Hold a card to the reader for a moment."""
        self.store.reader.tap(member)

    def at_home(self, member: str) -> None:
        """Tap until it is taken: a card that comes back at once is the same tap to the reader (N7)."""
        self.screen("attract")
        deadline = time.monotonic() + PATIENCE_S
        while not self.state()["session_open"]:
            assert time.monotonic() < deadline, "expected the card to be taken"
            self.tap(member)
            self.within(1.0, lambda now: now["session_open"])
        self.until(lambda now: now["screen"] == "home" and now["confirmed"] and now["settled"], "the member's page")

    def at_pin(self) -> None:
        """From home to the PIN for the first reward of the catalogue."""
        self.touch(REWARDS_TILE)
        self.screen("rewards")
        self.touch(FIRST_REWARD)
        self.screen("reward_detail")
        self.open_sheet()
        self.touch(CONFIRM)

    def open_sheet(self) -> None:
        before = self.state()["frames"]
        self.touch(REDEEM)
        self.until(lambda now: now["frames"] > before and now["settled"], "the confirm sheet")

    def enter_pin(self, pin: str) -> None:
        for digit in pin:
            before = self.state()["frames"]
            self.touch(pin_key(digit))
            self.until(lambda now, before=before: now["frames"] > before, "the key to be taken")  # type: ignore[misc]

    def books(self, member: str) -> Books:
        """What the database says, read from a connection of its own."""
        file = self.store.options.state / "central" / "club.db"
        with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as db:
            (points,) = db.execute(
                "SELECT balance FROM accounts WHERE member = ? AND track = 'points'", (member,)
            ).fetchone()
            (count,) = db.execute(
                "SELECT count(*) FROM redemptions WHERE member = ? AND command IS NOT NULL", (member,)
            ).fetchone()
            codes = db.execute(
                "SELECT v.code FROM vouchers v JOIN redemptions r ON v.redemption = r.id WHERE v.member = ? AND r.command IS NOT NULL",
                (member,),
            ).fetchall()
        return Books(points, count, tuple(code for (code,) in codes))


@contextmanager
def open_store(folder: Path) -> Iterator[Hand]:
    """A store that is open, on the drawn day, and somebody before its kiosk."""
    programs = frozenset({"central-api", "kiosk"})
    options = Options(folder, folder / "logs", DRAWN_DAY, virtual=True, pinned_runs=False, programs=programs)
    with House(options, lambda _said: None) as store:
        yield Hand(store)
