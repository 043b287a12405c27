"""Somebody who stands at a real kiosk in a real store: taps, touches, and what the kiosk says of itself."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from club.ui.control import ask
from demo.house import House
from demo.story import pin_key

DRAWN_DAY = "2026-05-16T14:32:00+08:00"
PATIENCE_S = 30.0
# Middles of what is touched, px of the drawing.
REWARDS_TILE = (300, 1300)
FIRST_REWARD, REDEEM, CONFIRM = (300, 900), (760, 1550), (712, 1721)


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

    def open_sheet(self) -> None:
        self.touch(REDEEM)
        self.until(lambda now: now["settled"], "the confirm sheet")

    def enter_pin(self, pin: str) -> None:
        for digit in pin:
            self.touch(pin_key(digit))
            self.until(lambda now: now["settled"], "the key to be taken")
