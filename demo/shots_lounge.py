"""Waits for the lounge's pictures to take their turns, and takes each from the glass."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from playwright.sync_api import Page

from club.ui.control import ask
from demo import browser
from demo.house import House
from demo.processes import wait_until
from demo.shots_camera import Camera, Condition, NotShown, State, always, still

BOARDS: Mapping[str, str] = {  # never changed
    "b-lakeside": "lounge-01-activity-board",
    "b-share-tea-hill": "lounge-02-activity-share",
    "b-tiers": "lounge-06-tier-promo",
    "b-flagship": "lounge-image-board",
}
"""The drawings of the boards that take turns."""

_WRITER, _SECOND = "1001", "1008"
_NOTICE = {
    "zh.title": "地下 B 区停车位",
    "zh.when": "15:00 起临时封闭",
    "zh.text": "消防管检修，约 2 小时。停在 B 区的车主请到前台，代客移车免费。",
    "zh.contact": "一楼前台，分机 8001",
    "en.title": "Basement car park B",
    "en.when": "Closed from 15:00",
    "en.text": "Fire main repair, about two hours. If you are parked in B, please see the front desk; we will move your car free of charge.",
    "en.contact": "Front desk, ground floor, extension 8001",
}
"""The drawn notice; a field the form has not is left out."""


class Lounge:
    """The lounge display of a house; `suffix` ends the names of its pictures."""

    def __init__(self, house: House, camera: Camera, suffix: str = "") -> None:
        self.house, self._camera, self._suffix = house, camera, suffix

    def state(self) -> State:
        """What the display tells of itself."""
        return ask(self.house.lounge_control, {"do": "state"})

    def wait(self, board: str, also: Condition = always, seconds: float = 30) -> None:
        """Wait until a picture whose name begins like this is there whole.

        Raises:
            NotShown: it did not come in time.
        """

        def there() -> bool:
            now = self.state()
            return str(now["screen"]).startswith(board) and bool(now["settled"]) and also(now)

        if not wait_until(there, seconds):
            raise NotShown(f"expected {board} on the lounge's glass; there is {self.state()}")

    def shoot(self, name: str, board: str, seconds: float = 30) -> None:
        """Wait for a picture and take it."""
        self.wait(board, seconds=seconds)
        self._camera.take(f"{name}{self._suffix}", still(self.house.lounge_glass.look))

    def shoot_boards(self) -> None:
        """Take each board that takes turns, within a round and a half.

        Raises:
            NotShown: some did not come.
        """
        missing = dict(BOARDS)

        def seen() -> bool:
            now = self.state()
            slug = str(now["screen"]).partition("@")[0]
            if slug in missing and now["settled"]:
                self._camera.take(f"{missing.pop(slug)}{self._suffix}", self.house.lounge_glass.look())
            return not missing

        if not wait_until(seen, 90, every=0.2):
            raise NotShown(
                f"expected the boards {sorted(missing)} on the lounge's glass within a round; they did not come"
            )

    def shoot_urgent(self, now: datetime) -> None:
        """Have two members of staff put a notice on the screen, as they would, and take it."""
        staff = {one.number: one for one in self.house.staff}
        for number in (_WRITER, _SECOND):
            with browser.console_page() as page:
                page.goto(f"{self.house.url}/console/sign-in?lang={'en' if self._suffix else 'zh-CN'}")
                browser.sign_in(page, self.house.url, staff[number])
                page.goto(f"{self.house.url}/console/notice")
                if number == _WRITER:
                    _write(page, now + timedelta(hours=2, minutes=28))
                else:
                    page.wait_for_load_state("networkidle")
                    self._camera.take(f"console-21-emergency-notice{self._suffix}", browser.shot(page))
                    page.click("#confirm button")
                    page.wait_for_selector("#withdraw")
                    page.wait_for_load_state("networkidle")  # the picture of the screen
                    self._camera.take(f"console-21-emergency-notice-runs{self._suffix}", browser.shot(page))
        # The display's pinned clock is behind the server's by as much as it was started later: so long the notice lies ahead of it.
        self.shoot("lounge-08-urgent", "n-", seconds=90)


def _write(page: Page, ends: datetime) -> None:
    for name, text in _NOTICE.items():
        if page.locator(f"[name='{name}']").count():
            page.fill(f"[name='{name}']", text)
    page.fill("#ends", f"{ends:%Y-%m-%dT%H:%M}")
    page.click("#prepare button")
    page.wait_for_selector("#step")
