"""A monkey at a real kiosk: does what its plan says, and looks whether anything broke, stuck, or stayed of a member."""

import csv
import math
import os
import random
import re
import signal
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from club import resources
from club.model import voucher
from demo.processes import wait_until
from demo.story import pin_key
from kiosk_app.flow.actions import Action
from nfc.virtual.card import Card, UidOnly
from nfc.virtual.faults import Garbage, Mute, PulledAway
from tests.support import kiosk_program as at
from tests.support import monkey_plan as plan
from tests.support.fingers import Fingers
from tests.support.monkey_plan import CardKind, Fault
from tests.support.visit_house import NOBODY, Visitor

# Shorter than in a store, so that being left alone is watched often; what has no setting keeps its length.
SETTINGS = (
    "timing.session_idle_s=5",
    "timing.session_idle_large_s=5",
    "timing.session_warn_at_s=3",
    "timing.success_return_s=5",
    "timing.message_return_s=2",
    "timing.reading_limit_s=2",
    "server.connect_timeout_s=0.5",
    "server.read_timeout_s=1.5",
)
LEFT_ALONE_S = 45.0
"""Longest way back: a redemption without an answer (15 s), a code over the whole screen or the tap hint (20 s), and the session's end."""

_TROUBLE = re.compile(r"Traceback|Exception|\b(?:ERROR|CRITICAL)\b")
_HEALED_S = 60.0
_DOCK_TOP = 1768
_NOBODY_THERE = frozenset({NOBODY, "tap"})


class Found(AssertionError):
    """The monkey found something; the message has the seed, where it was, and the last events."""


@dataclass
class Monkey:
    """Does a plan in a house, and tells what came of it.

    Args:
        visitor: whose hands it has.
        fingers: on the kiosk's glass.
        seed: of the plan, for the message.
    """

    visitor: Visitor
    fingers: Fingers
    seed: int
    count: int
    done: int = 0
    seen: dict[str, int] = field(default_factory=dict)
    searched: int = 0
    spent_s: dict[str, float] = field(default_factory=dict)
    _latest: "deque[plan.Event]" = field(default_factory=lambda: deque(maxlen=40))
    _visited: set[str] = field(default_factory=set)
    _laid: str = ""
    _hangs: bool = False
    _read: dict[str, int] = field(default_factory=dict)
    _pause: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        with (resources.demo_dir() / "members.csv").open(encoding="utf-8", newline="") as table:
            self._rows = {row["id"]: row for row in csv.DictReader(table)}
        cards = self.visitor.cards
        good = [name for name in cards if name in self.visitor.store.members]
        self._good = [name for name in good if self._rows[name]["card_state"] == "active"]
        self._refused = [name for name in cards if name in self._rows and name not in self._good]

    def run(self) -> None:
        """Do it all.

        Raises:
            Found: something is wrong.
        """
        try:
            for burst in plan.plan(self.seed, self.count):
                self._burst(burst)
        except Found:
            raise
        except Exception as error:
            raise self._found(f"the kiosk could not be asked any more: {error!r}") from error
        finally:
            self._heal()

    # -- doing ----------------------------------------------------------------------------------------------------

    def _burst(self, burst: Sequence[plan.Event]) -> None:
        told = self.visitor.ask(do="places")
        places = [(float(x), float(y)) for x, y in told["places"]]
        self._look(told)
        for event in burst:
            self._latest.append(event)
            began = time.monotonic()
            self._do(event, places)
            kind = type(event).__name__
            self.spent_s[kind] = self.spent_s.get(kind, 0.0) + time.monotonic() - began
            self.done += plan.size(event)

    def _do(self, event: plan.Event, places: list[tuple[float, float]]) -> None:
        match event:
            case plan.Touch(x, y, then_ms):
                self.fingers.tap(x, y)
                self._pause.wait(then_ms / 1000)
            case plan.Press(share, then_ms):
                if places:
                    self.fingers.tap(*_choose(places, share))
                self._pause.wait(then_ms / 1000)
            case plan.Drag(x, y, to_y):
                self.fingers.down(x, y)
                for step in range(1, 5):
                    self.fingers.move(x, y + (to_y - y) * step / 4)
                    self._pause.wait(0.01)
                self.fingers.up()
            case plan.Pin(right):
                self._type_pin(right=right)
            case plan.Lay(kind, share, wait):
                self.visitor.lay(self._card(kind, share))
                if wait:
                    self._within(1.5, lambda now: now["screen"] not in {NOBODY, "tap", "reading"})
            case plan.Take():
                self.visitor.take()
            case plan.Spend():
                self._spend()
            case plan.Leave():
                self._leave()
            case Fault():
                self._break(event)
            case plan.Alone(healed):
                self._alone(healed=healed)

    def _card(self, kind: CardKind, share: float) -> Card:
        if kind is CardKind.MUTE:
            return Mute()
        if kind is CardKind.GARBAGE:
            dice = random.Random(share)
            return Garbage(lambda _command: dice.randbytes(dice.randrange(1, 40)))
        if kind is CardKind.STRANGER:
            return UidOnly(random.Random(share).randbytes(7))
        names = self._refused if kind is CardKind.REFUSED else self._good
        self._laid = names[int(share * len(names))]
        self._visited.add(self._laid)
        card = self.visitor.cards[self._laid]
        if kind is CardKind.PULLED:
            return PulledAway(card, int(share * 997) % 3)
        return PulledAway(card, int(share * 997) % 3, back=True) if kind is CardKind.WOBBLE else card

    def _leave(self) -> None:
        """Where nothing leads out (a sheet, a card being read) the member has just gone away."""
        self.visitor.take()
        ways = self.visitor.ask(do="places", action=Action.EXIT)["places"]
        if ways:
            self.fingers.tap(*map(float, ways[0]))
            self._within(2.0, lambda now: now["screen"] in _NOBODY_THERE and now["settled"])
            self._look(self.visitor.state())

    def _type_pin(self, *, right: bool) -> None:
        pin = self.visitor.store.members.get(self._laid, "000000")
        for digit in pin if right else reversed(pin):
            self.fingers.tap(*pin_key(digit))
            self._pause.wait(0.01)

    def _spend(self) -> None:
        """Each step takes only as long as the kiosk needs to get there; where it does not, the rest is left out."""
        for screen, near in (("home", at.REWARDS_TILE), ("rewards", at.FIRST_REWARD), ("reward_detail", at.REDEEM)):
            told = self.visitor.ask(do="places")
            places = [(float(x), float(y)) for x, y in told["places"] if y < _DOCK_TOP]
            if screen == "home":  # what stands above the tiles moves them: the first one is the topmost on the left
                places = sorted(
                    (place for place in places if place[0] < 400 and place[1] > 1000), key=lambda at: at[1]
                )[:1]
            if told["screen"] == screen and places:
                self.fingers.tap(*min(places, key=lambda place, near=near: math.dist(place, near)))  # type: ignore[misc]
                self._within(1.0, lambda now, told=told: self._went_on(now, told))  # type: ignore[misc]
        if self.visitor.state()["screen"] == "reward_detail":
            self.fingers.tap(*at.CONFIRM)
            self._within(1.0, lambda now: now["screen"] == "pin" and now["settled"])
        if self.visitor.state()["screen"] == "pin":
            self._type_pin(right=True)
            self._within(1.0, lambda now: now["screen"] in {"success", "rewards"})

    @staticmethod
    def _went_on(now: Mapping[str, Any], before: Mapping[str, Any]) -> bool:
        """Whether another screen, or a sheet over the same one, has come and rests."""
        return bool(
            now["settled"]
            and now["frames"] > before["frames"]
            and (now["screen"] != before["screen"] or before["screen"] == "reward_detail")
        )

    def _break(self, fault: Fault) -> None:
        server = self.visitor.store.server
        match fault:
            case Fault.SERVER_HANGS:
                if server.running:
                    os.kill(server.pid, signal.SIGSTOP)
                    self._hangs = True
            case Fault.SERVER_DIES:
                server.kill()
                self._hangs = False
            case Fault.SERVER_BACK:
                self._server_back()
            case Fault.READER_DIES:
                self.visitor.pcscd.kill()
            case Fault.READER_BACK:
                self._reader_back()

    def _server_back(self) -> None:
        server = self.visitor.store.server
        if self._hangs:
            os.kill(server.pid, signal.SIGCONT)
            self._hangs = False
        elif not server.running:
            server.start()  # it is not waited for: who comes meanwhile meets it as it starts

    def _reader_back(self) -> None:
        if self.visitor.pcscd.pid is None:
            self.visitor.pcscd.start()

    def _heal(self) -> None:
        self.visitor.take()
        self._server_back()
        self._reader_back()

    # -- looking --------------------------------------------------------------------------------------------------

    def _look(self, now: Mapping[str, object]) -> None:
        """What can be seen at any time; while nobody is there, nothing of anybody may be."""
        screen = str(now["screen"])
        self.seen[screen] = self.seen.get(screen, 0) + 1
        if not self.visitor.store.kiosk.running:
            raise self._found("the kiosk ended")
        if screen not in _NOBODY_THERE or not now["settled"] or not self._visited:
            return
        answer = self.visitor.ask(do="search", **{"for": sorted(self._names_and_pins())})
        after = self.visitor.state()
        # A card that answered meanwhile may have come and gone with a finger already on its way; then its page still fades.
        still = after["screen"] in _NOBODY_THERE and not after["session_open"] and after["settled"]
        if still and (answer["found"] or answer["evidence"]):
            raise self._found(f"left of a member while nobody is there: {answer} between {now} and {after}")
        self.searched += bool(still)

    def _alone(self, *, healed: bool) -> None:
        """Touch nothing: it must come back by itself, whatever was shown and whatever is broken."""
        if healed:
            self._heal()
        else:
            self.visitor.take()
        began = self.visitor.state()
        if not self._within(LEFT_ALONE_S, lambda now: now["screen"] in {NOBODY, "reader_lost"}):
            raise self._found(f"a dead end: left alone on {began}, after {LEFT_ALONE_S:g} s on {self.visitor.state()}")
        if not healed:
            self._heal()

        def whole(now: dict[str, object]) -> bool:
            return bool(now["online"] and now["reader"] and now["settled"] and now["screen"] == NOBODY)

        if not self._within(_HEALED_S, whole):
            raise self._found(f"everything is mended, and the kiosk is not: {self.visitor.state()}")
        answer = self.visitor.ask(do="search", **{"for": sorted(self._names_and_pins() | self._codes())})
        if answer["found"] or answer["evidence"]:
            raise self._found(f"left of a member after the visit: {answer}")
        self.visitor.books_are_right()
        self._read_logs()

    def _within(self, seconds: float, fits: Callable[[dict[str, Any]], object]) -> bool:
        """Whether it becomes so in time; asked only so often that the asking itself does not slow the kiosk down."""
        return wait_until(lambda: bool(fits(self.visitor.state())), seconds, every=0.04)

    def _names_and_pins(self) -> set[str]:
        found = set()
        for member in self._visited:
            row = self._rows[member]
            found |= {row["surname"] + row["title"], row["surname"] + row["given"], row["card_number"]}
            found |= {self.visitor.store.members.get(member, row["card_number"])}
        return found - {""}

    def _codes(self) -> set[str]:
        codes = {str(code) for (code,) in self.visitor.all("SELECT code FROM vouchers")}
        return codes | {voucher.grouped(code) for code in codes}

    def _read_logs(self) -> None:
        """What was logged since the last time: no trouble of a program's own, and nothing of a member."""
        private = self._names_and_pins() | self._codes()
        for log in sorted(self.visitor.store.options.logs.glob("*.log")):
            said = log.read_text(encoding="utf-8", errors="replace")
            new, self._read[log.name] = said[self._read.get(log.name, 0) :], len(said)
            if trouble := _TROUBLE.search(new):
                raise self._found(
                    f"{log.name} tells of trouble:\n{new[max(0, trouble.start() - 300) : trouble.end() + 3000]}"
                )
            for secret in private:
                if secret in new and re.search(rf"(?<![0-9A-Za-z]){re.escape(secret)}(?![0-9A-Za-z])", new):
                    raise self._found(f"{log.name} says what no log may say: {secret}")

    def _found(self, what: str) -> Found:
        events = "\n  ".join(map(str, self._latest))
        return Found(
            f"seed {self.seed}, event {self.done} of {self.count}: {what}\n"
            f"Again: MONKEY_SEED={self.seed} ./dev test tests/journeys/test_monkey.py\nThe last events:\n  {events}"
        )


def _choose(places: Sequence[tuple[float, float]], share: float) -> tuple[float, float]:
    """The button at that share of them; the way out, which stands on every screen, less often than that."""
    within = [place for place in places if place[1] < _DOCK_TOP]
    if not within or share > 0.9:
        return places[int(share * len(places))]
    return within[int(share / 0.9 * len(within)) % len(within)]


def random_seed() -> int:
    """One that was not tried before, for runs that have the time."""
    return time.time_ns() % 2**31
