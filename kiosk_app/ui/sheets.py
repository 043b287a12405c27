"""What lies over a screen: the confirm sheet, a voucher's code, and "are you still there?"."""

import time
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, ClassVar

from kivy.clock import Clock
from kivy.properties import ObjectProperty

from club.resources import theme as tokens
from club.ui import damage, motion, touch
from kiosk_app.present import views
from kiosk_app.ui import parts  # noqa: F401 -- the .kv file uses them
from kiosk_app.ui.screen import Row, Tell, load_kv


class Sheet(touch.Blocker):
    """A sheet draws its `sheet`, a part of the view, and is away while that is None. It rises from below over a scrim."""

    sheet_class: ClassVar[type[Any]]
    height_px: ClassVar[float] = 0

    sheet = ObjectProperty(rebind=True)

    def __init__(self, tell: Tell, **kwargs: Any) -> None:
        self._rise: Any = None
        self._began = 0.0
        super().__init__(sheet=self.sheet_class(), tell=tell, rect=(0, 0, 1080, 1920), shown=False, **kwargs)

    @property
    def moving(self) -> bool:
        """Whether it still rises."""
        return self._rise is not None

    def update(self, sheet: Any) -> None:
        """Show a sheet's values, or put it away with None."""
        if sheet is None:
            if self.shown:
                self._end()
                self.shown = False
                damage.everything()
            self.forget()
            return
        self.sheet = sheet
        if not self.shown:
            self.shown = True
            if self.height_px and not motion.reduced():
                self._began = time.monotonic()
                self._rise = Clock.schedule_interval(self._rise_on, 0)
                self._rise_on(0.0)

    def forget(self) -> None:
        """Forget what was shown, unless it is shown now."""
        if not self.shown:
            self.sheet = self.sheet_class()

    def _rise_on(self, _elapsed: float) -> None:
        share = min(1.0, (time.monotonic() - self._began) / (tokens.theme().motion.slow_ms / 1000))
        eased = 1 - (1 - share) ** 3
        self.ids.riser.drop = self.height_px * (1 - eased)
        self.ids.scrim.opacity = eased
        damage.everything()
        if share >= 1.0:
            self._end()

    def _end(self) -> None:
        if self._rise is not None:
            self._rise.cancel()
            self._rise = None
        if self.height_px:
            self.ids.riser.drop = 0
            self.ids.scrim.opacity = 1.0
            damage.everything()


class SheetLineRow(Row):
    """A line of the confirm sheet."""

    item = ObjectProperty(views.SheetLine(), rebind=True)


class ConfirmSheet(Sheet):
    """kiosk-09: what it costs, before it is spent."""

    sheet_class = views.ConfirmSheet
    height_px = 1044


class CodeSheet(Sheet):
    """A voucher's code as large as the glass allows."""

    sheet_class = views.CodeSheet


class TimeoutSheet(Sheet):
    """kiosk-17: are you still there?"""

    sheet_class = views.TimeoutSheet
    height_px = 780


load_kv(__file__)

SHEETS: Mapping[str, type[Sheet]] = MappingProxyType(
    {"confirm": ConfirmSheet, "code": CodeSheet, "timeout": TimeoutSheet}
)
"""Sheets by the field of the view they draw, the front one last."""
