"""Fonts and texts in a real window."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageChops, ImageDraw, ImageFont, ImageStat

from club.resources import files
from tests.support.window_process import WindowProcess

pytestmark = pytest.mark.window

HAN = "门直骨角刃海"
SIZE = 96


def opened(width: int, height: int) -> None:
    from club.ui import window

    window.prepare(width, height, title="text under test", reference_width=width)
    from club.ui import theme

    theme.register_fonts()


@pytest.fixture(scope="module")
def glass() -> Iterator[WindowProcess]:
    window = WindowProcess(opened, 320, 320)
    yield window
    window.close()


def drawn(_: None, family: str, bold: bool, text: str) -> tuple[tuple[int, int], bytes]:
    from club.ui.glyphs import Face, texture_of

    texture = texture_of(Face(family, bold, SIZE), text)
    return texture.size, bytes(texture.pixels)


def alpha(shape: tuple[tuple[int, int], bytes]) -> Image.Image:
    """The letters alone, cut to where they have ink."""
    picture = Image.frombytes("RGBA", shape[0], shape[1]).getchannel("A")
    return picture.crop(picture.getbbox())


def rendered(font: Path, text: str, face: int = 0) -> Image.Image:
    """The same letters by FreeType through Pillow."""
    picture = Image.new("L", (SIZE * (len(text) + 1), 2 * SIZE), 0)
    ImageDraw.Draw(picture).text((10, 10), text, fill=255, font=ImageFont.truetype(font, SIZE, index=face))
    return picture.crop(picture.getbbox())


def distance(first: Image.Image, second: Image.Image) -> float:
    """Mean difference of two pictures of letters, 0 to 255, over the larger of both."""
    size = (max(first.width, second.width), max(first.height, second.height))
    sheets = []
    for picture in (first, second):
        sheet = Image.new("L", size, 0)
        sheet.paste(picture)
        sheets.append(sheet)
    return float(ImageStat.Stat(ImageChops.difference(*sheets)).mean[0])


@pytest.mark.parametrize(
    ("family", "bold", "role"), [("SC", False, "sans"), ("SC", True, "sans-bold"), ("SerifSC", True, "serif-bold")]
)
@pytest.mark.parametrize("letter", HAN)
def test_letters_have_their_simplified_chinese_form(
    glass: WindowProcess, family: str, bold: bool, role: files.FontRole, letter: str
) -> None:
    ours = alpha(glass.call(drawn, family, bold, letter))
    assert distance(ours, rendered(files.font(role), letter)) < 12


def test_the_japanese_face_would_be_noticed(glass: WindowProcess) -> None:
    collection = Path("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc")
    assert collection.is_file(), "expected Debian's fonts-noto-cjk, from which set-up takes the fonts"
    japanese = [distance(alpha(glass.call(drawn, "SC", False, letter)), rendered(collection, letter)) for letter in HAN]
    chinese = [
        distance(alpha(glass.call(drawn, "SC", False, letter)), rendered(files.font("sans"), letter)) for letter in HAN
    ]
    assert all(wrong > 2 * right for wrong, right in zip(japanese, chinese, strict=True))


def laid_out(
    _: None, text: str, width: float, height: float, settings: dict[str, Any]
) -> tuple[list[str], bool, float]:
    """Lines a text takes in a box of that size, whether it had to be cut, and the share of its size it took."""
    from club.ui.text import Text

    widget = Text(text=text, size=(width, height), **settings)
    lines, share = widget._fit()
    return ["".join(run.text for run in line) for line in lines], widget.overflows, share


def test_a_text_that_fits_keeps_its_size(glass: WindowProcess) -> None:
    assert glass.call(laid_out, "王先生，下午好", 500, 72, {"px": 60, "face": "serif"}) == (
        ["王先生，下午好"],
        False,
        1.0,
    )


def test_a_longer_text_shrinks(glass: WindowProcess) -> None:
    lines, cut, share = glass.call(laid_out, "欧阳先生，下午好", 400, 72, {"px": 60, "face": "serif"})
    assert lines == ["欧阳先生，下午好"]
    assert not cut
    assert 0.6 < share < 1


def test_a_far_too_long_text_ends_in_an_ellipsis(glass: WindowProcess) -> None:
    lines, cut, _ = glass.call(laid_out, "很长很长的礼品名" * 5, 300, 40, {"px": 30})
    assert cut
    assert lines[0].endswith("…")


def test_two_lines_are_taken_before_shrinking(glass: WindowProcess) -> None:
    lines, cut, share = glass.call(
        laid_out, "接车时出示券码，不与折扣同享", 300, 88, {"px": 30, "lines": 2, "leading": 1.3}
    )
    assert (len(lines), cut, share) == (2, False, 1.0)


def test_bold_parts_are_wider_and_marks_are_not_drawn(glass: WindowProcess) -> None:
    plain = glass.call(natural_width, "再积 6,360 分", False)
    assert glass.call(natural_width, "再积 <b>6,360</b> 分", True) > plain
    assert glass.call(laid_out, "再积 <b>6,360</b> 分", 500, 44, {"rich": True})[0] == ["再积 6,360 分"]


def natural_width(_: None, text: str, rich: bool) -> float:
    from club.ui.text import Text

    return float(Text(text=text, rich=rich, px=30).natural_width)


def test_two_full_width_marks_in_a_row_are_set_closer(glass: WindowProcess) -> None:
    apart = glass.call(natural_width, "”", False) + glass.call(natural_width, "，", False)
    assert glass.call(natural_width, "”，", False) == pytest.approx(apart - 15, abs=0.6)


def posted_from_threads(_: None, threads: int, events: int) -> tuple[bool, bool]:
    """Whether every event arrived in its thread's order, and all on the UI thread."""
    import time

    from kivy.base import EventLoop

    from club.ui import bridge, window

    got: list[tuple[int, int]] = []
    where: set[int] = set()

    def handle(event: tuple[int, int]) -> None:
        where.add(threading.get_ident())
        got.append(event)

    crossing: bridge.Bridge[tuple[int, int]] = bridge.Bridge(handle)
    window.set_pace(1)  # a window that would sleep for a second

    def post(name: int) -> None:
        for number in range(events):
            crossing.post((name, number))

    workers = [threading.Thread(target=post, args=(name,)) for name in range(threads)]
    began = time.monotonic()
    for worker in workers:
        worker.start()
    while len(got) < threads * events:
        assert time.monotonic() - began < 20
        EventLoop.idle()
    for worker in workers:
        worker.join()
    window.set_pace(window.LIVELY_FPS)
    in_order = all(
        [number for thread, number in got if thread == name] == list(range(events)) for name in range(threads)
    )
    return in_order, where == {threading.get_ident()}


def test_events_of_many_threads_arrive_in_order_on_the_ui_thread(glass: WindowProcess) -> None:
    assert glass.call(posted_from_threads, 4, 200) == (True, True)


def wake(_: None) -> float:
    """Seconds from a post until it is handled, in a window that draws once in ten seconds."""
    import time

    from kivy.base import EventLoop

    from club.ui import bridge, window

    handled: list[float] = []
    crossing: bridge.Bridge[float] = bridge.Bridge(lambda _: handled.append(time.monotonic()))
    window.set_pace(0.1)  # type: ignore[arg-type]
    asleep = threading.Event()

    def later() -> None:
        asleep.wait(20)
        crossing.post(0.0)

    poster = threading.Thread(target=later)
    poster.start()
    EventLoop.idle()
    began = time.monotonic()
    asleep.set()
    while not handled:
        EventLoop.idle()
    poster.join()
    window.set_pace(window.LIVELY_FPS)
    return handled[0] - began


def test_a_post_wakes_a_sleeping_window(glass: WindowProcess) -> None:
    assert glass.call(wake) < 1.0


def handler_that_fails(_: None) -> list[int]:
    from kivy.base import EventLoop

    from club.ui import bridge

    got: list[int] = []

    def handle(event: int) -> None:
        if event == 1:
            raise ValueError("a fault of the handler")
        got.append(event)

    crossing: bridge.Bridge[int] = bridge.Bridge(handle)
    for event in (0, 1, 2):
        crossing.post(event)
    for _frame in range(3):
        EventLoop.idle()
    crossing.close()
    crossing.post(3)
    EventLoop.idle()
    return got


def test_a_failing_handler_stops_nothing_and_a_closed_bridge_takes_nothing(glass: WindowProcess) -> None:
    assert glass.call(handler_that_fails) == [0, 2]


def second_window(_: None) -> str:
    from club.ui import window

    try:
        window.prepare(100, 100, title="second")
    except window.WindowFault as fault:
        return str(fault)
    return ""


def test_a_second_window_is_refused_with_what_to_do(glass: WindowProcess) -> None:
    assert "prepare() earlier" in glass.call(second_window)
