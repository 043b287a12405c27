"""Puts the kiosk together: settings in, a running window out; the only module that knows every part."""

import logging
import secrets
import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from types import FrameType
from typing import Any

import nfc
from club.model.ids import new_id
from club.resources import files
from club.settings import KioskSettings, allocator
from club.sync import events as sync
from club.sync.client import ApiClient
from club.sync.identity import Identity
from club.sync.steady_clock import device_clock
from club.sync.store import DeviceStore
from club.sync.worker import SyncWorker
from club.ui import window
from club.ui.remote import Remote
from club.wire.devices import OnGlass
from club.words.catalogue import words
from kiosk_app.flow import events as ev
from kiosk_app.flow import session as visit
from kiosk_app.flow import state as st
from kiosk_app.flow.actions import Action
from kiosk_app.work import catalogue, sounds, sync_events
from kiosk_app.work.card_events import CardEvents
from kiosk_app.work.doer import Doer
from kiosk_app.work.lights import Lights
from kiosk_app.work.outage import Counter
from kiosk_app.work.proving import Prover
from kiosk_app.work.runtime import Runtime
from kiosk_app.work.staff_desk import StaffDesk
from kiosk_app.work.tap_times import TapTimes
from kiosk_app.work.taps import Taps
from kiosk_app.work.ticker import Ticker
from nfc import wedge
from nfc.reader import card_alone, card_on

_log = logging.getLogger(__name__)


class Kiosk:
    """The kiosk, from its settings to its last frame. Make it on the main thread; `run` returns when it ends.

    Args:
        settings: of this kiosk.
        enrol_code: a one-time code of `central-api enrol-code`; only used while the device is not enrolled.

    Raises:
        WindowFault: no display answers.
        IdentityDamaged: the device's key cannot be read.
        ReaderSupportMissing: the card library is not installed.
        ValueError: the reader's spec is not understood.
        OSError, sqlite3.Error: the device's folder cannot be used.
    """

    def __init__(self, settings: KioskSettings, enrol_code: str = "") -> None:
        self._settings = settings
        self._code = enrol_code or settings.server.enrol_code
        self._closing = ExitStack()
        data = settings.device.data_dir
        data.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.clock = device_clock(settings.clock.pinned, runs=settings.clock.pinned_runs)
        identity = Identity.load_or_create(data / "identity.json")
        store = DeviceStore(data / "store.db")
        self._closing.callback(store.close)
        client = ApiClient(settings.server.url, identity, self.clock, timeouts=settings.server.timeouts, by_token=True)
        self.worker = SyncWorker(store, client, self.clock, self._synced, kind="kiosk", media_dir=data / "media")
        self.ui = self._open_window()
        # The bridge stands on Kivy's clock, which may only be imported once the window is prepared.
        from club.ui.bridge import Bridge

        self.times = TapTimes(self.clock.monotonic)
        player = sounds.find_player(files.sound, enabled=settings.sound.enabled, volume=settings.sound.volume)
        self._bridge: Bridge[ev.Event | Callable[[], None]] = Bridge(self._handle)
        self._taps = Taps()
        self._prover = Prover(client, self._taps, card_on, new_id)
        self._staff = StaffDesk(client, self._answered, self._taps, card_alone, new_id)
        self._doer = Doer(
            client,
            self.worker.mirror,
            self.worker,
            player,
            self._answered,
            self.times,
            Counter(self.worker.offline, self.worker.mirror, self._post),
            prove=self._prover.proved,
            was_torn=self._prover.was_torn,
            staff=self._staff,
            forget=self._taps.forget,
            await_card=self._await_card,
        )
        self.runtime = Runtime(
            visit.begin(self._rules(), self.clock.now(), self._world()),
            words=words,
            show=self.ui.show,
            wipe=self.ui.wipe,
            do=self._doer.do,
            shown=self._doer.shown,
            new_id=new_id,
        )
        self._aside = ThreadPoolExecutor(max_workers=1, thread_name_prefix="remote")
        self._closing.callback(self._aside.shutdown)
        self.remote = Remote(
            self.ui,
            self.worker.answer_order,
            draw_name=self._name,
            later=self.ui.later,
            aside=self._aside.submit,
            monotonic=self.clock.monotonic,
            is_free=self._is_free,
            is_clean=lambda: bool(self.ui.settled),
            darkened=lambda _dark: self._report(self.runtime.state),
        )
        self.ui.touched_cover = self.remote.wake
        self.runtime.watch = self._watched
        self._cards = CardEvents(new_id, self.clock.now, secrets.token_bytes(32))
        self._lights = Lights()
        self._keys = self._open_keys()
        self._ticker = Ticker(lambda: self._post(ev.Second(self.clock.now())), self.clock)
        if settings.control.socket:
            self._open_control(Path(settings.control.socket))
        self._reader = self._open_reader()
        self._lights.signal = self._reader.signal

    def run(self) -> None:
        """Serve members until told to stop (SIGTERM, SIGINT, the control socket)."""
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, self._stop_by_signal)
        with self._closing:
            self._closing.callback(self._bridge.close)
            self._closing.callback(self._doer.close)
            self._closing.callback(self.worker.close)
            self.runtime.start()
            self.worker.start()
            self._closing.callback(self._reader.close)
            self._ticker.start()
            self._closing.callback(self._ticker.close)
            self._closing.callback(self._keys.close)
            _log.info("kiosk ready")
            self.ui.run()
            _log.info("kiosk stopped")

    # -- beginnings -----------------------------------------------------------------------------------------------

    def _open_window(self) -> Any:
        """The window, and the screens in it; `Any`, as Kivy may not be imported before the window is prepared."""
        asked = self._settings.window
        window.prepare(
            round(asked.width * asked.scale),
            round(asked.height * asked.scale),
            title="kiosk",
            fullscreen=asked.fullscreen,
            reference_width=asked.width,
            position=None if asked.fullscreen else (asked.left, asked.top),
        )
        from club.ui import motion
        from kiosk_app.ui.shell import KioskUI

        motion.set_reduced(self._settings.ui.reduced_motion)
        logging.getLogger("kivy").setLevel(logging.WARNING)  # Kivy sets its own when it is imported
        return KioskUI(self._tell, self._drawn, tidy=allocator.give_back)

    def _rules(self) -> st.Rules:
        timing = self._settings.timing
        return st.Rules(
            idle_s=timing.session_idle_s,
            idle_large_s=timing.session_idle_large_s,
            # A count-down as long as the session itself would cover every screen.
            warn_s=min(timing.session_warn_at_s, timing.session_idle_s - 1, timing.session_idle_large_s - 1),
            success_s=timing.success_return_s,
            message_s=timing.message_return_s,
            reading_s=max(1, round(timing.reading_limit_s)),
            end_on_removal=timing.end_on_card_removed,
            scanner=self._settings.scanner.present,
            language=self._settings.ui.language,
        )

    def _world(self) -> st.World:
        mirror = self.worker.mirror
        return st.World(catalogue=catalogue.read(mirror), enrolled=mirror.enrolled() is not None)

    def _open_reader(self) -> nfc.CardReader:
        reader = self._settings.reader
        timing = nfc.Timing(debounce_s=reader.debounce_ms / 1000)
        return nfc.open_reader(reader.spec, self._card_event, self.clock.monotonic, timing)

    def _open_keys(self) -> Any:
        """Scanner and keyboard; `Any`, as what imports Kivy."""
        from kiosk_app.ui.keys import ERASE, GAP_S, Keys

        def typed(key: str) -> None:
            action = {ERASE: Action.ERASE, "\n": Action.SIGN_IN}.get(key, Action.DIGIT)
            self.runtime.typed(action, key if action == Action.DIGIT else "")

        scanner = self._settings.scanner
        habits = wedge.Habits(GAP_S, prefix=scanner.prefix, suffix=scanner.suffix)
        return Keys(lambda code: self.runtime.handle(ev.Scanned(code, new_id())), typed, habits)

    def _open_control(self, path: Path) -> None:
        from club.ui.control import ControlServer
        from kiosk_app.control import Control

        control = Control(self.ui, lambda: self.runtime.state, self.times.figures, self._holds_evidence)
        self._closing.callback(ControlServer(path, control.answer, self._bridge.post).close)

    # -- events, from any thread ----------------------------------------------------------------------------------

    def _post(self, event: ev.Event) -> None:
        self._bridge.post(event)

    def _answered(self, event: ev.Event) -> None:
        """From the threads of the doer."""
        self._post(event)
        self._lights.heard(event)

    def _card_event(self, event: nfc.Event) -> None:
        """From a reader's thread, or from the disk's, where somebody waited for a card; it must not be held up."""
        told = self._cards.flow_event(event)
        if isinstance(told, ev.CardTapped) and isinstance(event, nfc.CardPresented):
            self.times.tapped(told.session_id, event.read_s)
            self._lights.tapped(told.session_id, event.reader)
            self._taps.tapped(told.session_id, event.reader, event.evidence)
        if isinstance(event, nfc.CardUnreadable):
            self._lights.unreadable(event.reader)
        if isinstance(event, nfc.ReaderReady | nfc.ReaderLost):
            reader = "ready" if isinstance(event, nfc.ReaderReady) else f"lost: {event.reason.value}"
            _log.info("card reader %s", reader)
            self.worker.report(reader=reader)
        known = self._doer.recognise(told.session_id, told.evidence.uid) if isinstance(told, ev.CardTapped) else None
        for one in (told, known):
            if one is not None:
                self._post(one)

    def _synced(self, event: sync.SyncEvent) -> None:
        """From the sync worker's thread."""
        match event:
            case sync.NeedsEnrolment(revoked) if self._code and not revoked:
                code, self._code = self._code, ""
                _log.info("enrolling this device")
                self.worker.enrol(code)
                return
            case sync.NeedsEnrolment():
                _log.warning(
                    "this device is not enrolled: enter the code on its screen in the console (Devices, Add device),"
                    " or start it with --enrol and a code of `central-api enrol-code`"
                )
            case sync.OrderCame(order_id, kind):
                self._ordered(order_id, kind)
            case sync.EnrolRefused(error):
                _log.warning("the enrolment code was refused: %s", error.code)
            case sync.DeviceEnrolled(enrolled):
                _log.info("enrolled as %s", enrolled.place)
            case sync.CommandSettled(command_id):
                _log.info("command %s settled", command_id)
            case sync.CommandRefused(command_id, error):
                _log.info("command %s refused: %s", command_id, error.code)
            case sync.Online():
                _log.info("the central API at %s answers", self._settings.server.url)
            case sync.Offline():
                _log.warning(
                    "the central API at %s does not answer as expected; trying on (server.url, network, server)",
                    self._settings.server.url,
                )
        for told in sync_events.flow_events(event, self.worker.mirror, lambda: self.worker.last_contact):
            self._post(told)

    def _ordered(self, order_id: str, kind: str) -> None:
        """What staff want from afar (C9); a restart is answered before it comes here, and systemd starts the kiosk again."""
        _log.info("ordered: %s", kind)
        if kind == "restart-app":
            self._bridge.post(self.ui.stop)
        else:
            self._bridge.post(lambda: self.remote.ordered(order_id, kind))

    # -- on the UI thread -----------------------------------------------------------------------------------------

    def _handle(self, event: ev.Event | Callable[[], None]) -> None:
        match event:
            case ev.EnrolmentChanged(enrolled=False):
                self.remote.wake()  # staff must see the code that lets the kiosk in
                self.runtime.handle(event)
            case _ if callable(event):
                event()
            case _:
                self.runtime.handle(event)

    def _tell(self, action: str, arg: str) -> None:
        self.runtime.tell(action, arg)

    def _drawn(self, frame: Any) -> None:
        self.times.frame(frame.screen, frame.opacity, frame.at, frame.cost_ms)

    def _is_free(self) -> bool:
        """Whether nobody is there; what staff order from afar disturbs no member, and shows nothing of one (X2)."""
        state = self.runtime.state
        return state.session is None and isinstance(state.screen, st.Attract | st.ReaderGone | st.NotEnrolled)

    def _name(self) -> Any:
        """Which kiosk this is, for whoever stands before a row of them."""
        from club.render.identify import render_identify  # seldom asked for: not loaded until then

        enrolled = self.worker.mirror.enrolled()
        if enrolled is None:
            return None
        language = self._settings.ui.language
        name = enrolled.place_name.pick(language), enrolled.store.name.pick(language)
        line = words(language)("common.identify.line")
        return render_identify(self.ui.size, name=name[0], number=enrolled.place, store=name[1], line=line)

    def _watched(self, state: st.State) -> None:
        if not self._is_free():
            self.remote.wake()  # whoever came, by card, scanner or keyboard, finds no dark screen
        self._report(state)
        self.remote.look_again()

    def _report(self, state: st.State) -> None:
        """Tell the console what is on the glass: that somebody is there, not what they look at."""
        view = self.ui.view
        what = "session" if state.session or state.staff else view.screen if view else ""
        if self.remote.is_dark:
            what = "off"
        self.worker.report(OnGlass(what=what, since=state.now, frames=self.ui.frames))

    def _holds_evidence(self) -> bool:
        return self._doer.holds_evidence or len(self._taps) > 0

    def _await_card(self, session_id: str) -> Callable[[], None]:
        """For later: by then the visit of the tap may be over, and where its card lay forgotten."""
        tap = self._taps.get(session_id)
        return (lambda: self._reader.await_card(tap.reader)) if tap is not None else (lambda: None)

    def _stop_by_signal(self, _number: int, _frame: FrameType | None) -> None:
        self.ui.stop()
