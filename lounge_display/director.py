"""Decides from manifest, clock and events what the stage shows next; on the UI thread, without a window of its own."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from PIL import Image

from club.model.board import Manifest
from club.model.clock import Clock
from club.model.scene import Live, Scene, scene_at
from club.model.text import Text
from club.render import footer
from club.render.context import FOOTER_SIZE, RenderContext
from club.render.templates.enrol import EnrolView
from lounge_display import present
from lounge_display.joining import Enrolment, Joining
from lounge_display.painter import NotPainted, Painted
from lounge_display.present import Change, Picture

_log = logging.getLogger(__name__)

RETRY_S = 30.0
"""How long a picture that could not be drawn is left alone."""

PAGE_S = 8
"""How long a text of the ticker stands when motion is reduced (tokens: motion.reduced_motion)."""


class Stage(Protocol):
    """Where pictures are shown."""

    def show(self, image: Image.Image, fade_ms: int) -> None:
        """Cross-fade to a picture of the board's size; one that is under way goes on from what is seen now."""
        ...

    def show_bar(self, plate: Image.Image, area: tuple[int, int], strip: Image.Image, *, moves: bool) -> None:
        """Set the bar's ground, and the ticker between `area`'s left and right, px."""
        ...

    def show_clock(self, image: Image.Image | None) -> None:
        """Set the clock's picture; None: this bar has none."""
        ...


class Workshop(Protocol):
    """Who paints (`painter.Painter`)."""

    def want(self, picture: Picture) -> None:
        """Paint this now."""
        ...

    def prepare(self, picture: Picture) -> None:
        """Paint this beforehand."""
        ...


@dataclass(frozen=True, slots=True)
class Shown:
    """What is on the glass and since when; `planned_s` is how long the plan keeps it there."""

    picture: Picture
    since: datetime
    planned_s: float


class Director:
    """Keeps the glass in step with the plan.

    Args:
        stage: shows.
        painter: paints; its answers come back through `painted`.
        clock: the store's time.
        bar: what the bar is drawn with (size, language, zone, club); the manifest fills in its own.
        motion: how pictures and ticker change.
        on_shown: told of each picture that begins its fade, with the one it replaces.
        first: what the stage shows from its first frame.
        enrol_words: what the screen of a device that is not enrolled says, by how far it is, the time, and whether the server
            answers.
    """

    def __init__(
        self,
        stage: Stage,
        painter: Workshop,
        clock: Clock,
        bar: RenderContext,
        motion: present.Motion,
        on_shown: Callable[[Shown, Shown], None],
        *,
        first: Picture,
        enrol_words: Callable[[Joining, datetime, bool], EnrolView] | None = None,
    ) -> None:
        self._stage, self._painter, self._clock = stage, painter, clock
        self._bar, self._motion, self._on_shown = bar, motion, on_shown
        self._enrol_words = enrol_words
        self.manifest: Manifest | None = None
        self.joining = Joining(Enrolment.DONE, clock.now())
        self.live = Live(last_contact=clock.now())
        self.online = False
        self.scene: Scene | None = None
        self.shown = Shown(first, clock.now(), 0.0)
        self._wanted: Picture | None = None
        self._resting = False
        self._failed: dict[str, float] = {}
        self._clock_text: str | None = None
        self._news: tuple[Text, str, bool, tuple[str, ...]] | None = None

    # ---------------------------------------------------------------- events

    def manifest_ready(self, manifest: Manifest) -> None:
        """Another manifest was switched to, whole (L4)."""
        self.joining = replace(self.joining, state=Enrolment.DONE)
        self._take(manifest)
        self.tick()

    def enrol(self, state: Enrolment, *, revoked: bool = False) -> None:
        """This device is not, or not yet, enrolled; once revoked it shows nothing of the store any more."""
        begins = self.joining.state is Enrolment.DONE
        since = self._clock.now() if begins else self.joining.since
        self.joining = replace(self.joining, state=state, since=since)
        if revoked:
            self.manifest = self.scene = None
        self.tick()

    def pairing_code(self, code: str, expires_at: datetime) -> None:
        """Staff may add this device by that code until then; whatever code was given before has not worked."""
        self.joining = replace(self.joining, state=Enrolment.NEEDED, code=code, expires_at=expires_at)
        self.tick()

    def content_coming(self, done: int, total: int) -> None:
        """So many of the pictures of the next content are here."""
        self.joining = replace(self.joining, done=done, total=total)
        self.tick()

    def _take(self, manifest: Manifest) -> None:
        self.manifest = manifest
        self._failed.clear()
        self._bar = replace(
            self._bar,
            language=manifest.language,
            time_zone=manifest.time_zone,
            club=manifest.club,
            store=manifest.store,
        )
        self._clock_text = None

    def contact(self, *, online: bool, since: datetime | None = None) -> None:
        """The server answers, or does not since `since` (None: it is not known when it last did)."""
        self.online = online
        if not online and since is not None:
            self.live = replace(self.live, last_contact=since)
        self.tick()

    def doubt_clock(self, doubtful: bool) -> None:
        """Whether the device's clock can be relied on; until then only what has no date is shown (L5)."""
        if doubtful != self.live.clock_doubtful:
            self.live = replace(self.live, clock_doubtful=doubtful)

    def painted(self, done: Painted | NotPainted) -> None:
        """The painter has finished a wish; it is shown if it still is what the plan wants."""
        if done.picture != self._wanted:
            return
        if isinstance(done, NotPainted):
            self._failed[done.picture.what] = self._clock.monotonic() + RETRY_S
            self._wanted = None
            return
        before = self.shown
        change = present.change(before.picture, done.picture, self.manifest)
        now = self._clock.now()
        planned = (self.scene.until - now).total_seconds() if self.scene is not None else 0.0
        goes_on = done.picture.is_same_play(before.picture)
        self.shown = replace(before, picture=done.picture) if goes_on else Shown(done.picture, now, max(0.0, planned))
        self._wanted = None
        self._stage.show(done.image, self._motion.fade_ms(change))
        if not goes_on:
            self._on_shown(before, self.shown)
        if self.manifest is not None and self.scene is not None:
            self._painter.prepare(present.upcoming(self.manifest, self.live, self.scene, now))

    def rest(self, resting: bool) -> None:
        """Show nothing else while the screen is dark; afterwards what is on the glass counts as shown from now on."""
        self._resting = resting
        self._wanted = None  # what is being painted comes too late
        if not resting:
            self.shown = replace(self.shown, since=self._clock.now())
            self.tick()

    @property
    def is_waiting(self) -> bool:
        """Whether something else than what is shown is being painted."""
        return self._wanted is not None

    def tick(self) -> None:
        """Look at the clock; cheap, called several times a second and after each event."""
        now = self._clock.now()
        if self.online:
            self.live = replace(self.live, last_contact=now)
        if self._resting:
            return
        if self.manifest is None:
            wanted = Picture(None, "none", self._bar.language)
            if self.joining.state is not Enrolment.DONE and self._enrol_words is not None:
                wanted = replace(wanted, enrol=self._enrol_words(self.joining, now, self.online))
        else:
            self.scene = scene_at(self.manifest, self.live, now)
            self.live = replace(self.live, playhead=self.scene.playhead or self.live.playhead)
            wanted = present.picture_of(self.scene, self.manifest, now)
        self._want(wanted)
        self._tell_time(now)
        self._tell_news(now)

    # ---------------------------------------------------------------- what it does about them

    def _want(self, wanted: Picture) -> None:
        if wanted == self._wanted:
            return
        if present.change(self.shown.picture, wanted, self.manifest) is Change.NONE:
            self._wanted = None  # back to what is on the glass: whatever was being painted is not needed any more
            return
        if self._failed.get(wanted.what, 0.0) > self._clock.monotonic():
            return
        self._wanted = wanted
        self._painter.want(wanted)

    @property
    def _has_clock(self) -> bool:
        """With two zones the time stands in the side zone."""
        return self.shown.picture.side is None

    def _tell_time(self, now: datetime) -> None:
        text = present.clock_text(now, self._bar.time_zone) if self._has_clock else ""
        if text != self._clock_text:
            self._clock_text = text
            self._stage.show_clock(footer.render_clock(text, self._bar) if text else None)

    def _tell_news(self, now: datetime) -> None:
        texts: Sequence[str] = ()
        if self.manifest is not None and self.scene is not None:
            texts = footer.ticker_texts(self.scene, self.manifest, replace(self._bar, now=now))
        elif self.shown.picture.enrol is not None and not self.shown.picture.enrol.is_quiet:
            texts = (self.shown.picture.enrol.foot,)
        if self._motion.paged and texts:
            texts = (texts[int(now.timestamp() // PAGE_S) % len(texts)],)
        # The same news under another manifest go on where they are: a publish does not set the ticker back.
        news = (self._bar.club, self._bar.language, self._has_clock, tuple(texts))
        if news == self._news:
            return
        self._news = news
        scale = self._bar.size[1] / FOOTER_SIZE[1]
        area = footer.ticker_area(self._bar, clock=self._has_clock)
        strip = footer.render_strip(texts, self._bar)
        moves = strip.width > round(area.w * scale)
        if moves:
            strip = footer.render_strip(texts, self._bar, endless=True)
        place = round(area.x * scale), round(area.right * scale)
        self._stage.show_bar(footer.render_plate(self._bar), place, strip, moves=moves)
