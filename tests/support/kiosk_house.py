"""Stands in for what the kiosk's work reaches: a central API, a mirror, an outbox, each under the test's hand."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from club.sync.errors import ServerUnreachable
from club.sync.offline_desk import Handed, Look, Wish
from club.wire import cards as wire
from club.wire.changes import MemberEntity
from club.wire.devices import StoreProfile
from club.wire.history import PointsHistory
from club.wire.rewards import Redeem
from kiosk_app.flow import events as ev
from tests.support import kiosk_values as make
from tests.support import outage_values

WITHIN_S = 5.0


class Posted:
    """Collects events from other threads; `until` waits for one."""

    def __init__(self) -> None:
        self.events: list[ev.Event] = []
        self._came = threading.Condition()

    def __call__(self, event: ev.Event) -> None:
        with self._came:
            self.events.append(event)
            self._came.notify_all()

    def until(self, fits: Callable[[ev.Event], bool]) -> ev.Event:
        """The first event that fits; fails after a while."""
        with self._came:
            found = self._came.wait_for(lambda: any(map(fits, self.events)), WITHIN_S)
            assert found, f"expected an event that fits, found {[type(event).__name__ for event in self.events]}"
            return next(filter(fits, self.events))


@dataclass
class FakeServer:
    """A central API that answers as told; `hold` keeps it from answering until set."""

    error: Exception | None = None
    asked: list[object] = field(default_factory=list)
    free: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.free.set()

    def _take(self, what: object) -> None:
        self.asked.append(what)
        assert self.free.wait(WITHIN_S)
        if self.error is not None:
            raise self.error

    def open_card_session(self, request: wire.OpenCardSession) -> wire.CardSession:
        self._take(request)
        return make.a_session(request.session_id)

    def open_phone_session(self, request: wire.OpenPhoneSession) -> wire.CardSession:
        self._take(request)
        return make.a_session(request.session_id, "phone")

    def open_code_session(self, request: wire.OpenCodeSession) -> wire.CardSession:
        self._take(request)
        return make.a_session(request.session_id, "code")

    def card_session(self, session_id: str) -> wire.CardSession:
        self._take(session_id)
        return make.a_session(session_id, points=5080)

    def history(self, session_id: str, kind: str = "", before: str = "") -> PointsHistory:
        self._take(("history", session_id, kind, before))
        return make.a_history(next_before="mv-0006")

    def end_card_session(self, session_id: str) -> None:
        self._take(("ended", session_id))

    def step_up(self, request: wire.StepUp) -> wire.Grant:
        self._take(request)
        return wire.Grant(grant="grant-0001", command_id=request.command_id)


@dataclass
class FakeMirror:
    """A mirror that knows one card."""

    uid: str = make.an_evidence().uid
    member_known: MemberEntity | None = field(default_factory=make.a_mirror_member)

    def card_hash(self, uid: str) -> str | None:
        return make.HASH if uid == self.uid else None

    def member(self, card_hash: str) -> MemberEntity | None:
        return self.member_known


@dataclass
class FakeDesk:
    """An offline desk that hands everything out, or fails."""

    error: Exception | None = None
    wishes: list[Wish] = field(default_factory=list)

    def look(self, evidence: wire.Evidence) -> Look:
        if self.error is not None:
            raise self.error
        held = {wish.command_id: outage_values.a_handed(wish.reward) for wish in self.wishes}
        return Look({"detail-wash": None}, 600 * len(held), held, genuine=evidence.sun_url is not None)

    def redeem(self, wish: Wish) -> Handed:
        if self.error is not None:
            raise self.error
        self.wishes.append(wish)
        return outage_values.a_handed(wish.reward)

    def store_profile(self) -> StoreProfile:
        return make.a_store()


@dataclass
class FakeCommands:
    """An outbox that notes what it was given."""

    error: Exception | None = None
    log: list[str] = field(default_factory=list)
    submitted: list[tuple[Redeem, str, int | None]] = field(default_factory=list)
    changed: threading.Condition = field(default_factory=threading.Condition)

    def _note(self, what: str) -> None:
        with self.changed:
            self.log.append(what)
            self.changed.notify_all()

    def until(self, what: str) -> None:
        with self.changed:
            assert self.changed.wait_for(lambda: what in self.log, WITHIN_S), f"expected {what!r}, found {self.log}"

    def submit(self, command: Redeem, *, member_id: str = "", hold_points: int | None = None) -> None:
        if self.error is not None:
            raise self.error
        self.submitted.append((command, member_id, hold_points))
        self._note(f"submit {command.command_id}")

    def acknowledge(self, command_id: str) -> None:
        self._note(f"acknowledge {command_id}")

    def end_session(self) -> None:
        self._note("end_session")

    def wake(self) -> None:
        self._note("wake")


UNREACHABLE = ServerUnreachable("no answer")
