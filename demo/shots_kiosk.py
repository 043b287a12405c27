"""Leads the kiosk through every screen of a visit, in one language, by card and finger, and takes each from the glass."""

import os
import signal
import sqlite3
from contextlib import closing

from PIL import Image

from club.ui.control import ask
from demo import screens
from demo.finger import Finger
from demo.house import House
from demo.processes import wait_until
from demo.reader import VirtualReader
from demo.shots_camera import Camera, Condition, NotShown, State, always, still

_STAFF, _GETS_A_CARD, _PHONE_TAIL = "1032", "m0030", "0144"
_MEMBER, _NEWCOMER, _LOST_CARD, _STRANGER = "m0001", "m0018", "m0008", "stranger"
_NUMBER = "13800006621"
_NO_MEMBERS_CODE = "XZM1:" + "0" * 32
_ENGLISH_DRAWINGS = {"kiosk-05-home": "kiosk-37-home-en", "kiosk-07-rewards": "kiosk-38-rewards-en"}


class Kiosk:
    """Leads the kiosk from screen to screen.

    Args:
        house: running, with a virtual reader.
        camera: keeps the pictures.
        language: in which the kiosk starts (`ui.language`).
    """

    def __init__(self, house: House, camera: Camera, language: str = "zh-CN") -> None:
        self.house, self._camera, self.language = house, camera, language
        self._finger = Finger(house.kiosk_glass, screens.KIOSK)

    def state(self) -> State:
        """What the kiosk tells of itself."""
        return ask(self.house.kiosk_control, {"do": "state"})

    def wait(self, screen: str, also: Condition = always) -> None:
        """Wait until a screen has settled.

        Raises:
            NotShown: not within twenty seconds.
        """
        if not wait_until(lambda: (now := self.state())["screen"] == screen and bool(now["settled"]) and also(now), 20):
            raise NotShown(f"expected the kiosk to show {screen}; it shows {self.state()}")

    def shoot(self, name: str, screen: str, also: Condition = always) -> None:
        """Wait for a screen and take it from the glass, under the name of its drawing in the language of this visit."""
        self.wait(screen, also)
        if self.language != "zh-CN":
            name = _ENGLISH_DRAWINGS.get(name, f"{name}-en")
        self._camera.take(name, still(self.look))

    def press(self, action: str, arg: str | None = None) -> None:
        """Press on the glass what tells an action.

        Raises:
            NotShown: nothing does.
        """
        self.touch(*self.offered(action, arg)[0])

    def offered(self, action: str, arg: str | None = None, seconds: float = 10) -> list[list[float]]:
        """Wait until there is something on the glass that tells an action; where.

        Raises:
            NotShown: nothing does.
        """
        if not wait_until(lambda: bool(self.places(action, arg)), seconds):
            raise NotShown(f"expected something on the glass that tells {action}; there is none: {self.state()}")
        return self.places(action, arg)

    def places(self, action: str, arg: str | None = None) -> list[list[float]]:
        """The middles of what tells an action now."""
        found: list[list[float]] = ask(self.house.kiosk_control, {"do": "places", "action": action, "arg": arg})[
            "places"
        ]
        return found

    def touch(self, x: float, y: float) -> None:
        """Press a point of the drawing."""
        self._finger.press(x, y)

    def there_and_back(self, action: str, name: str, screen: str) -> None:
        """From the home page to another, and back."""
        self.press(action)
        self.shoot(name, screen)
        self.press("back")
        self.wait("home")

    def tap(self, card: str, also: Condition = lambda state: bool(state["confirmed"])) -> None:
        """Lay a member's card down and come to the home page, in the language of this visit whatever the member's own is."""
        self.wait("attract")
        if self.language != "zh-CN":
            self.press("wake")
            self.press("language")  # there and back again: a language chosen by hand stays
            self.wait("tap", lambda state: state["language"] == "zh-CN")
            self.press("language")
            self.wait("tap", lambda state: state["language"] == self.language)
        self.house.reader.tap(card)
        self.wait("home", also)

    def leave(self) -> None:
        """Sign out."""
        self.press("exit")
        self.wait("attract")

    def enter_pin(self, digits: str) -> None:
        """Type on the pad."""
        for digit in digits:
            self.press("digit", digit)
            still(self.look)

    def scanned(self, code: str, screen: str) -> bool:
        """Hold a code to the scanner; whether a screen comes of it."""
        self._finger.scan(code)
        return wait_until(lambda: self.state()["screen"] == screen, 5)

    def look(self) -> Image.Image:
        """What is on the glass."""
        return self._finger.look()


def visit(kiosk: Kiosk) -> None:
    """Every screen from the resting one to the voucher, and the cards that open nothing."""
    _arrive(kiosk)
    kiosk.tap(_MEMBER)
    kiosk.shoot("kiosk-05-home", "home")
    kiosk.press("large")
    kiosk.shoot("kiosk-20-home-a11y", "home", lambda state: bool(state["large"]))
    kiosk.there_and_back("rewards", "kiosk-20-rewards-a11y", "rewards")
    kiosk.press("large")
    kiosk.wait("home", lambda state: not state["large"])
    kiosk.there_and_back("vouchers", "kiosk-11-vouchers", "vouchers")
    kiosk.there_and_back("activities", "kiosk-12-activities", "activities")
    kiosk.there_and_back("points", "kiosk-06-points", "points")
    _redeem(kiosk)
    kiosk.leave()
    kiosk.tap(_NEWCOMER)
    kiosk.there_and_back("vouchers", "kiosk-36-empty-vouchers", "vouchers")
    kiosk.press("points")
    kiosk.wait("points")
    kiosk.press("filter", "expired")  # nothing of this member's ever was
    kiosk.shoot("kiosk-36-empty-points", "points")
    kiosk.leave()
    kiosk.house.reader.tap(_LOST_CARD)
    kiosk.shoot("kiosk-33-blocked-card", "blocked_card")
    kiosk.press("understood")


def _arrive(kiosk: Kiosk) -> None:
    kiosk.shoot("kiosk-01-attract", "attract", lambda state: bool(state["online"]))
    kiosk.press("wake")
    kiosk.shoot("kiosk-02-tap", "tap")
    _by_phone(kiosk)
    os.kill(kiosk.house.server.pid, signal.SIGSTOP)  # an answer that takes its time keeps the reading screen
    try:
        kiosk.house.reader.act("tap", _STRANGER)
        kiosk.shoot("kiosk-03-reading", "reading")
    finally:
        os.kill(kiosk.house.server.pid, signal.SIGCONT)
    kiosk.shoot("kiosk-31-card-unknown", "unknown_card")
    kiosk.press("understood")
    kiosk.wait("attract")
    # On a machine so busy that a code comes in pieces it is scanned again, as a person would.
    if not wait_until(lambda: kiosk.scanned(_NO_MEMBERS_CODE, "error"), 60):
        raise NotShown(f"expected the kiosk to refuse a code; it shows {kiosk.state()}")
    kiosk.shoot("kiosk-31-code-unknown", "error")
    kiosk.press("understood")


def _by_phone(kiosk: Kiosk) -> None:
    """The way in without a card, up to the digits that are missing; then back to the hint."""
    kiosk.press("phone")
    kiosk.wait("phone_login")
    kiosk.enter_pin(_NUMBER + "3141")
    kiosk.shoot("kiosk-21-phone-login", "phone_login")
    kiosk.press("large")
    kiosk.shoot("kiosk-21-phone-login-a11y", "phone_login", lambda state: bool(state["large"]))
    kiosk.press("large")
    kiosk.wait("phone_login", lambda state: not state["large"])
    kiosk.press("back")
    kiosk.wait("tap")


def _redeem(kiosk: Kiosk) -> None:
    kiosk.press("rewards")
    kiosk.shoot("kiosk-07-rewards", "rewards")
    kiosk.press("reward", "basic-service-voucher")
    kiosk.shoot("kiosk-08-reward-detail", "reward_detail")
    kiosk.press("redeem")
    kiosk.offered("confirm")
    kiosk.shoot("kiosk-09-reward-confirm", "reward_detail")
    kiosk.press("confirm")
    kiosk.wait("pin")
    digits = kiosk.house.members[_MEMBER]
    kiosk.enter_pin(digits[:4])
    kiosk.shoot("kiosk-04-pin", "pin")
    kiosk.enter_pin(digits[4:])
    kiosk.shoot("kiosk-10-redeem-success", "success")


def staff_mode(kiosk: Kiosk) -> None:
    """A staff card and its PIN, a voucher, a card to be replaced, a member without a card, a blank card that is written, the member's own PIN."""
    pin = next(one.pin for one in kiosk.house.staff if one.number == _STAFF)
    kiosk.wait("attract")
    if kiosk.language != "zh-CN":
        kiosk.press("wake")
        kiosk.wait("tap")
        kiosk.press("language")
        kiosk.wait("tap", lambda state: state["language"] == "zh-CN")
        kiosk.press("language")
        kiosk.wait("tap", lambda state: state["language"] == kiosk.language)
    kiosk.house.reader.tap(f"staff-{_STAFF}")
    kiosk.shoot("kiosk-staff-pin", "pin")
    kiosk.enter_pin(pin)
    kiosk.shoot("kiosk-staff-desk", "staff_list")
    _hand_over(kiosk)
    kiosk.press("errand", "replace")
    _look_up(kiosk, _NUMBER[-4:])
    kiosk.press("find")
    kiosk.press("pick")
    kiosk.shoot("kiosk-18-staff", "staff_swap")
    kiosk.press("errand", "issue")
    _look_up(kiosk, _PHONE_TAIL)
    kiosk.shoot("kiosk-staff-find", "staff_find")
    kiosk.press("find")
    kiosk.shoot("kiosk-staff-pick", "staff_list")
    kiosk.press("pick", _GETS_A_CARD)
    kiosk.shoot("kiosk-staff-wait", "staff_write")
    kiosk.house.reader.act("lay", "blank-1")
    kiosk.offered("new_pin", seconds=60)  # the card is written
    kiosk.shoot("kiosk-34-staff-issue", "staff_write")
    kiosk.house.reader.act("take", "blank-1")
    kiosk.press("new_pin")
    kiosk.shoot("kiosk-staff-new-pin", "pin")
    kiosk.leave()


def _look_up(kiosk: Kiosk, digits: str) -> None:
    """What staff type to find a member."""
    kiosk.wait("staff_find")
    kiosk.press("identity", "id-card")
    kiosk.enter_pin(digits)


def _hand_over(kiosk: Kiosk) -> None:
    """The voucher that the visit brought, from its code to the handing over; then back to the desk."""
    with closing(sqlite3.connect(kiosk.house.options.state / "central" / "club.db", timeout=10)) as books:
        (code,) = books.execute(
            "SELECT code FROM vouchers WHERE member = ? AND state = 'issued' ORDER BY issued_at DESC", (_MEMBER,)
        ).fetchone()
    kiosk.press("voucher")
    kiosk.wait("staff_voucher")
    for place, symbol in enumerate(code):
        if place == len(code) - 4:
            kiosk.shoot("kiosk-staff-voucher-code", "staff_voucher")
        kiosk.press("symbol", symbol)
        still(kiosk.look)
    kiosk.offered("fulfil")
    kiosk.shoot("kiosk-35-staff-fulfil", "staff_voucher")
    kiosk.press("fulfil")
    kiosk.shoot("kiosk-35-staff-fulfil-done", "staff_voucher", lambda _: not kiosk.places("fulfil"))
    kiosk.press("back")
    kiosk.wait("staff_list")


def troubles(kiosk: Kiosk) -> None:
    """The last seconds of a visit, a network that is gone, a reader that is gone; the house is not whole afterwards."""
    kiosk.tap(_MEMBER)
    if not wait_until(lambda: 0 < int(str(kiosk.state()["left"])) <= 9, 40):
        raise NotShown(f"expected the time-out to count down; the kiosk says {kiosk.state()}")
    kiosk.shoot("kiosk-17-timeout", "home")
    kiosk.wait("attract")
    kiosk.house.server.stop()
    kiosk.wait("attract", lambda state: not state["online"])
    kiosk.tap(_MEMBER, always)
    kiosk.shoot("kiosk-home-offline", "home")
    kiosk.press("vouchers")
    kiosk.shoot("kiosk-16-offline", "offline")
    kiosk.leave()
    if isinstance(kiosk.house.reader, VirtualReader):
        kiosk.house.reader.service.kill()
        kiosk.shoot("kiosk-32-reader-lost", "reader_lost")
