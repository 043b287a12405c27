"""Staff at the console: Debian's Chromium driven by Playwright."""

import io
from collections.abc import Iterator
from contextlib import contextmanager

from PIL import Image
from playwright.sync_api import Page, sync_playwright

from demo.house import SignIn

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
    page.fill("input[name=number]", staff.number)
    page.fill("input[name=password]", staff.password)
    page.click("button[type=submit]")
    page.wait_for_url("**/console/boards**")


def shot(page: Page) -> Image.Image:
    """The page as it is seen."""
    with Image.open(io.BytesIO(page.screenshot())) as picture:
        return picture.convert("RGB")
