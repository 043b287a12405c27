"""The view of signing in without a card."""

from typing import ClassVar

from kiosk_app.present.view_base import NO_BUTTON, Button, View
from kiosk_app.present.view_reward import PinKey, marks, pad_keys


class PhoneLoginView(View, frozen=True, kw_only=True):
    """kiosk-21. `phone` is masked unless asked for; of the PIN only how many digits are in (`filled` of `length`).

    `problem` is why the last try opened nothing; it takes the place of `pin_label` and `hidden_note`. `typing_pin`: the number is
    whole, what is typed next is the PIN.
    """

    screen: ClassVar[str] = "phone_login"

    title: str = ""
    detail: str = ""
    phone_label: str = ""
    phone: str = ""
    phone_hint: str = ""
    phone_done: str = ""
    show: Button = NO_BUTTON
    pin_label: str = ""
    hidden_note: str = ""
    problem: str = ""
    length: int = 6
    filled: int = 0
    typing_pin: bool = False
    clear: str = ""
    sign_in: Button = NO_BUTTON
    privacy: str = ""
    help: str = ""
    busy: bool = False

    @property
    def dots(self) -> tuple[str, ...]:
        """One mark per digit of the PIN."""
        return marks(self.length, self.filled, self.typing_pin) if self.clear else ()

    @property
    def pad(self) -> tuple[PinKey, ...]:
        """The twelve keys in reading order."""
        return pad_keys(self.clear)
