"""Puts the lounge together: settings in, a running window out; the only module that knows every part."""

import logging
import signal
import sqlite3
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import datetime, time
from pathlib import Path
from types import FrameType
from typing import Any

from PIL import Image

from club.model.board import Manifest
from club.model.scene import Live, scene_at
from club.model.text import Text
from club.render.context import RenderContext
from club.render.identify import render_identify
from club.render.templates.enrol import EnrolView
from club.settings import LoungeSettings
from club.sync import events
from club.sync.client import ApiClient
from club.sync.identity import Identity
from club.sync.manifest_store import ManifestStore
from club.sync.media import Quota
from club.sync.steady_clock import device_clock
from club.sync.store import DeviceStore
from club.sync.window import DownloadWindow
from club.sync.worker import SyncWorker
from club.ui.remote import Remote
from club.words.catalogue import words
from lounge_display import present
from lounge_display.director import Director, Shown
from lounge_display.health import Health
from lounge_display.joining import Enrolment, Joining, enrol_view
from lounge_display.painter import NotPainted, Painted, Painter
from lounge_display.play_log import Play, PlayLog
from lounge_display.present import Picture
from lounge_display.press import Press
from lounge_display.stage.screen import Screen

_log = logging.getLogger(__name__)

MB = 1_000_000
TICK_S = 0.1
"""How often the plan is compared with the clock; far below what an eye notices at a change of boards."""


class Lounge:
    """The lounge display, from its settings to its last frame. Make it on the main thread; `run` returns when it ends.

    Args:
        settings: of this display.
        enrol_code: a one-time code of `central-api enrol-code`; only used while the device is not enrolled.

    Raises:
        WindowFault: no display answers.
        IdentityDamaged: the device's key cannot be read.
        OSError, sqlite3.Error: the device's folder cannot be used.
    """

    def __init__(self, settings: LoungeSettings, enrol_code: str = "") -> None:
        self._code = enrol_code or settings.server.enrol_code
        self._url = settings.server.url
        self._language = settings.ui.language
        self._closing = ExitStack()
        self._fault = ""
        data = settings.device.data_dir
        data.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.clock = device_clock(settings.clock.pinned, runs=settings.clock.pinned_runs)
        self.identity = Identity.load_or_create(data / "identity.json")
        store = DeviceStore(data / "store.db")
        self._closing.callback(store.close)
        client = ApiClient(
            settings.server.url, self.identity, self.clock, timeouts=settings.server.timeouts, by_token=True
        )
        self.worker = SyncWorker(
            store,
            client,
            self.clock,
            self.tell,
            kind="lounge",
            media_dir=data / "media",
            quota=Quota(settings.media.quota_mb * MB, settings.media.reserve_mb * MB),
            window=DownloadWindow(
                time(settings.media.window_from_hour),
                time(settings.media.window_to_hour),
                settings.media.anytime_up_to_mb * MB,
            ),
        )
        self.plays = PlayLog(store)
        # Proof of play is flushed to the disk, which may take its time: not on the thread that fades.
        self._scribe = ThreadPoolExecutor(max_workers=1, thread_name_prefix="play-log")
        self._closing.callback(self._scribe.shutdown)
        window = settings.window
        club = Text(words("zh-CN")("lounge.club"), words("en")("lounge.club"))
        self._playing = self._on_disk(data / "media" / "manifests")
        size = round(window.width * window.scale), round(window.height * window.scale)
        press = Press(self.clock, self.worker.media.path, lambda: self._playing, club)
        self._size = size
        self._opening = Picture(None, "none", self._language)
        self.screen = Screen(
            size,
            lambda layout: self._draw_first(press, layout.board),
            self.clock.monotonic,
            ticker_px_per_s=self._playing.ticker_px_per_s if self._playing else 90,
            fullscreen=window.fullscreen,
            position=None if window.fullscreen else (window.left, window.top),
            max_fps=window.max_fps,
        )
        # The bridge stands on Kivy's clock, which may only be imported once the window is prepared.
        from club.ui.bridge import Bridge

        self._bridge: Bridge[Any] = Bridge(self._handle)
        board = self.screen.layout.board
        self._painter = Painter(lambda picture: press.draw(picture, board), self.tell, self.clock.monotonic)
        self._closing.callback(self._painter.close)
        self._health = Health(self.worker.report, lambda: self.screen.frames, self.clock.monotonic)
        self.director = Director(
            self.screen,
            self._painter,
            self.clock,
            RenderContext(now=self.clock.now(), language=self._language, size=self.screen.layout.bar, club=club),
            present.REDUCED_MOTION if settings.ui.reduced_motion else present.Motion(),
            self._shown,
            first=self._opening,
            enrol_words=self._enrol_words,
        )
        self.remote = Remote(
            self.screen,
            self.worker.answer_order,
            draw_name=self._name,
            later=self.screen.later,
            aside=self._scribe.submit,
            monotonic=self.clock.monotonic,
            darkened=self._darkened,
        )
        if settings.control.socket:
            self._open_control(Path(settings.control.socket))

    def run(self) -> None:
        """Show the display until it is told to stop (SIGTERM, SIGINT, the control socket)."""
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, self._stop_by_signal)
        with self._closing:
            self._closing.callback(self.worker.close)
            self._closing.callback(self._bridge.close)
            self.screen.repeat(self._tick, TICK_S)
            self.screen.run(self._ready)
            if not self.remote.is_dark:
                self._write_down(self.director.shown, self.clock.now())
            _log.info("lounge stopped")

    # ---------------------------------------------------------------- beginnings

    def _on_disk(self, folder: Path) -> Manifest | None:
        """The manifest to play from the first frame on, without a network (L5)."""
        kept = ManifestStore(folder).load()
        whole = [one for one in kept if not self.worker.media.missing(one.manifest.media)]
        playing = next(iter(whole or kept), None)
        return playing.manifest if playing is not None else None

    def _first(self) -> Picture:
        if self._playing is not None:
            now = self.clock.now()
            live = Live(last_contact=now, clock_doubtful=self.worker.clock_is_doubtful)
            return present.picture_of(scene_at(self._playing, live, now), self._playing, now)
        if self.worker.mirror.enrolled() is None:
            now = self.clock.now()
            begun = Joining(self._state_at_start(), now)
            return Picture(None, "none", self._language, enrol=self._enrol_words(begun, now, online=False))
        return Picture(None, "none", self._language)

    def _draw_first(self, press: Press, size: tuple[int, int]) -> Image.Image:
        """What the first frame shows; whatever is on the disk, there is one."""
        try:
            self._opening = self._first()
            return press.draw(self._opening, size)
        except Exception:  # noqa: BLE001 -- a display that cannot start shows nothing at all
            _log.exception("what is on the disk could not be shown; starting with the welcome")
            self._opening = Picture(None, "none", self._language)
            self._playing = None
            return press.draw(self._opening, size)

    def _state_at_start(self) -> Enrolment:
        return Enrolment.WAITING if self._code else Enrolment.NEEDED

    def _ready(self) -> None:
        if self._playing is not None:
            self.director.manifest_ready(self._playing)
        elif self.worker.mirror.enrolled() is None:
            self.director.enrol(self._state_at_start())
        self._health.shown(self.director.shown.picture.what, self.director.shown.since)
        self.worker.start()
        _log.info("lounge ready, showing %s on %s", self.director.shown.picture.what, self.screen.renderer)

    # ---------------------------------------------------------------- events

    def tell(self, event: object) -> None:
        """Hand an event to the UI thread, from any thread: what the sync and the painter do."""
        self._bridge.post(event)

    def _handle(self, event: object) -> None:
        match event:
            case events.ManifestReady(manifest, revision):
                _log.info("manifest %d plays", revision)
                self._playing = manifest
                self._painter.forget()
                self.director.manifest_ready(manifest)
            case events.Online():
                _log.info("the central API at %s answers", self._url)
                self.director.contact(online=True)
            case events.Offline(since):
                _log.warning(
                    "the central API at %s does not answer as expected; trying on (server.url, network, server)",
                    self._url,
                )
                self.director.contact(online=False, since=since)
            case events.NeedsEnrolment(revoked):
                self._needs_enrolment(revoked=revoked)
            case events.DeviceEnrolled(enrolled):
                _log.info("enrolled as %s", enrolled.place)
                if self.director.manifest is None:
                    self.director.enrol(Enrolment.WAITING)
            case events.PairingCode(code, expires_at):
                _log.info("shows a pairing code, good until %s", expires_at.isoformat())
                self.director.pairing_code(code, expires_at)
            case events.OrderCame(order_id, kind):
                self._ordered(order_id, kind)
            case events.ContentComing(done, total):
                self.director.content_coming(done, total)
            case events.EnrolRefused(error):
                _log.warning("the enrolment code was refused: %s", error.code)
                self.director.enrol(Enrolment.REFUSED)
            case Painted() | NotPainted():
                self.director.painted(event)
            case _ if callable(event):
                event()
            case _:
                pass  # what only a kiosk needs: the mirror's changes, commands

    def _ordered(self, order_id: str, kind: str) -> None:
        """What staff want from afar (C9); a restart is answered before it comes here."""
        _log.info("ordered: %s", kind)
        if kind == "restart-app":
            self.screen.stop()
        else:
            self.remote.ordered(order_id, kind)

    def _name(self) -> Image.Image | None:
        """Which display this is, for whoever stands before a row of them."""
        enrolled = self.worker.mirror.enrolled()
        if enrolled is None:
            return None
        name, store = enrolled.place_name.pick(self._language), enrolled.store.name.pick(self._language)
        line = words(self._language)("common.identify.line")
        return render_identify(self.screen.layout.screen, name=name, number=enrolled.place, store=store, line=line)

    def _darkened(self, dark: bool) -> None:
        """Nothing is drawn in the dark, and nothing counts as played."""
        now = self.clock.now()
        if dark:
            self._write_down(self.director.shown, now)
        self.screen.rest(dark)
        self.director.rest(dark)
        self._health.shown("off" if dark else self.director.shown.picture.what, now)

    def _needs_enrolment(self, *, revoked: bool) -> None:
        code, self._code = self._code, ""
        self.remote.wake()  # the code that lets it in must be seen
        if revoked:
            self._playing = None
        self.director.enrol(Enrolment.WAITING if code else Enrolment.NEEDED, revoked=revoked)
        if code:
            self.worker.enrol(code)

    def _tick(self) -> None:
        # Whatever a manifest holds, the glass keeps what it shows; the fault is told once, not ten times a second.
        try:
            self.director.doubt_clock(self.worker.clock_is_doubtful)
            self.director.tick()
        except Exception as error:  # noqa: BLE001 -- see above
            if repr(error) != self._fault:
                self._fault = repr(error)
                _log.exception("the plan could not be followed")
        self._health.beat()

    def _shown(self, before: Shown, now: Shown) -> None:
        _log.info("on the glass: %s (%s)", now.picture.what, now.picture.layer)
        self._health.shown(now.picture.what, now.since)
        # The one before is still seen while it fades.
        boards = (before.picture.board, now.picture.board)
        self.worker.showing({sha256 for board in boards if board is not None for sha256 in board.media()})
        self._write_down(before, now.since)

    def _write_down(self, shown: Shown, until: datetime) -> None:
        board = shown.picture.board
        if board is not None:
            seconds = (until - shown.since).total_seconds()
            play = Play(board.slug, board.version, shown.picture.layer, shown.since, seconds, shown.planned_s)
            self._scribe.submit(self._add_play, play)

    def _add_play(self, play: Play) -> None:
        try:
            self.plays.add(play)
        except sqlite3.Error:
            _log.exception("a play of %s could not be written down", play.board)

    def _enrol_words(self, joining: Joining, now: datetime, online: bool) -> EnrolView:
        return enrol_view(self._language, self.identity.device_id, self._size, joining, now, online=online)

    def _stop_by_signal(self, _number: int, _frame: FrameType | None) -> None:
        self._bridge.post(self.screen.stop)

    # ---------------------------------------------------------------- the control socket

    def _open_control(self, path: Path) -> None:
        from club.ui.control import ControlServer

        server = ControlServer(path, self._asked, self.tell)
        self._closing.callback(server.close)

    def _asked(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        doings: Mapping[str, Callable[[], Mapping[str, Any]]] = {
            "state": self._state,
            "shot": lambda: self._shot(Path(str(request["path"]))),
            "plays": lambda: {"totals": self.plays.totals()},
            "stop": self._stop,
        }
        doing = doings.get(str(request.get("do")))
        if doing is None:
            return {"error": f"expected one of {sorted(doings)} in 'do', found {request.get('do')!r}"}
        return doing()

    def _state(self) -> Mapping[str, Any]:
        director = self.director
        return {
            "screen": director.shown.picture.what,
            "layer": director.shown.picture.layer,
            "settled": not self.screen.glass.is_fading and not director.is_waiting,
            "revision": director.manifest.revision if director.manifest else 0,
            "online": director.online,
            "stale": director.shown.picture.stale is not None,
            "enrolment": director.joining.state.value,
            "pairing": director.joining.code_at(self.clock.now()),
            "frames": self.screen.frames,
            "dark": self.remote.is_dark,
        }

    def _shot(self, path: Path) -> Mapping[str, Any]:
        self.screen.shot(path)
        return {"path": str(path), **self._state()}

    def _stop(self) -> Mapping[str, Any]:
        self.screen.stop()
        return {"stopping": True}
