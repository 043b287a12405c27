"""The console in Chromium: what is typed shows in the preview, and publishing reaches the manifest."""

import pytest
from playwright.sync_api import Page, expect

from central_api.boards import repository
from club.model.board import Manifest
from club.wire.codec import decode
from tests.support.screens_club import Club

pytestmark = pytest.mark.browser


def shown_title(club: Club) -> str:
    with club.context.db.read() as tx:
        body = repository.manifest_row(tx, "tv-1").body.encode()
    return decode(body, Manifest).boards["b-lakeside"].text("title").zh


def test_typing_changes_the_preview_and_publishing_reaches_the_tv(page: Page, club: Club, faults: list[str]) -> None:
    picture = page.locator("#preview img")
    before = picture.get_attribute("src")
    page.fill("[name='zh.title']", "湖山三日自驾游")
    expect(picture).not_to_have_attribute("src", before or "")
    expect(page.locator("#title")).to_have_text("湖山三日自驾游")
    expect(page.locator("#saved")).to_contain_text("有未发布的修改")
    assert shown_title(club) == "湖山两日自驾游"
    expect(picture).to_have_js_property("naturalWidth", 1920)
    page.click("#publish")
    expect(page.locator("#notice")).to_contain_text("第 2 版已发布")
    assert shown_title(club) == "湖山三日自驾游"
    assert faults == []


def test_fast_typing_ends_with_what_was_typed_last(page: Page, club: Club, faults: list[str]) -> None:
    title = page.locator("[name='zh.title']")
    title.fill("")
    title.press_sequentially("湖山五日慢慢开", delay=90)  # slower than the answers: several are under way
    page.locator("[name='zh.line']").fill("余 {left} 车")
    expect(page.locator("#title")).to_have_text("湖山五日慢慢开")
    page.click("#publish")
    expect(page.locator("#notice")).to_contain_text("已发布")
    assert shown_title(club) == "湖山五日慢慢开"
    assert faults == []


def test_a_slow_press_right_after_typing_publishes(page: Page, club: Club, faults: list[str]) -> None:
    page.fill("[name='zh.title']", "湖山六日自驾游")
    expect(page.locator("#title")).to_have_text("湖山六日自驾游")
    # Leaving the field stores the draft once more: the answer comes while the button is held down.
    page.click("#publish", delay=700)
    expect(page.locator("#notice")).to_contain_text("已发布")
    assert shown_title(club) == "湖山六日自驾游"
    assert faults == []


def test_a_finding_stops_publishing_while_one_types(page: Page, faults: list[str]) -> None:
    publish = page.locator("#publish")
    expect(publish).to_be_enabled()
    page.fill("[name='zh.line']", "请打 138 0000 6621")
    expect(publish).to_be_disabled()
    expect(page.locator("#checks .stop")).to_contain_text("手机号")
    page.fill("[name='zh.line']", "余 {left} 车")
    expect(publish).to_be_enabled()
    assert faults == []


def test_two_pages_at_one_board_the_later_is_told(page: Page, address: str) -> None:
    other = page.context.new_page()
    other.goto(f"{address}/console/boards/b-lakeside")
    page.fill("[name='zh.title']", "先存的人")
    expect(page.locator("#title")).to_have_text("先存的人")
    other.fill("[name='zh.title']", "后存的人")
    expect(other.locator("#notice")).to_contain_text("别的同事刚刚改过")


def test_parts_are_chosen_without_leaving_the_page(page: Page, faults: list[str]) -> None:
    for part, shown in (("time", "#dwell"), ("picture", "#upload"), ("data", ".part-data"), ("text", "#zh\\.title")):
        page.click(f"label[data-part={part}]")
        expect(page.locator(shown)).to_be_visible()
    assert faults == []
