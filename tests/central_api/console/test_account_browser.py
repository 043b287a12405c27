"""The six boxes in Chromium: they count, keep digits only, and send themselves."""

import pyotp
import pytest
from playwright.sync_api import Page, expect

from tests.central_api.console.conftest import MANAGER
from tests.support.screens_club import Club

pytestmark = pytest.mark.browser


def test_binding_and_the_next_sign_in_with_six_digits(page: Page, club: Club, faults: list[str]) -> None:
    page.click(".side .me a")
    page.fill("#password", club.passwords[MANAGER])
    page.click("#start button")
    secret = (page.locator("#secret").text_content() or "").replace(" ", "")
    button = page.locator("#confirm button[data-missing]")
    expect(button).to_have_text("绑定，还差 6 位")
    expect(button).to_be_disabled()
    page.locator("#digits").press_sequentially(pyotp.TOTP(secret).at(club.clock.now()))
    expect(button).to_have_text("绑定")
    button.click()
    expect(page.locator("#notice")).to_contain_text("已绑定")

    club.clock.forward(30)
    page.click(".side .me button")
    page.fill("#number", MANAGER)
    page.fill("#password", club.passwords[MANAGER])
    page.click("main button")
    digits = page.locator("#digits")
    expect(digits).to_be_focused()
    expect(page.locator("#until")).to_contain_text("秒后换新码")
    digits.press_sequentially("4x0 7-2")
    expect(digits).to_have_value("4072")
    expect(page.locator(".b.wide")).to_have_text("登录，还差 2 位")
    expect(page.locator(".boxes span").nth(4)).to_have_class("next")
    digits.fill(pyotp.TOTP(secret).at(club.clock.now()))
    page.wait_for_url("**/console/boards")
    assert faults == []
