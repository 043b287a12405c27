"""The devices page in Chromium: it refreshes itself, a code typed lets a screen in, shutting out asks first."""

from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select, update

from central_api.devices.tables import devices
from tests.central_api.console.test_devices import stand, waiting
from tests.support.screens_club import Club

pytestmark = pytest.mark.browser


def opened(page: Page, path: str = "/console/devices") -> Page:
    page.goto(page.url.partition("/console")[0] + path)
    return page


def test_a_heartbeat_shows_without_anybody_reloading(page: Page, club: Club, faults: list[str]) -> None:
    device = stand(club, "tv-1", seen_s=40 * 60, on_glass="welcome", on_glass_since=club.clock.now())
    opened(page)
    card = page.locator(f"#d-{device}")
    expect(card).to_contain_text("离线")
    expect(page.locator(".alarm")).to_contain_text("电视 1 离线 40 分钟")
    page.locator("#fleet").evaluate("fleet => { fleet.dataset.same = 'page'; }")
    with club.context.db.write() as tx:
        tx.execute(update(devices).values(seen_at=club.clock.now() - timedelta(seconds=3)))
    expect(card).to_contain_text("在线", timeout=20_000)
    expect(page.locator("#summary")).to_have_text("1 台，1 台正常")
    expect(page.locator(".alarm")).to_have_count(0)
    expect(page.locator("#fleet")).to_have_attribute("data-same", "page")
    assert faults == []


def test_a_code_typed_from_the_screen_lets_it_in_and_it_can_be_shut_out(
    page: Page, club: Club, faults: list[str]
) -> None:
    waiting(club)
    opened(page)
    page.click("#add")
    expect(page.locator("#code")).to_be_focused()
    page.keyboard.type("7k2-m9q")
    page.select_option("#place", "tv-2")
    page.click("main button")
    card = page.locator("#d-new-screen")
    expect(card).to_contain_text("刚加入")
    expect(page.locator("#notice")).to_contain_text("已加进来")
    card.locator("a[href$='/revoke']").click()
    page.click("main button")
    expect(page.locator("#notice")).to_contain_text("已停用")
    expect(card).to_have_count(0)
    with club.context.db.read() as tx:
        assert tx.scalar(select(devices.c.revoked_at)) is not None
    assert faults == []


def test_cards_stand_in_three_columns_and_nothing_is_cut_off(page: Page, club: Club) -> None:
    now = club.clock.now()
    stand(club, "kiosk-1", reader="ready", on_glass="session", on_glass_since=now - timedelta(minutes=3))
    stand(club, "kiosk-2", reader="lost: unplugged", outbox=2, on_glass="reader_lost", on_glass_since=now)
    stand(club, "tv-1", on_glass="b-lakeside@1", on_glass_since=now - timedelta(seconds=12), manifest_revision=1)
    stand(club, "tv-3", seen_s=34 * 60)
    opened(page)
    cards = page.locator(".device")
    expect(cards).to_have_count(4)
    boxes = [card.bounding_box() for card in cards.all()]
    assert len({round(box["x"]) for box in boxes if box}) == 3
    wide = "element => element.scrollWidth <= element.clientWidth && element.scrollHeight <= element.clientHeight"
    assert all(card.evaluate(wide) for card in cards.all())
