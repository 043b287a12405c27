"""What every screen and sheet is: it draws `view`, tells what was pressed, and knows nothing else."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

from kivy.lang import Builder
from kivy.properties import BooleanProperty, ObjectProperty

from club.ui import buttons, place, rolling, round, scroll, surface, text, touch  # noqa: A004, F401 -- the .kv files use these widgets
from kiosk_app.present import views

Tell = Callable[[str, str], None]


def load_kv(module_file: str) -> None:
    """Load the .kv file that lies beside a module. Call it before the class of that name is made."""
    Builder.load_file(str(Path(module_file).with_suffix(".kv")), encoding="utf-8")


class Screen(place.Plane):
    """A screen. Its .kv file reads ``root.view.*`` and calls ``root.tell(action, argument)``; there is nothing else to it.

    Hooks: `show` before its first frame, `entered` when the change to it is over, `left` when it is gone.
    """

    view_class: ClassVar[type[views.View]]
    night_header: ClassVar[bool] = False
    """Whether the header is drawn on ink."""
    many_fingers: ClassVar[bool] = False
    """Whether a second finger may press while the first is still down (typing)."""

    view = ObjectProperty(rebind=True)
    tell = ObjectProperty()

    def __init__(self, tell: Tell, **kwargs: Any) -> None:
        super().__init__(view=self.view_class(), tell=tell, **kwargs)

    @property
    def ground(self) -> str:
        """The colour role behind everything."""
        return "night.ground" if self.view_class.night else "ground"

    def show(self) -> None:
        """Called before the first frame."""

    def light(self, share: float) -> None:
        """Called while the lights go on (``share`` from 0 to 1): the ground changes from ink to porcelain under this screen."""

    def entered(self) -> None:
        """Called when the change to this screen is over."""

    def left(self) -> None:
        """Called when the change away from it is over."""

    def blank(self) -> bool:
        """Forget what was shown; returns whether there was anything."""
        blank = self.view_class()
        if self.view == blank:
            return False
        self.view = blank
        return True


class Item(touch.TapPanel):
    """A child of a list: draws its `item`."""

    item = ObjectProperty(rebind=True)
    first = BooleanProperty(False)
    index = -1


class Row(place.Plane):
    """A child of a list that is not pressed as a whole; the `first` has no line above it."""

    item = ObjectProperty(rebind=True)
    first = BooleanProperty(False)
    index = -1
