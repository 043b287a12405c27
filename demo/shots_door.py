"""The console's door with an authenticator: how one is bound to an account, and the step it adds to signing in."""

import re
from datetime import datetime

import pyotp
from playwright.sync_api import Page

from demo import browser
from demo.house import House
from demo.shots_camera import Camera

_STAFF = "1000"
"""Signs in only for these pictures: afterwards the account asks for six digits."""


def second_step(house: House, camera: Camera, suffix: str, day: str) -> None:
    """Bind an authenticator, sign out, and come to the second step.

    Args:
        house: running; its clock is pinned to a day and runs.
        camera: keeps the pictures.
        suffix: ends their names.
        day: the ISO instant the clock began with.
    """
    staff = next(one for one in house.staff if one.number == _STAFF)
    with browser.console_page() as page:
        page.goto(f"{house.url}/console/sign-in?lang={'en' if suffix else 'zh-CN'}")
        browser.sign_in(page, house.url, staff)
        now = _now(page, house.url, day)
        page.goto(f"{house.url}/console/account")
        page.fill("#password", staff.password)
        page.click("#start button")
        page.wait_for_selector("#secret")
        camera.take(f"console-account-binding{suffix}", browser.shot(page))
        secret = page.inner_text("#secret").replace(" ", "")
        page.fill("#digits", pyotp.TOTP(secret).at(now))
        page.click("#confirm button:not([form])")
        page.wait_for_selector("#remove")
        camera.take(f"console-account-bound{suffix}", browser.shot(page))
        page.click(".me button")
        page.fill("#number", staff.number)
        page.fill("#password", staff.password)
        page.press("#password", "Enter")
        page.wait_for_selector("#second")
        page.locator("#digits").press_sequentially("4072")
        camera.take(f"console-09-sign-in-code{suffix}", browser.shot(page))


def _now(page: Page, url: str, day: str) -> datetime:
    """What the house's clock says, as the page of the devices tells it."""
    page.goto(f"{url}/console/devices")
    found = re.search(r"(\d+):(\d+):(\d+)", page.inner_text(".live"))
    if found is None:
        raise AssertionError("expected the page of the devices to tell the time; it does not")
    hour, minute, second = map(int, found.groups())
    return datetime.fromisoformat(day).replace(hour=hour, minute=minute, second=second)
