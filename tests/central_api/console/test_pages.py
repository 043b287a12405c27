"""The console without scripts: sign in, look, edit, publish, and everything it refuses (C1, C2, C3)."""

import io
from typing import Any

import pytest
from litestar.testing import TestClient
from PIL import Image
from sqlalchemy import select

from central_api.boards import repository, service
from central_api.staff.tables import audit
from club.model.board import Manifest
from club.wire.codec import decode
from tests.central_api.console.conftest import MANAGER, Desk
from tests.support.pages import Page
from tests.support.screens_club import Club

EDITOR = "/console/boards/b-lakeside"


def shown_title(club: Club, display: str = "tv-1") -> str:
    with club.context.db.read() as tx:
        body = repository.manifest_row(tx, display).body.encode()
    return decode(body, Manifest).boards["b-lakeside"].text("title").zh


def acts(club: Club) -> list[str]:
    with club.context.db.read() as tx:
        return [row.act for row in tx.rows(select(audit).order_by(audit.c.id))]


@pytest.mark.parametrize("path", ["/console/boards", EDITOR, f"{EDITOR}/preview.png", "/console/media/" + "0" * 64])
def test_nobody_sees_anything_before_signing_in(browser: TestClient[Any], path: str) -> None:
    answer = browser.get(path, follow_redirects=False)
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/console/sign-in")


def test_signing_in_leads_to_the_page_that_was_asked_for(club: Club, browser: TestClient[Any]) -> None:
    page = Page(browser.get(EDITOR))
    fields = {**page.forms[0].fields, "number": MANAGER, "password": club.passwords[MANAGER]}
    assert Page(browser.post("/console/sign-in", data=fields)).url.endswith(EDITOR)


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example", "/console//evil.example", "/v1/sync"])
def test_signing_in_leads_nowhere_else(club: Club, browser: TestClient[Any], elsewhere: str) -> None:
    fields = {"number": MANAGER, "password": club.passwords[MANAGER], "next": elsewhere}
    answer = browser.post("/console/sign-in", data=fields, follow_redirects=False)
    assert answer.headers["location"] == "/console/boards"


def test_the_cookie_is_kept_from_scripts_and_other_sites(club: Club, browser: TestClient[Any]) -> None:
    fields = {"number": MANAGER, "password": club.passwords[MANAGER]}
    cookie = browser.post("/console/sign-in", data=fields, follow_redirects=False).headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie


def test_a_wrong_password_is_told_calmly_and_five_lock(club: Club, browser: TestClient[Any]) -> None:
    fields = {"number": MANAGER, "password": "wrong"}
    told = [Page(browser.post("/console/sign-in", data=fields)) for _ in range(5)]
    told.append(Page(browser.post("/console/sign-in", data={**fields, "password": club.passwords[MANAGER]})))
    told.append(Page(browser.post("/console/sign-in", data={**fields, "number": "9999"})))
    assert [page.status for page in told] == [401] * 7
    sentence = "工号或密码不对，或者输错太多次已暂时锁定。请核对后再试。"
    assert all(sentence in page.answer.text and "还可尝试" not in page.answer.text for page in told)
    assert len({page.answer.text.replace("9999", MANAGER) for page in told}) == 1, "nothing tells which it was"


def test_signing_out_ends_the_session(manager: Desk) -> None:
    token = manager.http.cookies["club"]
    page = manager.open("/console/boards")
    manager.http.post("/console/sign-out", data=page.forms[0].fields)
    manager.http.cookies.set("club", token)
    assert "/console/sign-in" in str(manager.http.get("/console/boards").url)


def test_the_list_shows_every_board_with_its_state_and_its_tvs(manager: Desk) -> None:
    page = manager.open("/console/boards")
    links = [found["href"] for found in page.find("a") if found.get("href", "").startswith("/console/boards/")]
    assert len(links) == 12
    assert "电视 1、电视 4" in page.answer.text
    assert "距离首次见面，还有 28 天" in page.answer.text  # filled as on the TV


def test_saving_keeps_a_draft_and_publishing_brings_it_to_the_tvs(manager: Desk) -> None:
    saved = manager.send(zh__title="湖山三日自驾游")
    assert saved.text("title") == "湖山三日自驾游"
    assert "有未发布的修改" in saved.text("saved")
    assert shown_title(manager.club) == "湖山两日自驾游"
    published = manager.send("/publish", page=saved)
    assert "第 2 版已发布：电视 1 几秒内更新；电视 4 几秒内更新" in published.text("notice")
    assert shown_title(manager.club) == "湖山三日自驾游"
    assert acts(manager.club) == ["console.sign-in", "board.edit", "board.publish"]


def test_publishing_takes_what_was_typed_with_it(manager: Desk) -> None:
    manager.send("/publish", zh__title="湖山四日自驾游", dwell="25")
    assert shown_title(manager.club) == "湖山四日自驾游"
    with manager.club.context.db.read() as tx:
        assert service.board(tx, "b-lakeside").draft.dwell_s == 25


def test_taking_down_leaves_the_board_to_be_published_again(manager: Desk) -> None:
    form = manager.open().form("recall")
    page = Page(manager.http.post(form.action, data=form.fields))
    assert "已从所有电视撤下" in page.text("notice")
    with manager.club.context.db.read() as tx:
        assert "b-lakeside" not in repository.manifest_row(tx, "tv-1").body
    manager.send("/publish")
    assert shown_title(manager.club) == "湖山两日自驾游"


def test_what_fails_its_checks_is_not_published(manager: Desk) -> None:
    answer = manager.send("/publish", zh__line="请打 138 0000 6621")
    assert answer.status == 409
    assert "检查还没有全部通过" in answer.answer.text
    assert shown_title(manager.club) == "湖山两日自驾游"
    page = manager.send(zh__line="请打 138 0000 6621")
    assert "手机号" in page.text("checks")
    assert "disabled" in page.find("button", id="publish")[0]


def test_autosave_answers_with_the_parts_that_change(manager: Desk) -> None:
    form = manager.open().form("editor")
    part = Page(manager.http.post(f"{EDITOR}/draft", data={**form.fields, "zh.title": "短", "en.title": ""}))
    assert part.text("count-zh-title") == "1 / 12 字"
    assert "英文标题未填" in part.text("checks")
    assert part.find("input", id="edit")[0]["value"] == "2"
    assert any("preview.png?edit=2" in image["src"] for image in part.find("img"))


def test_two_people_at_one_board_are_told(manager: Desk) -> None:
    mine, other = manager.open(), manager.open()
    manager.send(page=other, zh__title="先存的人")
    late = manager.send(page=mine, zh__title="后存的人")
    assert late.status == 409
    assert "别的同事刚刚改过" in late.answer.text
    assert manager.open().text("title") == "先存的人"


def test_an_uploaded_picture_goes_onto_the_draft(manager: Desk) -> None:
    out = io.BytesIO()
    Image.effect_noise((1600, 900), 60).save(out, "JPEG")
    form = next(form for form in manager.open().forms if form.action == f"{EDITOR}/picture")
    page = Page(manager.http.post(form.action, data=form.fields, files={"upload": ("snow.jpg", out.getvalue())}))
    assert "主图换好了" in page.text("notice")
    (chosen,) = page.find("button", name="picture", class_="on")
    assert chosen["title"] == "snow.jpg"
    assert manager.http.get(f"/console/media/{chosen['value']}").headers["content-type"] == "image/jpeg"


def test_a_picture_of_the_library_goes_onto_the_draft(manager: Desk) -> None:
    page = manager.open()
    other = next(found for found in page.find("button", name="picture") if found["title"] == "亲子风筝日")
    form = next(form for form in page.forms if form.action == f"{EDITOR}/picture")
    manager.http.post(form.action, data={**form.fields, "picture": other["value"]})
    with manager.club.context.db.read() as tx:
        assert service.board(tx, "b-lakeside").draft.picture == other["value"]


def test_a_file_that_is_no_picture_is_refused_calmly(manager: Desk) -> None:
    form = next(form for form in manager.open().forms if form.action == f"{EDITOR}/picture")
    answer = manager.http.post(form.action, data=form.fields, files={"upload": ("x.jpg", b"MZ not a picture")})
    assert answer.status_code == 400
    assert "没有保存" in answer.text


def test_those_who_may_only_see_can_change_nothing(adviser: Desk) -> None:
    page = adviser.open()
    assert page.status == 200
    assert page.find("button", id="publish") == []
    assert all("disabled" in found for found in page.find("fieldset"))
    for action in ("", "/draft", "/publish", "/recall", "/picture"):
        answer = adviser.http.post(EDITOR + action, data=page.form("editor").fields)
        assert answer.status_code == 403, action
    assert shown_title(adviser.club) == "湖山两日自驾游"


@pytest.mark.parametrize("headers", [{"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}])
def test_forms_of_other_sites_are_refused(manager: Desk, headers: dict[str, str]) -> None:
    form = manager.open().form("editor")
    answer = manager.http.post(f"{EDITOR}/publish", data={**form.fields, "zh.title": "假的"}, headers=headers)
    assert answer.status_code == 403
    assert manager.open().text("title") == "湖山两日自驾游"


@pytest.mark.parametrize("csrf", ["", "x" * 32, "字"])
def test_forms_without_the_sessions_token_are_refused(manager: Desk, csrf: str) -> None:
    form = manager.open().form("editor")
    assert manager.http.post(EDITOR, data={**form.fields, "csrf": csrf}).status_code == 403


@pytest.mark.parametrize(
    "changes",
    [
        {"dwell": "2"},
        {"dwell": "1e3"},
        {"dwell": "２０"},
        {"starts": "tomorrow"},
        {"edit": "-1"},
        {"zh.title": "长" * 500},
    ],
)
def test_what_cannot_be_read_is_refused_and_not_stored(manager: Desk, changes: dict[str, str]) -> None:
    form = manager.open().form("editor")
    assert manager.http.post(EDITOR, data={**form.fields, **changes}).status_code == 400
    assert manager.open().find("input", id="edit")[0]["value"] == "1"


def test_times_of_the_form_are_the_stores(manager: Desk) -> None:
    manager.send(starts="2026-05-20T09:30", ends="")
    with manager.club.context.db.read() as tx:
        draft = service.board(tx, "b-lakeside").draft
    assert draft.starts is not None
    assert draft.starts.isoformat() == "2026-05-20T09:30:00+08:00"
    assert draft.ends is None


def test_the_form_as_it_stands_changes_nothing(manager: Desk) -> None:
    for slug in ("b-lakeside", "b-kite", "b-tiers", "b-service", "b-points-expiring"):
        page = manager.open(f"/console/boards/{slug}")
        manager.send(page=page)
        with manager.club.context.db.read() as tx:
            assert service.board(tx, slug).edit == 1, slug


@pytest.mark.parametrize(
    "query",
    ["", "?width=480", "?lang=en", "?kind=stale&width=480", "?of=published"],
)
def test_previews_are_pictures_and_known_ones_are_not_sent_again(manager: Desk, query: str) -> None:
    answer = manager.http.get(f"{EDITOR}/preview.png{query}")
    picture = Image.open(io.BytesIO(answer.content))
    assert picture.size == ((480, 270) if "480" in query else (1920, 1080))
    again = manager.http.get(f"{EDITOR}/preview.png{query}", headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_a_preview_follows_the_draft(manager: Desk) -> None:
    before = manager.http.get(f"{EDITOR}/preview.png").content
    manager.send(zh__title="完全不同的标题")
    assert manager.http.get(f"{EDITOR}/preview.png").content != before
    assert manager.http.get(f"{EDITOR}/preview.png?of=published").content == before


@pytest.mark.parametrize("path", ["/console/boards/b-nothing", "/console/nothing", "/console/static/../site.py"])
def test_what_is_not_there_is_told_as_a_page(manager: Desk, path: str) -> None:
    answer = manager.http.get(path)
    assert answer.status_code == 404
    assert "没有找到" in answer.text


def test_every_page_says_whose_scripts_may_run(manager: Desk) -> None:
    for path in ("/console/boards", EDITOR, "/console/sign-in", "/console/boards/b-nothing"):
        answer = manager.http.get(path)
        assert answer.headers["content-security-policy"].startswith("default-src 'self';")
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "no-store"
        page = Page(answer)
        assert not [found for _, found in page.tags if "style" in found or any(name.startswith("on") for name in found)]
        assert all(found["src"].startswith("/console/static/") for found in page.find("script"))


def test_text_of_staff_is_never_markup(manager: Desk) -> None:
    page = manager.send(zh__title="<script>1</script>")
    assert "<script>1" not in page.answer.text
    assert len(page.find("script")) == 1


def test_the_services_bare_address_leads_to_the_console(manager: Desk) -> None:
    assert manager.open("/").url.endswith("/console/boards")
