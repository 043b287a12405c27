"""Signing in with an authenticator and binding one, without scripts (C1)."""

from typing import Any

import pyotp
import pytest
from litestar.testing import TestClient
from sqlalchemy import select, update

from central_api.staff.tables import staff, staff_challenges
from tests.central_api.console.conftest import MANAGER, Desk
from tests.support.pages import Page
from tests.support.screens_club import Club

SIGN_IN = "/console/sign-in"


@pytest.fixture
def secret(club: Club) -> str:
    """The manager's authenticator."""
    made = pyotp.random_base32()
    with club.context.db.write() as tx:
        tx.execute(update(staff).where(staff.c.number == MANAGER).values(totp_secret=made))
    return made


def first(club: Club, browser: TestClient[Any], **more: str) -> Page:
    fields = {"number": MANAGER, "password": club.passwords[MANAGER], **more}
    return Page(browser.post(SIGN_IN, data=fields))


def test_the_second_page_says_who_and_the_digits_lead_where_one_wanted_to_go(
    club: Club, browser: TestClient[Any], secret: str
) -> None:
    page = first(club, browser, next="/console/devices")
    assert page.url.endswith("/console/sign-in/code?next=%2Fconsole%2Fdevices")
    assert "周经理" in page.answer.text
    assert "城东店，工号 1001" in page.answer.text
    assert page.find("input", id="digits")[0]["autocomplete"] == "one-time-code"
    form = page.form("second")
    wrong = Page(browser.post(form.action, data={**form.fields, "digits": "1"}))
    assert (wrong.status, "还可尝试 4 次" in wrong.answer.text) == (401, True)
    digits = pyotp.TOTP(secret).at(club.clock.now())
    inside = Page(browser.post(form.action, data={**wrong.form("second").fields, "digits": digits}))
    assert inside.url.endswith("/console/devices")


def test_the_step_between_is_kept_from_scripts_for_five_minutes(
    club: Club, browser: TestClient[Any], secret: str
) -> None:
    fields = {"number": MANAGER, "password": club.passwords[MANAGER]}
    cookie = browser.post(SIGN_IN, data=fields, follow_redirects=False).headers["set-cookie"].lower()
    assert cookie.startswith("club-step=")
    assert {"httponly", "samesite=lax", "max-age=300"} <= {part.strip() for part in cookie.split(";")}
    with club.context.db.read() as tx:
        assert tx.scalar(select(staff_challenges.c.token_sha256)) not in cookie
    assert browser.get("/console/boards", follow_redirects=False).status_code == 303, "half a sign-in opens nothing"


def test_who_waits_too_long_begins_anew(club: Club, browser: TestClient[Any], secret: str) -> None:
    form = first(club, browser).form("second")
    club.clock.forward(300)
    page = Page(browser.post(form.action, data={**form.fields, "digits": "123456"}))
    assert "等得太久" in page.answer.text
    assert page.find("input", id="password")
    assert "等得太久" in Page(browser.get(f"{SIGN_IN}/code")).answer.text


def test_somebody_else_may_sign_in_instead(club: Club, browser: TestClient[Any], secret: str) -> None:
    browser.get(f"{SIGN_IN}?lang=en")
    form = first(club, browser).form("other")
    page = Page(browser.post(form.action, data=form.fields))
    assert page.answer.headers["content-language"] == "en"
    assert page.find("input", id="password")
    with club.context.db.read() as tx:
        assert tx.first(select(staff_challenges)) is None


def test_a_language_chosen_before_signing_in_stays(club: Club, browser: TestClient[Any], secret: str) -> None:
    assert browser.get(SIGN_IN).headers["content-language"] == "zh-CN"
    assert browser.get(f"{SIGN_IN}?lang=en").headers["content-language"] == "en"
    page = first(club, browser)
    assert page.answer.headers["content-language"] == "en"
    form = page.form("second")
    page = Page(browser.post(form.action, data={**form.fields, "digits": pyotp.TOTP(secret).at(club.clock.now())}))
    assert page.url.endswith("/console/boards")
    assert page.answer.headers["content-language"] == "en"


def test_the_account_speaks_another_language_until_told_otherwise(manager: Desk) -> None:
    page = manager.open("/console/account")
    assert page.answer.headers["content-language"] == "zh-CN"
    csrf = page.form("languages").fields["csrf"]
    for wanted in ("en", "zh-CN"):
        manager.http.post("/console/account/language", data={"csrf": csrf, "lang": wanted})
        assert manager.open("/console/boards").answer.headers["content-language"] == wanted
    manager.http.post("/console/account/language", data={"lang": "en"})
    assert manager.open("/console/boards").answer.headers["content-language"] == "zh-CN", "without the form's token"


def test_binding_asks_the_password_shows_a_code_and_wants_it_proven(manager: Desk) -> None:
    club, http = manager.club, manager.http
    start = manager.open("/console/account").form("start")
    refused = Page(http.post(start.action, data={**start.fields, "password": "wrong"}))
    assert (refused.status, "密码不对。还可尝试 4 次" in refused.text("notice")) == (409, True)
    page = Page(http.post(start.action, data={**start.fields, "password": club.passwords[MANAGER]}))
    assert page.find("svg", class_="segno")
    secret = page.text("secret").replace(" ", "")
    form = page.form("confirm")
    wrong = Page(http.post(form.action, data={**form.fields, "digits": "1"}))
    assert "数字不对" in wrong.text("notice")
    assert wrong.text("secret").replace(" ", "") == secret
    done = Page(http.post(form.action, data={**form.fields, "digits": pyotp.TOTP(secret).at(club.clock.now())}))
    assert "已绑定" in done.text("notice")
    assert secret not in done.answer.text
    club.clock.forward(30)
    off = done.form("remove")
    fields = {**off.fields, "password": club.passwords[MANAGER]}
    assert "密码或验证码不对" in Page(http.post(off.action, data={**fields, "digits": "1"})).text("notice")
    right = pyotp.TOTP(secret).at(club.clock.now())
    assert "已解除" in Page(http.post(off.action, data={**fields, "digits": right})).text("notice")
    assert manager.open("/console/account").form("start").action.endswith("/start")


def test_a_secret_that_was_shown_can_be_dropped(manager: Desk) -> None:
    start = manager.open("/console/account").form("start")
    page = Page(manager.http.post(start.action, data={**start.fields, "password": manager.club.passwords[MANAGER]}))
    form = page.form("cancel")
    assert Page(manager.http.post(form.action, data=form.fields)).form("start").action.endswith("/start")


@pytest.mark.parametrize("act", ["start", "confirm", "cancel", "remove"])
def test_other_sites_bind_nothing(manager: Desk, act: str) -> None:
    fields = {"password": manager.club.passwords[MANAGER], "digits": "123456"}
    assert manager.http.post(f"/console/account/totp/{act}", data=fields).status_code == 403
