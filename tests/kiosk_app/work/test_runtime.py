import logging
import os
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from club.words.catalogue import Words
from kiosk_app.flow import effects as ef
from kiosk_app.flow import events as ev
from kiosk_app.flow import session
from kiosk_app.flow import state as st
from kiosk_app.present.views import View
from kiosk_app.work.runtime import Runtime
from tests.support import kiosk_values as make
from tests.support.kiosk_visit import a_catalogue, a_tap


@dataclass
class Glass:
    log: list[str] = field(default_factory=list)
    asked: list[ef.Effect] = field(default_factory=list)
    broken: bool = False

    def __post_init__(self) -> None:
        ids = iter(f"command-{place:04d}" for place in range(1000))
        self.runtime = Runtime(
            session.begin(st.Rules(), make.DRAWN, st.World(catalogue=a_catalogue())),
            words=lambda language: Words(language, strict=True),
            show=self.show,
            wipe=lambda: self.log.append("wipe"),
            do=self.do,
            shown=lambda command_id: self.log.append(f"shown {command_id}"),
            new_id=lambda: next(ids),
        )

    def show(self, view: View) -> None:
        if self.broken:
            self.broken = False
            raise RuntimeError(f"{view} cannot be drawn")
        self.log.append(view.screen)

    def do(self, effect: ef.Effect) -> None:
        self.asked.append(effect)
        self.log.append(type(effect).__name__)

    def tell(self, *events: ev.Event) -> "Glass":
        for event in events:
            self.runtime.handle(event)
        return self

    def press(self, *actions: str) -> "Glass":
        for action in actions:
            name, _, arg = action.partition(":")
            self.runtime.tell(name, arg)
        return self

    def at_pin(self) -> "Glass":
        self.tell(a_tap(), ev.SessionOpened(make.a_session()))
        return self.press("rewards", "reward:detail-wash", "redeem", "confirm")

    def last(self, kind: type[ef.AskStepUp | ef.SubmitRedeem]) -> ef.Effect:
        return next(effect for effect in reversed(self.asked) if isinstance(effect, kind))


def test_effects_are_done_and_then_the_view_is_shown() -> None:
    glass = Glass()
    glass.runtime.start()
    glass.tell(a_tap())
    assert glass.log == ["attract", "PlaySound", "OpenCardSession", "reading"]


def test_at_the_end_the_screens_forget_after_the_view_without_the_member_is_up() -> None:
    glass = Glass().tell(a_tap(), ev.SessionOpened(make.a_session()))
    glass.log.clear()
    glass.press("exit")
    assert glass.log == ["EndSession", "attract", "wipe"]


def test_an_answer_that_was_shown_is_acknowledged() -> None:
    glass = Glass().at_pin().press(*[f"digit:{digit}" for digit in "314159"])
    asked = glass.last(ef.AskStepUp)
    assert isinstance(asked, ef.AskStepUp)
    glass.tell(ev.StepUpGranted(asked.command_id, "grant-0001"))
    submitted = glass.last(ef.SubmitRedeem)
    assert isinstance(submitted, ef.SubmitRedeem)
    glass.tell(ev.CommandSettled(make.a_redeemed(submitted.command)))
    assert glass.log[-4:] == ["PlaySound", "RefreshSession", "success", f"shown {asked.command_id}"]


def test_every_confirmation_gets_an_id_of_its_own() -> None:
    glass = Glass().at_pin()
    first = glass.runtime.state.screen
    glass.press("back", "redeem", "confirm")
    second = glass.runtime.state.screen
    assert isinstance(first, st.Pin)
    assert isinstance(second, st.Pin)
    assert first.command_id != second.command_id


def test_a_fault_of_our_own_ends_the_session_and_the_kiosk_serves_on(caplog: pytest.LogCaptureFixture) -> None:
    glass = Glass().tell(a_tap(), ev.SessionOpened(make.a_session()))
    glass.broken = True
    with caplog.at_level(logging.DEBUG):
        glass.press("rewards")
    assert glass.log[-3:] == ["EndSession", "attract", "wipe"]
    assert glass.runtime.state.session is None
    assert "unforeseen RuntimeError" in caplog.text
    assert "6,280" not in caplog.text
    assert glass.tell(a_tap("session-0002"), ev.SessionOpened(make.a_session("session-0002"))).log[-1] == "home"


@pytest.fixture
def power(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], list[int]]:
    """Let the power fail at a named point; the process only notes it."""

    def fail_at(point: str) -> list[int]:
        cuts: list[int] = []
        monkeypatch.setenv("CLUB_FAULT_POINT", point)
        monkeypatch.setattr(os, "_exit", cuts.append)
        return cuts

    return fail_at


def test_the_power_may_fail_right_after_confirm(power: Callable[[str], list[int]]) -> None:
    cuts = power("kiosk.after-confirm")
    Glass().at_pin()
    assert cuts == [137]


def test_keys_of_a_keyboard_are_for_the_pad_and_nothing_anywhere_else() -> None:
    glass = Glass()
    before = glass.runtime.state
    glass.runtime.typed("digit", "3")
    assert glass.runtime.state is before
    glass.press("wake", "phone")
    glass.runtime.typed("digit", "3")
    assert isinstance(glass.runtime.state.screen, st.PhoneLogin)
    assert len(glass.runtime.state.screen.phone) == 1


def test_what_was_typed_without_a_card_is_wiped_at_the_end() -> None:
    glass = Glass().press("wake", "phone", "digit:1")
    glass.log.clear()
    assert glass.press("exit").log[-1] == "wipe"
