"""Every template with the demo's content and with texts far too long: inside its place, readable, scannable, the same each time."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any, ClassVar

import pytest
import zxingcpp
from PIL import Image

from club.model.board import Board
from club.model.scene import Scene
from club.model.text import Text
from club.render import boards, demo_content, footer, pictures
from club.render.canvas import Box, Canvas, Type
from club.render.context import FOOTER_SIZE, RenderContext
from club.render.demo_content import DRAWN, DemoContent
from club.resources.theme import Colour
from lounge_display.joining import Enrolment, Joining, enrol_view

LONG = Text(
    "城东店与城西店会员联合举办的湖山两日亲子自驾露营活动，欢迎携家人参加（名额有限，先到先得）！",
    "A two-day family road trip to the lakeside camp, held together by East store and West store, first come first served",
)
SOME = Text(
    "城东店展厅二楼会员休息区东侧（近吧台）", "Members’ lounge on the second floor of the East store, by the bar"
)


@pytest.fixture(scope="module")
def content() -> DemoContent:
    return demo_content.load(DRAWN)


def every(content: DemoContent) -> Mapping[str, Board]:
    drawn = {slug: board for slug, board in content.boards.items() if board.template in boards.TEMPLATES}
    return {**drawn, "p-refill": content.prompt, "n-parking-b": content.notice.board}


NAMES = tuple(every(demo_content.load(DRAWN)))


def context(content: DemoContent, **changes: Any) -> RenderContext:
    ctx = RenderContext(now=DRAWN, club=Text("行舟会", "Xingzhou Club"), media=content.media, shown_since=DRAWN)
    return replace(ctx, **changes)


def scene(content: DemoContent, board: Board, layer: str = "default") -> Scene:
    return Scene(layer, board, DRAWN, DRAWN + timedelta(seconds=18), None, content.ticker, None)


class Watching(Canvas):
    """Keeps what lay under each text before it was drawn."""

    made: ClassVar[list[Any]] = []

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.under: list[tuple[str, Type, Image.Image]] = []
        Watching.made.append(self)

    def at_baseline(self, text: str, style: Type, x: float, baseline: float, *, room: Box | None = None) -> None:
        before = self.image.copy()
        super().at_baseline(text, style, x, baseline, room=room)
        if text.strip():
            ink = self.placed[-1].ink
            area = (int(ink.x), int(ink.y), int(ink.right) + 1, int(ink.bottom) + 1)
            self.under.append((text, style, before.crop(area)))


@pytest.fixture
def watching(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Watching]]:
    monkeypatch.setattr(boards, "Canvas", Watching)
    Watching.made.clear()
    yield Watching.made
    Watching.made.clear()


def luminance(colour: tuple[int, ...]) -> float:
    """WCAG 2.1 relative luminance."""
    parts = [channel / 255 for channel in colour[:3]]
    linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: float, other: float) -> float:
    return (max(one, other) + 0.05) / (min(one, other) + 0.05)


def worst_contrast(colour: Colour, under: Image.Image) -> float:
    """Against the ground where 95 of 100 pixels are better."""
    small = under.resize((min(64, under.width), min(16, under.height)), Image.Resampling.BOX)
    text = luminance(colour.rgba8)
    pixels = list(zip(*[iter(small.tobytes())] * 3, strict=True))
    found = sorted(contrast(text, luminance(pixel)) for pixel in pixels)
    return found[len(found) // 20]


@pytest.mark.parametrize("language", ["zh-CN", "en"])
@pytest.mark.parametrize("name", NAMES)
def test_texts_stay_in_their_place_and_are_readable(
    content: DemoContent, name: str, language: str, watching: list[Watching]
) -> None:
    canvas = boards.draw_board(every(content)[name], context(content, language=language))
    assert canvas.placed
    for placed in canvas.placed:
        assert canvas.box.holds(placed.ink, 0), placed
        assert placed.room is None or placed.room.holds(placed.ink, 6), placed
    for text, style, under in watching[0].under:
        assert worst_contrast(style.colour, under) >= 4.5, (text, worst_contrast(style.colour, under))


@pytest.mark.parametrize("language", ["zh-CN", "en"])
@pytest.mark.parametrize("name", NAMES)
def test_a_far_too_long_title_stays_whole_and_inside(content: DemoContent, name: str, language: str) -> None:
    board = every(content)[name]
    fields = {**board.fields, "title": LONG, "line": LONG}
    canvas = boards.draw_board(replace(board, fields=fields), context(content, language=language))
    drawn = "".join(placed.text for placed in canvas.placed).replace(" ", "")
    assert LONG.pick(language).replace(" ", "") in drawn
    assert "…" not in drawn
    for placed in canvas.placed:
        assert canvas.box.holds(placed.ink, 0), placed


@pytest.mark.parametrize("language", ["zh-CN", "en"])
@pytest.mark.parametrize("name", NAMES)
def test_every_field_far_too_long_stays_inside(content: DemoContent, name: str, language: str) -> None:
    board = every(content)[name]
    long = replace(
        board,
        fields={**dict.fromkeys(board.fields, SOME), "title": LONG, "line": LONG},
        activity=replace(board.activity, title=LONG, place=SOME) if board.activity else None,
        upcoming=tuple(replace(line, title=LONG, kind=SOME) for line in board.upcoming),
        menu=tuple(replace(line, name=SOME, line=LONG) for line in board.menu),
        tiers=tuple(replace(line, summary=LONG) for line in board.tiers),
        promises=tuple(replace(line, title=LONG) for line in board.promises),
    )
    canvas = boards.draw_board(long, context(content, language=language))
    for placed in canvas.placed:
        assert canvas.box.holds(placed.ink, 0), placed
        assert "…" not in placed.text


@pytest.mark.parametrize("online", [True, False])
@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_the_screen_of_a_new_display_stays_inside(language: str, online: bool, watching: list[Watching]) -> None:
    for state in Enrolment:
        joining = Joining(state, DRAWN, "7K2M9Q", DRAWN + timedelta(minutes=10), 3, 12)
        view = enrol_view(language, "dev-5f20a7c3d1e2f3a4b5c6d7e8", (3840, 2160), joining, DRAWN, online=online)
        boards.render_enrol(view, RenderContext(now=DRAWN, language=language, club=Text("行舟会", "Xingzhou Club")))
        canvas = watching[-1]
        assert {"7", "K", "2", "M", "9", "Q"} <= {placed.text for placed in canvas.placed}
        for placed in canvas.placed:
            assert canvas.box.holds(placed.ink, 0), placed
            assert placed.room is None or placed.room.holds(placed.ink, 6), placed


def test_english_is_set_with_straight_quotes_and_chinese_with_its_own(content: DemoContent) -> None:
    title = Text("会员的“茶”", "Members’ “tea”")
    board = replace(content.boards["b-promise"], fields={"title": title})
    said = {
        language: {placed.text for placed in boards.draw_board(board, context(content, language=language)).placed}
        for language in ("zh-CN", "en")
    }
    assert 'Members\' "tea"' in said["en"]
    assert title.zh in said["zh-CN"]


@pytest.mark.parametrize("name", ["b-lakeside", "b-flagship", "b-share-tea-hill", "p-refill"])
def test_the_code_is_read_from_the_whole_screen(content: DemoContent, name: str) -> None:
    board = every(content)[name]
    screen = boards.render_scene(scene(content, board), content.manifest(), context(content))
    assert screen.size == (1920, 1080)
    url = board.url or (board.activity.url if board.activity else "")
    assert [found.text for found in zxingcpp.read_barcodes(screen)] == [url]


def test_the_code_to_order_is_read_from_the_sofa(content: DemoContent) -> None:
    """A phone three metres away sees the screen about this small."""
    screen = boards.render_scene(scene(content, content.prompt, "prompt"), content.manifest(), context(content))
    seen = screen.resize((640, 360), Image.Resampling.BOX)
    assert [found.text for found in zxingcpp.read_barcodes(seen)] == [content.prompt.url]


@pytest.mark.parametrize("length", [8, 40, 90, 180])
def test_a_code_has_its_quiet_zone_and_whole_modules(length: int) -> None:
    code = pictures.qr("https://club.example/" + "x" * length, 404, (12, 21, 19)).convert("L")
    dark = code.point([255 if level < 128 else 0 for level in range(256)]).getbbox()
    assert dark is not None
    finder = next(x for x in range(dark[0], code.width) if code.getpixel((x, dark[1])) == 255) - dark[0]
    module = finder // 7
    assert finder % 7 == 0
    assert min(dark[0], dark[1], code.width - dark[2], code.height - dark[3]) >= 4 * module


@pytest.mark.parametrize("name", ["b-lakeside", "b-tiers", "p-refill", "n-parking-b"])
def test_the_same_input_gives_the_same_pixels(content: DemoContent, name: str) -> None:
    board = every(content)[name]
    first = boards.render_board(board, context(content)).tobytes()
    for cached in (pictures.rounded, pictures.ramp, pictures.slope, pictures.qr, pictures.icon):
        cached.cache_clear()
    assert boards.render_board(board, context(content)).tobytes() == first


@pytest.mark.parametrize("name", NAMES)
def test_4k_is_the_same_board_twice_as_large(content: DemoContent, name: str) -> None:
    board = every(content)[name]
    large = boards.draw_board(board, context(content, size=(3840, 1944)))
    assert large.image.size == (3840, 1944)
    for placed in large.placed:
        assert large.box.holds(placed.ink, 0), placed
    seen = large.image.resize((192, 97), Image.Resampling.BOX)
    normal = boards.render_board(board, context(content)).resize((192, 97), Image.Resampling.BOX)
    unlike = sum(abs(a - b) for a, b in zip(seen.tobytes(), normal.tobytes(), strict=True)) / len(seen.tobytes())
    assert unlike < 4


@pytest.mark.parametrize("size", [(1280, 800), (1366, 768), (3840, 2160)])
def test_a_screen_of_another_shape_is_filled_and_keeps_its_clock(content: DemoContent, size: tuple[int, int]) -> None:
    board = content.boards["b-lakeside"]
    screen = boards.render_scene(scene(content, board), content.manifest(), context(content, size=size))
    assert screen.size == size
    assert [found.text for found in zxingcpp.read_barcodes(screen)] == [board.activity.url if board.activity else ""]
    bar = screen.crop((size[0] * 9 // 10, size[1] - 108 * size[0] // 1920 + 4, size[0], size[1]))
    assert max(bar.convert("L").tobytes()) > 200


@pytest.mark.parametrize("name", ["b-lakeside", "b-tiers", "b-menu", "b-promise", "b-share-tea-hill", "p-refill"])
def test_old_data_are_marked_without_covering_a_text(content: DemoContent, name: str) -> None:
    since = DRAWN - timedelta(minutes=34)
    canvas = boards.draw_board(every(content)[name], context(content, stale_since=since))
    mark = next(placed for placed in canvas.placed if placed.text == "离线，13:58 的数据")
    assert mark.room is not None
    for placed in canvas.placed:
        apart = (
            placed.ink.right <= mark.room.x
            or placed.ink.x >= mark.room.right
            or placed.ink.bottom <= mark.room.y
            or placed.ink.y >= mark.room.bottom
        )
        assert apart or placed is mark, placed


def test_data_older_than_a_day_name_the_day(content: DemoContent) -> None:
    canvas = boards.draw_board(content.boards["b-tiers"], context(content, stale_since=DRAWN - timedelta(days=3)))
    assert "离线，5 月 13 日的数据" in {placed.text for placed in canvas.placed}


def test_sold_out_refreshments_give_their_place_to_the_next(content: DemoContent) -> None:
    first = replace(content.prompt.menu[0], sold_out=True)
    board = replace(content.prompt, menu=(first, *content.prompt.menu[1:], content.boards["b-menu"].menu[0]))
    texts = [placed.text for placed in boards.draw_board(board, context(content)).placed]
    assert texts.index("明前龙井") > texts.index("时令果盘")


def test_a_full_activity_says_that_one_may_queue(content: DemoContent) -> None:
    board = content.boards["b-lakeside"]
    assert board.activity is not None
    full = replace(board, fields={}, activity=replace(board.activity, left=0))
    assert any(placed.text == "已满" for placed in boards.draw_board(full, context(content)).placed)


def test_missing_pictures_leave_the_words(content: DemoContent) -> None:
    for name, board in every(content).items():
        canvas = boards.draw_board(board, context(content, media=lambda _sha: None))
        assert len(canvas.placed) >= 2, name


def test_a_damaged_picture_counts_as_missing(content: DemoContent, tmp_path: Any) -> None:
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(b"\xff\xd8\xff not a picture")
    for board in every(content).values():
        assert boards.render_board(board, context(content, media=lambda _sha: broken)).size == (1920, 972)


def test_a_template_of_a_newer_server_still_says_its_title(content: DemoContent) -> None:
    board = replace(content.boards["b-promise"], template="hologram")
    assert any("我们说到做到" in placed.text for placed in boards.draw_board(board, context(content)).placed)


def test_the_notice_takes_the_ticker(content: DemoContent) -> None:
    notice = content.notice
    urgent = Scene("notice", notice.board, notice.starts, notice.ends, None, content.ticker, None)
    assert footer.ticker_texts(urgent, content.manifest(), context(content)) == ("通知显示到 17:00，之后恢复正常播放",)


@pytest.mark.parametrize(
    ("language", "clauses"),
    [("zh-CN", {"一楼前台", "分机 8001"}), ("en", {"Front desk, ground floor", "extension 8001"})],
)
def test_a_notice_names_one_place_and_one_number(content: DemoContent, language: str, clauses: set[str]) -> None:
    canvas = boards.draw_board(content.notice.board, context(content, language=language))
    assert clauses <= {placed.text for placed in canvas.placed}


def test_the_ticker_is_filled_and_its_strip_follows_itself(content: DemoContent) -> None:
    ctx = context(content, size=FOOTER_SIZE)
    texts = footer.ticker_texts(scene(content, content.boards["b-tiers"]), content.manifest(), ctx)
    assert texts[0] == "5 月 23 日 爱车讲堂：雨季行车与轮胎，余 12 位"
    once, endless = footer.render_strip(texts, ctx), footer.render_strip(texts, ctx, endless=True)
    assert endless.width > once.width > footer.ticker_area(ctx).w
    assert (
        once.crop((0, 0, once.width - 20, once.height)).tobytes()
        == endless.crop((0, 0, once.width - 20, once.height)).tobytes()
    )
