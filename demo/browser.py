"""Staff at the console: Debian's Chromium driven by Playwright."""

import io
from collections.abc import Iterator
from contextlib import contextmanager

from PIL import Image
from playwright.sync_api import Error as BrowserError
from playwright.sync_api import Page, sync_playwright

from demo.house import SignIn

__all__ = ["BrowserError", "console_page", "edit_title", "publish", "shot", "sign_in"]

CHROMIUM = "/usr/bin/chromium"
_ARGUMENTS = (
    "--no-sandbox",  # the tests run as root in a container; the pages are our own
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
_SLOW_MS = 20_000


@contextmanager
def console_page(width: int = 1440, height: int = 900) -> Iterator[Page]:
    """A fresh browser window at the console's design size."""
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=list(_ARGUMENTS))
        try:
            page = browser.new_page(viewport={"width": width, "height": height}, locale="zh-CN")
            page.set_default_timeout(_SLOW_MS)
            yield page
        finally:
            browser.close()


def sign_in(page: Page, url: str, staff: SignIn) -> None:
    """Sign in as one of the demo's staff."""
    page.goto(f"{url}/console")
    page.fill("#number", staff.number)
    page.fill("#password", staff.password)
    page.press("#password", "Enter")
    page.wait_for_url("**/console/boards**")


def edit_title(page: Page, url: str, board: str, title: str) -> None:
    """Open a board's editor and change its Chinese title; returns when the draft is saved and its preview drawn."""
    page.goto(f"{url}/console/boards/{board}")
    before = page.input_value("#edit")
    page.fill("[name='zh.title']", title)
    page.wait_for_function("before => document.querySelector('#edit').value !== before", arg=before)
    page.wait_for_function(
        "() => { const shown = document.querySelector('#preview img'); return shown && shown.complete; }"
    )


def publish(page: Page) -> None:
    """Publish the board whose editor is open; returns when the console says so."""
    page.click("#publish")
    page.wait_for_selector("#notice [role=status]")


def shot(page: Page) -> Image.Image:
    """The page as it is seen."""
    with Image.open(io.BytesIO(page.screenshot())) as picture:
        return picture.convert("RGB")
