"""Walks a kiosk's flow through a visit in a test, event by event, keeping the effects it asked for."""

from dataclasses import dataclass, field
from typing import Any, TypeVar

from kiosk_app.flow import effects, session
from kiosk_app.flow import events as ev
from kiosk_app.flow import state as st
from kiosk_app.flow.step import step
from tests.support import kiosk_values as make

E = TypeVar("E")


def a_catalogue(pin_at_redeem: str = "always") -> st.Catalogue:
    return st.Catalogue(
        programme=make.a_programme(pin_at_redeem),
        store=make.a_store(),
        rewards=make.the_rewards(),
        categories=make.the_categories(),
        activities=make.the_activities(),
        as_of=make.DRAWN,
    )


def a_tap(session_id: str = make.SESSION, card: str = "token-one") -> ev.CardTapped:
    return ev.CardTapped(session_id, card, make.an_evidence(), make.DRAWN)


@dataclass
class Visit:
    """A kiosk under test: `tell` it events, then look at `state` and `asked`."""

    rules: st.Rules = field(default_factory=st.Rules)
    catalogue: st.Catalogue = field(default_factory=a_catalogue)
    asked: list[effects.Effect] = field(default_factory=list)
    made: int = 0

    def __post_init__(self) -> None:
        self.state = session.begin(self.rules, make.DRAWN, st.World(catalogue=self.catalogue))

    @property
    def screen(self) -> st.Screen:
        return self.state.screen

    def now(self) -> st.Screen:
        """The screen, asked anew: a type checker keeps what it once learned about an attribute."""
        return self.state.screen

    def tell(self, *events: ev.Event) -> "Visit":
        for event in events:
            self.state, asked = step(self.state, event)
            self.asked += asked
        return self

    def press(self, action: str, arg: str = "") -> "Visit":
        self.made += 1
        return self.tell(ev.Pressed(action, arg, f"command-{self.made:04d}"))

    def wait(self, seconds: int) -> "Visit":
        return self.tell(*[ev.Second(make.DRAWN)] * seconds)

    def enter_pin(self, pin: str = "314159") -> "Visit":
        for digit in pin:
            self.press("digit", digit)
        return self

    def last(self, kind: type[E]) -> E:
        found = [effect for effect in self.asked if isinstance(effect, kind)]
        assert found, f"expected the effect {kind.__name__}, found {self.asked}"
        return found[-1]

    def count(self, kind: type[object]) -> int:
        return sum(isinstance(effect, kind) for effect in self.asked)

    def at_home(self, assurance: str = "cryptogram", **changes: Any) -> "Visit":
        """Tapped, and the central API has answered."""
        return self.tell(a_tap(), ev.SessionOpened(make.a_session(assurance=assurance, **changes)))

    def at_home_offline(self) -> "Visit":
        """Tapped without a network: only the mirror knows the card."""
        self.tell(ev.WentOffline(), a_tap(), ev.MirrorAnswered(make.SESSION, make.a_mirror_member()))
        return self.tell(ev.SessionUnreachable(make.SESSION))

    def at_detail(self, slug: str = "basic-service-voucher") -> "Visit":
        return self.press("rewards").press("reward", slug)

    def at_pin(self) -> "Visit":
        return self.at_detail().press("redeem").press("confirm")

    def at_redeeming(self) -> "Visit":
        """The PIN was right and the command is under way."""
        self.at_pin().enter_pin()
        asked = self.last(effects.AskStepUp)
        return self.tell(ev.StepUpGranted(asked.command_id, "grant-0001"))
