"""Any refusal in calm words: what happened and what to do; the code is in the log."""

from typing import Any

from kivy.properties import ObjectProperty, StringProperty

from kiosk_app.present import views
from kiosk_app.ui import parts  # noqa: F401 -- the .kv file uses them
from kiosk_app.ui.screen import Screen, load_kv

_WIDE = (190, 200, 700, 420)
_NARROW = (260, 210, 560, 400)
_PICTURES = {
    "card": ("ui/notice/card-unknown", _WIDE),
    "offline": ("ui/notice/offline", _WIDE),
    "blocked": ("ui/notice/card-blocked", _WIDE),
    "reader": ("ui/notice/reader-lost", _WIDE),
    "sold-out": ("ui/empty/no-vouchers", _NARROW),
}


class ErrorScreen(Screen):
    """A picture, what happened, what to do."""

    view_class = views.ErrorView

    picture = StringProperty("")
    picture_rect = ObjectProperty(_WIDE)

    def on_view(self, _screen: Any, view: views.ErrorView) -> None:
        """Choose the picture."""
        self.picture, self.picture_rect = _PICTURES.get(view.illustration, _PICTURES["card"])


load_kv(__file__)
