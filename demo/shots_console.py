"""The console's pages as pictures, in Debian's Chromium."""

import json
import sqlite3
from collections.abc import Mapping
from contextlib import closing

from playwright.sync_api import Page

from demo import browser
from demo.house import House
from demo.shots_camera import Camera

PAGES: Mapping[str, str] = {  # never changed
    "boards": "console-boards",
    "boards/{slug}": "console-02-board-editor",
    "notice": "console-21-emergency-notice-write",
    "offline": "console-offline",
    "tasks": "console-tasks",
    "limits": "console-limits",
    "codes": "console-codes",
    "codes/{member_id}/end": "console-code-end",
    "devices": "console-07-devices",
    "devices/add": "console-device-add",
    "devices/{device_id}": "console-device",
    "devices/{device_id}/replace": "console-device-replace",
    "devices/{device_id}/revoke": "console-device-revoke",
    "devices/{device_id}/wipe": "console-device-wipe",
    "account": "console-account",
}
"""The pages behind the door by their addresses below `/console`, and how their pictures are called; in the order of the menu."""

_STAFF, _BOARD, _MEMBER, _FOUND = "1001", "b-lakeside", "m0001", "6621"
_TASKS = (
    ("refund-unclear", "m0001", {"source": "dms-east", "refund": "R-20260516-07", "bill": "B-20260514-31"}, False),
    ("joining-unclear", "m0018", {"reward": "tea-set"}, False),
    ("refund-unclear", "m0006", {"source": "dms-east", "refund": "R-20260515-02", "bill": "B-20260511-18"}, True),
)
_PIECES = (  # code, price, what was paid, the reason, whether somebody looked into it
    ("7K2M9Q4T63", 1200, 0, "points", False),
    ("4HWN6R8C27", 600, 0, "replayed", False),
    ("9PXC3V7E51", 600, 0, "stock", True),
)


def pages(house: House, camera: Camera, suffix: str = "") -> None:
    """Take the door, every page behind it, and what leads on from some of them."""
    _fill(house)
    staff = next(one for one in house.staff if one.number == _STAFF)
    with browser.console_page() as page:
        page.goto(f"{house.url}/console/sign-in?lang={'en' if suffix else 'zh-CN'}")
        camera.take(f"console-09-sign-in{suffix}", browser.shot(page))
        browser.sign_in(page, house.url, staff)
        page.goto(f"{house.url}/console/devices")
        device = page.locator(".device").first.evaluate("one => one.id.replace(/^d-/, '')")
        for path, name in PAGES.items():
            page.goto(f"{house.url}/console/{path.format(slug=_BOARD, device_id=device, member_id=_MEMBER)}")
            page.wait_for_load_state("networkidle")
            camera.take(f"{name}{suffix}", browser.shot(page))
        _codes(house, camera, page, suffix)
        page.goto(f"{house.url}/console/nowhere")
        camera.take(f"console-nowhere{suffix}", browser.shot(page))


def _codes(house: House, camera: Camera, page: Page, suffix: str) -> None:
    """A member's code: nobody found, somebody found, the code itself."""
    page.goto(f"{house.url}/console/codes")
    for query, name in (("0000", "nobody"), (_FOUND, "found")):
        page.fill("#query", query)
        page.click("#find button")
        page.wait_for_load_state("networkidle")
        camera.take(f"console-codes-{name}{suffix}", browser.shot(page))
    form = page.locator("form[id^='f-']").first
    form.locator("select").select_option("id-card")
    form.locator("button:not([form])").click()
    page.wait_for_selector("#qr svg")
    camera.take(f"console-codes-made{suffix}", browser.shot(page))


def _fill(house: House) -> None:
    """Put into the books what a day would bring by and by, and waits for staff: tasks, and pieces handed out offline."""
    seen = ("2026-05-16 05:20:00.000000", f"staff:{_STAFF}")
    with closing(sqlite3.connect(house.options.state / "central" / "club.db", timeout=10)) as books, books:
        kiosk = books.execute("SELECT id FROM devices WHERE kind = 'kiosk'").fetchone()[0]
        for number, (kind, member, facts, done) in enumerate(_TASKS):
            books.execute(
                "INSERT INTO staff_tasks (key, kind, store, member, made_at, facts, done_at, done_by) VALUES (?, ?, 'east', ?, ?, ?, ?, ?)",
                (f"{kind}:{number}", kind, member, f"2026-05-16 02:{number}5:00.000000", json.dumps(facts))
                + (seen if done else (None, "")),
            )
        for code, price, taken, reason, done in _PIECES:
            books.execute(
                "INSERT INTO offline_redemptions (command, device, store, outage, reward, code, price, taken, shortfall, reason,"
                " issued_at, valid_to, settled_at, seen_at, seen_by)"
                " VALUES (?, ?, 'east', 'outage', 'basic-service-voucher', ?, ?, ?, ?, ?, ?, '2026-08-14', ?, ?, ?)",
                (f"command-{code}", kiosk, code, price, taken, price - taken, reason)
                + ("2026-05-16 03:05:00.000000", "2026-05-16 04:00:00.000000")
                + (seen if done else (None, "")),
            )


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
