"""The console's pages as pictures, in Debian's Chromium."""

import sqlite3
from contextlib import closing

from demo import browser
from demo.house import House
from demo.shots_camera import Camera

_STAFF = "1001"


def pages(house: House, camera: Camera, suffix: str = "") -> None:
    """Take the door, the boards, the editor and the devices."""
    staff = next(one for one in house.staff if one.number == _STAFF)
    with browser.console_page() as page:
        page.goto(f"{house.url}/console/sign-in?lang={'en' if suffix else 'zh-CN'}")
        camera.take(f"console-09-sign-in{suffix}", browser.shot(page))
        browser.sign_in(page, house.url, staff)
        for path, name in (
            ("boards", "console-boards"),
            ("boards/b-lakeside", "console-02-board-editor"),
            ("devices", "console-07-devices"),
            ("offline", "console-offline"),
            ("account", "console-account"),
        ):
            page.goto(f"{house.url}/console/{path}")
            page.wait_for_load_state("networkidle")
            camera.take(f"{name}{suffix}", browser.shot(page))


def speak_english(house: House) -> None:
    """Let every display speak English; the console has no page for that yet.

    What the displays play is made anew when something is published.
    """
    with closing(sqlite3.connect(house.options.state / "central" / "club.db", timeout=10)) as books, books:
        books.execute("UPDATE displays SET language = 'en'")
    staff = next(one for one in house.staff if one.number == _STAFF)
    with browser.console_page() as page:
        browser.sign_in(page, house.url, staff)
        page.goto(f"{house.url}/console/boards/b-lakeside")
        page.wait_for_load_state("networkidle")
        browser.publish(page)
