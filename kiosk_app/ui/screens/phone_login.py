"""kiosk-21: phone number and PIN in place of a card."""

from kivy.properties import ObjectProperty, StringProperty

from club.ui import place
from kiosk_app.present import views
from kiosk_app.ui.screen import Item, Screen, load_kv


class PhoneDot(place.Plane):
    """One digit of the PIN: "full", "next" or "empty"."""

    item = StringProperty("")


class PhoneKeyButton(Item):
    """One key."""

    item = ObjectProperty(views.PinKey(), rebind=True)


class PhoneLoginScreen(Screen):
    """Twelve keys; two thumbs may type."""

    view_class = views.PhoneLoginView
    many_fingers = True


load_kv(__file__)
