"""The manifest is a pure function of rows: equal rows, equal digest; another word, another digest."""

from dataclasses import replace
from datetime import UTC, datetime

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from central_api.boards import manifest
from central_api.boards.content import (
    Bind,
    BoundData,
    DisplayContent,
    Fields,
    NoticeContent,
    PlaylistContent,
    PromptContent,
    Published,
    SlotContent,
    TickerLine,
)
from club.model.board import ActivityLine, Board, Manifest, MenuLine, Picture, TierLine
from club.model.scene import Live, scene_at
from club.model.text import Text
from club.wire.codec import decode, encode

NOW = datetime(2026, 5, 16, 6, 32, tzinfo=UTC)
DRAWABLE = ("activity", "image", "menu", "refill", "notice", "share", "tier-promo")
SHA = {name: f"{number:064x}" for number, name in enumerate(("lake", "kite", "tea", "stars"), 1)}
PICTURES = {sha: Picture(sha, 1000, "image/jpeg") for sha in SHA.values()}
words = st.builds(Text, zh=st.text(max_size=12), en=st.text(max_size=12))


def activity(slug: str, *, left: int = 6, picture: str = SHA["lake"]) -> ActivityLine:
    text = Text(slug)
    return ActivityLine(
        slug, text, text, text, NOW, NOW, left, Text("车"), 600, picture, f"https://club.example/{slug}"
    )


def menu(*sold_out: str) -> dict[str, MenuLine]:
    names = ("tea", "latte", "juice", "cocoa", "water")
    return {name: MenuLine(name, Text(name), Text(""), "", name in sold_out) for name in names}


BOUND = BoundData(
    club=Text("行舟会"),
    store_name=Text("城东店"),
    time_zone="Asia/Shanghai",
    activities={slug: activity(slug) for slug in ("drive", "talk", "kites", "launch", "picking")},
    open_activities=("talk", "kites", "drive", "launch", "picking"),
    shares={"morning": SHA["tea"], "stars": SHA["stars"]},
    menu=menu(),
    tiers=(TierLine("gold", 3, Text("金卡"), Text(""), 12_000),),
)


def fields(template: str = "image", title: str = "标题", **more: object) -> Fields:
    return msgspec.structs.replace(Fields(template=template, texts={"title": Text(title)}), **more)


def display(*boards: Published, **more: object) -> DisplayContent:
    base = DisplayContent(
        slug="tv-1",
        store="east",
        language="zh-CN",
        boards=boards,
        playlists=(PlaylistContent("a", tuple(board.slug for board in boards)),),
        slots=(SlotContent("default", "a", 0, 1440),),
    )
    return replace(base, **more)  # type: ignore[arg-type]  # names of its own fields


def derived(content: DisplayContent, bound: BoundData = BOUND) -> Manifest:
    return manifest.derive(content, bound, PICTURES, DRAWABLE)


def only(content: DisplayContent, bound: BoundData = BOUND) -> Board:
    (board,) = derived(content, bound).boards.values()
    return board


@given(st.dictionaries(st.sampled_from(["title", "line", "foot"]), words), st.integers(5, 120))
def test_equal_rows_give_the_same_bytes_whatever_order_they_came_in(texts: dict[str, Text], dwell: int) -> None:
    one = Fields(template="image", texts=texts, dwell_s=dwell)
    other = Fields(template="image", texts=dict(reversed(texts.items())), dwell_s=dwell)
    first = derived(display(Published("a", 1, one), Published("b", 1, one)))
    second = derived(display(Published("a", 1, other), Published("b", 1, other)))
    assert first.digest == second.digest
    assert encode(first) == encode(second)


@given(words, words)
def test_another_word_is_another_digest(before: Text, after: Text) -> None:
    one = derived(display(Published("a", 1, Fields(template="image", texts={"title": before}))))
    two = derived(display(Published("a", 1, Fields(template="image", texts={"title": after}))))
    assert (one.digest == two.digest) == (before == after)


def test_the_revision_is_no_part_of_the_digest() -> None:
    found = derived(display(Published("a", 1, fields())))
    assert manifest.digest(replace(found, revision=41)) == found.digest


def test_what_is_sent_is_read_back_as_it_was() -> None:
    bind = Bind(activity="drive", upcoming=3, menu=("tea",), ladder="points", until=NOW)
    found = derived(display(Published("a", 3, fields("activity", bind=bind, picture=SHA["kite"], starts=NOW))))
    assert decode(encode(found), Manifest) == found


def test_places_left_and_the_next_three_open_activities_are_filled_in() -> None:
    board = only(display(Published("a", 1, fields("activity", bind=Bind(activity="drive", upcoming=3)))))
    assert board.activity is not None
    assert board.activity.left == 6
    assert [line.slug for line in board.upcoming] == ["talk", "kites", "launch"]


def test_a_place_taken_changes_the_digest_of_boards_and_tickers_that_tell_of_it() -> None:
    fewer = replace(BOUND, activities={**BOUND.activities, "drive": activity("drive", left=5)})
    follows = display(Published("a", 1, fields(bind=Bind(activity="drive"))))
    ticker = display(Published("a", 1, fields()), ticker=(TickerLine(Text("余 {left}"), "drive"),))
    neither = display(Published("a", 1, fields()))
    assert derived(follows).digest != derived(follows, fewer).digest
    assert derived(ticker).digest != derived(ticker, fewer).digest
    assert derived(neither).digest == derived(neither, fewer).digest


def test_a_sharing_column_shows_the_stories_pictures_and_its_own_while_there_are_none() -> None:
    shared = Published("a", 1, fields("share", picture=SHA["lake"], bind=Bind(shares=("morning", "gone", "stars"))))
    assert only(display(shared)).pictures == (SHA["tea"], SHA["stars"])
    assert only(display(shared), replace(BOUND, shares={})).pictures == (SHA["lake"],)


def test_a_prompt_offers_something_else_for_what_is_sold_out() -> None:
    bind = Bind(menu=("tea", "latte", "juice"), substitutes=("cocoa", "water"))
    asked = display(prompts=(PromptContent("p", fields("refill", bind=bind), 1080, 20, 540, 1080),))
    (prompt,) = derived(asked, replace(BOUND, menu=menu("latte", "cocoa"))).prompts
    assert [line.slug for line in prompt.board.menu] == ["tea", "water", "juice"]
    assert (prompt.every_s, prompt.seconds) == (1080, 20)


def test_boards_that_cannot_be_drawn_and_live_boards_stay_out() -> None:
    found = derived(
        display(
            Published("ok", 1, fields()),
            Published("new", 1, fields("hologram")),
            Published("live", 1, fields(bind=Bind(live="service-progress"))),
            Published("west", 1, fields(stores=("west",))),
        )
    )
    assert set(found.boards) == {"ok"}
    assert found.playlists[0].boards == ("ok",)


def test_every_picture_shown_is_in_the_list_and_none_that_is_missing() -> None:
    missing = "f" * 64
    bind = Bind(activity="drive", upcoming=1)
    data = replace(BOUND, activities={**BOUND.activities, "talk": activity("talk", picture=missing)})
    found = derived(display(Published("a", 1, fields("activity", picture=SHA["kite"], bind=bind))), data)
    assert {picture.sha256 for picture in found.media} == {SHA["kite"], SHA["lake"]}
    assert found.boards["a"].upcoming[0].picture == ""


def test_a_notice_that_was_sent_covers_the_screen() -> None:
    notice = NoticeContent("n", fields("notice"), NOW, NOW.replace(hour=9))
    found = derived(display(Published("a", 1, fields()), notices=(notice,)))
    assert scene_at(found, Live(last_contact=NOW), NOW).layer == "notice"
