"""kiosk-35: a voucher's code, what it is for, and handing it over (A14, K12)."""

from kivy.properties import ObjectProperty

from kiosk_app.present import views
from kiosk_app.ui import staff_parts  # noqa: F401 -- the .kv file uses them
from kiosk_app.ui.screen import Item, Screen, load_kv


class SymbolKey(Item):
    """A key of the pad: a symbol, or a quiet one that changes what was typed."""

    item = ObjectProperty(views.PinKey(), rebind=True)


class StaffVoucherScreen(Screen):
    """The code, then its keys or its voucher."""

    view_class = views.StaffVoucherView
    many_fingers = True


load_kv(__file__)
