"""A screen in large text: header, one column that scrolls, the buttons of its foot, and the dock."""

import re
from typing import Any

from kivy.clock import Clock
from msgspec.structs import replace

from club.ui import place, scroll, surface, text
from kiosk_app.flow.actions import Action
from kiosk_app.present import views
from kiosk_app.ui.large import blocks, pages, parts
from kiosk_app.ui.large.look import LINE_PX, Look, look
from kiosk_app.ui.screen import Screen, Tell

_MARGIN = 56
_TOP = 148
_HEIGHT = 1920
_DOCK_PX, _KEY_PX, _FOOT_PX = 186, 136, 152
_SMALLEST_KEY = 132
_GAP, _NARROW_GAP = 24, 16
_PAD, _ROOMY = 20, 56
"""Beside a key's words: what it keeps on each side, and what it has in all where there is room."""


class Bar(place.Plane):
    """Keys side by side over the whole width, each as wide as its words ask."""

    def __init__(self, colours: Look, height: float, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._look, self._height = colours, height
        self._shown: tuple[blocks.Push, ...] = ()

    def draw(self, pushes: tuple[blocks.Push, ...], *, px: float) -> None:
        """Show these keys. Where only seconds changed the keys stay, and what a finger holds with them."""
        if pushes == self._shown:
            return
        before, self._shown = self._shown, pushes
        if [_timeless(push) for push in before] == [_timeless(push) for push in pushes]:
            for key, push in zip(reversed(self.children), pushes, strict=True):
                key.say(push.text)
            return
        self.clear_widgets()
        gap, words = _GAP, [parts.line_px(push.text, px) + (84 if push.icon else 0) for push in pushes]
        asked = [max(_SMALLEST_KEY, wide + _ROOMY) for wide in words]
        room = parts.WIDTH - gap * (len(pushes) - 1)
        if sum(asked) > room:
            gap = _NARROW_GAP
            room = parts.WIDTH - gap * (len(pushes) - 1)
            asked = [max(_SMALLEST_KEY, wide + 2 * _PAD + 4) for wide in words]
            if sum(asked) > room:
                asked = _narrowed(asked, [" " in push.text for push in pushes], room)
        asked = [wide + max(0.0, room - sum(asked)) / len(asked) for wide in asked]
        left = 0.0
        for push, wide in zip(pushes, asked, strict=True):
            self.add_widget(parts.Key(self._look, push, (left, 0, wide, self._height), px=px, pad=_PAD))
            left += wide + gap


def _narrowed(asked: list[float], breaks: list[bool], room: float) -> list[float]:
    """Widths that fit: first the keys of several words give way, which then take two lines, and only then those of one word."""
    spare = room - sum(wide for wide, may in zip(asked, breaks, strict=True) if not may)
    enough = spare >= _SMALLEST_KEY * sum(breaks) and any(breaks)
    gives = [may or not enough for may in breaks]
    left = spare if enough else room
    over = [max(0.0, wide - _SMALLEST_KEY) if may else 0.0 for wide, may in zip(asked, gives, strict=True)]
    share = (left - _SMALLEST_KEY * sum(gives)) / (sum(over) or 1.0)
    return [_SMALLEST_KEY + more * share if may else wide for wide, more, may in zip(asked, over, gives, strict=True)]


def _timeless(push: blocks.Push) -> blocks.Push:
    """The same key whatever second it is; a count of another length is another key."""
    return replace(push, text=re.sub(r"\d", "0", push.text))


class LargeScreen(Screen):
    """Any view, as the blocks of its page. The dock is its own: the chrome of the other screens is away meanwhile."""

    def __init__(self, tell: Tell, view_class: type[views.View], *, contrast: bool, **kwargs: Any) -> None:
        self.view_class = view_class  # type: ignore[misc]  # one class draws every view
        self.many_fingers = view_class is views.PinView  # type: ignore[misc]
        self.look = look(contrast=contrast)
        self._page = blocks.Page()
        self._next: Any = None
        super().__init__(tell, **kwargs)
        self._club = text.Text(face="bold", px=48, role=self.look.text, rect=(_MARGIN, 40, 560, 88))
        self._offline = text.Text(
            face="bold", px=44, role=self.look.accent_text, halign="right", rect=(500, 40, 330, 88)
        )
        self._clock = text.Text(face="bold", px=56, role=self.look.text, halign="right", rect=(1024 - 180, 40, 180, 88))
        self._column = scroll.Column(inset=(_MARGIN, 8))
        self._foot = Bar(self.look, _FOOT_PX, shown=False)
        self._line = surface.Block(role=self.look.border, rect=(0, _HEIGHT - _DOCK_PX, 1080, LINE_PX))
        self._dock = Bar(self.look, _KEY_PX, rect=(_MARGIN, _HEIGHT - _DOCK_PX + 25, parts.WIDTH, _KEY_PX))
        for part in (self._column, self._club, self._offline, self._clock, self._foot, self._line, self._dock):
            self.add_widget(part)
        self.bind(view=self._draw)
        self._draw()

    @property
    def ground(self) -> str:
        """The colour role behind everything, by night too."""
        return self.look.ground

    def _draw(self, *_: object) -> None:
        view = self.view
        self._club.text, self._clock.text, self._offline.text = view.header.club, view.header.clock, view.header.offline
        page = pages.of(view)
        dock = _dock(view.dock) if page.dock else ()
        self._dock.draw(dock, px=48)
        self._line.shown = self._dock.shown = bool(dock)
        bottom = _HEIGHT - (_DOCK_PX if dock else 40)
        self._foot.shown = bool(page.foot)
        if page.foot:
            bottom -= _FOOT_PX + 24
            self._foot.rect = (_MARGIN, bottom, parts.WIDTH, _FOOT_PX)
        self._foot.draw(page.foot, px=parts.BUTTON)
        self._column.rect = (0, _TOP, 1080, bottom - _TOP - (16 if page.foot else 4))
        self._fill(page)

    @property
    def moving(self) -> bool:
        """Whether parts of a new page are still to be drawn."""
        return self._next is not None

    def _fill(self, page: blocks.Page) -> None:
        before, self._page = self._page, page
        if [type(block) for block in before.blocks] != [type(block) for block in page.blocks]:
            self._column.clear_widgets()
            for block in page.blocks:
                self._column.add_widget(parts.PARTS[type(block)](self.look))
            self._column.to_top()
        elif before.blocks[:1] != page.blocks[:1]:
            self._column.to_top()
        for part, block in self._pairs():
            if part.block is not None:
                part.draw(block)
        self._draw_next()

    def _pairs(self) -> list[tuple[parts.Part, blocks.Block]]:
        return list(zip(reversed(self._column.children), self._page.blocks, strict=True))

    def _draw_next(self, _elapsed: float = 0.0) -> None:
        """Draw the next part of a new page, one in a frame: the page comes up meanwhile, and no frame waits for all of it."""
        if self._next is not None:
            self._next.cancel()
            self._next = None
        due = [(part, block) for part, block in self._pairs() if part.block is None]
        if due:
            part, block = due[0]
            part.draw(block)
        if len(due) > 1:
            self._next = Clock.schedule_once(self._draw_next, 0)


def _dock(dock: views.Dock) -> tuple[blocks.Push, ...]:
    found = (
        blocks.Push(dock.back, Action.BACK) if dock.back else None,
        blocks.Push(dock.home, Action.HOME) if dock.home else None,
        blocks.Push(dock.large, Action.LARGE) if dock.large else None,
        blocks.Push(dock.language, Action.LANGUAGE) if dock.language else None,
        blocks.Push(dock.short or dock.exit, Action.EXIT, inverse=True) if dock.exit else None,
    )
    return tuple(push for push in found if push is not None)
