"""kiosk-11: the member's vouchers."""

from kivy.properties import ObjectProperty

from kiosk_app.present import views
from kiosk_app.ui import parts  # noqa: F401 -- the .kv file uses them
from kiosk_app.ui.screen import Row, Screen, load_kv
from kiosk_app.ui.screens import rewards  # noqa: F401 -- the chips are the same

SHADES = ("jade", "#2F5E51", "#1D3B33")


class VoucherRow(Row):
    """One voucher: a stub torn off along its perforation."""

    item = ObjectProperty(views.VoucherCard(), rebind=True)

    @staticmethod
    def stub_role(card: views.VoucherCard) -> str:
        """Colour of the stub."""
        return "surface_2" if card.used else SHADES[card.shade % len(SHADES)]


class VouchersScreen(Screen):
    """The one that expires first with its code, then all of them by state."""

    view_class = views.VouchersView


load_kv(__file__)
