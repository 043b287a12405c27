"""Runs the flow: takes an event, steps, shows the view, has the effects done; the one owner of the state (UI thread only).

Points at which a test may cut the power, as in `club.sync.faults` (`CLUB_FAULT_POINT=kiosk.after-confirm`):

| point | where | what is on disk |
|---|---|---|
| `kiosk.after-confirm` | the command has its id | nothing |
| `kiosk.after-step-up` | the PIN's grant has arrived | nothing |
| `kiosk.before-outbox` | the command is about to be written down | nothing |
| `kiosk.after-settled` | the answer has arrived and is not shown yet | answer |
"""

import logging
import traceback
from collections.abc import Callable

from club.sync import faults
from club.words.catalogue import Words
from kiosk_app.flow import effects as ef
from kiosk_app.flow import events as ev
from kiosk_app.flow import session as visit
from kiosk_app.flow import state as st
from kiosk_app.flow.actions import Action
from kiosk_app.flow.step import step
from kiosk_app.present.presenter import present
from kiosk_app.present.views import View

_log = logging.getLogger(__name__)


class Runtime:
    """Owns the state.

    Args:
        state: to begin with.
        words: gives the wording of a language.
        show: puts a view on the glass.
        wipe: makes the screens forget a member; called after the view without the member is shown.
        do: has an effect done, off this thread.
        shown: called with a command's id once its answer was shown.
        new_id: makes the ids of commands (A12).
    """

    def __init__(
        self,
        state: st.State,
        *,
        words: Callable[[str], Words],
        show: Callable[[View], None],
        wipe: Callable[[], None],
        do: Callable[[ef.Effect], None],
        shown: Callable[[str], None],
        new_id: Callable[[], str],
    ) -> None:
        self._state = state
        self._words, self._show, self._wipe = words, show, wipe
        self._do, self._shown, self._new_id = do, shown, new_id
        self.watch: Callable[[st.State], None] = lambda _state: None

    @property
    def state(self) -> st.State:
        """As it is now."""
        return self._state

    def start(self) -> None:
        """Show the first view."""
        self._show(present(self._state, self._words(self._state.language)))
        self.watch(self._state)

    def tell(self, action: str, arg: str) -> None:
        """A touch."""
        self.handle(ev.Pressed(action, arg, self._new_id()))

    def typed(self, action: str, arg: str) -> None:
        """A key of a keyboard; it is for the two screens on which digits are typed, and nothing anywhere else."""
        if isinstance(self._state.screen, st.Pin | st.PhoneLogin):
            self.tell(action, arg)

    def handle(self, event: ev.Event) -> None:
        """Step once. A fault of our own ends the session and shows the resting screen: better a new tap than a dead screen (K16)."""
        try:
            state, effects = step(self._state, event)
            if isinstance(event, ev.Pressed) and event.action == Action.CONFIRM and state.screen != self._state.screen:
                faults.reach("kiosk.after-confirm")
            self._turn_to(state, effects)
            if isinstance(event, ev.CommandSettled):
                self._shown(event.answer.command_id)
            elif isinstance(event, ev.CommandRefused | ev.OfflineBooked):
                self._shown(event.command_id)
        except Exception as error:  # noqa: BLE001  # whatever it is, the next member must find a working kiosk
            trace = "".join(traceback.format_tb(error.__traceback__))
            # Without its message, which may hold a member's data.
            _log.error("%s: unforeseen %s\n%s", type(event).__name__, type(error).__name__, trace)
            self._turn_to(*visit.end(self._state, ef.Ending.FAULT))

    def _turn_to(self, state: st.State, effects: tuple[ef.Effect, ...]) -> None:
        # Kept before it is shown: should a view fail, the way out starts from here.
        self._state = state
        for effect in effects:
            self._do(effect)
        self._show(present(state, self._words(state.language)))
        if any(isinstance(effect, ef.EndSession | ef.EndStaff) for effect in effects):
            self._wipe()
        self.watch(state)
