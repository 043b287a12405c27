"""Words are found by their pixels, and a wrong digit is not taken for the right one."""

from pathlib import Path

import pytest
import segno
from PIL import Image, ImageDraw, ImageFont

from club import resources
from demo import glass


def a_screen(
    text: str, *, size: int = 60, role: glass.Role = "sans-bold", ink: str = "#13201C", ground: str = "#F1F1EC"
) -> Image.Image:
    """A picture with one line of text at (80, 120)."""
    picture = Image.new("RGB", (900, 400), ground)
    font = ImageFont.truetype(str(resources.font(role)), size)
    ImageDraw.Draw(picture).text((80, 120), text, fill=ink, font=font)
    return picture


@pytest.mark.parametrize(("ink", "ground"), [("#13201C", "#F1F1EC"), ("#F3F5F1", "#0C1513"), ("#0B6B57", "#FFFFFF")])
@pytest.mark.parametrize("text", ["王先生，下午好", "6,280", "确认，输入密码"])
def test_a_text_is_found_where_it_stands(text: str, ink: str, ground: str) -> None:
    """Dark on light and light on dark, within a pixel or two."""
    seen = glass.find_text(a_screen(text, ink=ink, ground=ground), text, role="sans-bold", size=60)
    assert seen is not None
    assert abs(seen.x - 80) <= 10
    assert seen.certainty > 0.9


@pytest.mark.parametrize(
    ("there", "wanted"),
    [
        ("6,280", "6,288"),
        ("6,280", "5,080"),
        ("18,640", "18,840"),
        ("王先生，下午好", "李先生，下午好"),
        ("金卡", "银卡"),
    ],
)
def test_a_text_that_differs_in_one_glyph_is_not_found(there: str, wanted: str) -> None:
    """The worst glyph decides."""
    assert glass.find_text(a_screen(there), wanted, role="sans-bold", size=60) is None


def test_a_size_that_is_a_little_off_is_found() -> None:
    """The drawing says 60, the window draws 58."""
    assert glass.find_text(a_screen("兑换成功", size=58), "兑换成功", role="sans-bold", size=60) is not None


def test_nothing_is_found_on_an_empty_screen() -> None:
    """A flat picture correlates with nothing."""
    assert glass.find_text(Image.new("RGB", (900, 400), "#888888"), "兑换成功", role="sans-bold", size=60) is None


def test_qr_codes_are_read(tmp_path: Path) -> None:
    """By a library that did not draw them."""
    file = tmp_path / "qr.png"
    segno.make("XZV1:7K2M9Q4T63", error="m").save(str(file), scale=8, border=4)
    with Image.open(file) as picture:
        assert glass.read_qr(picture.convert("RGB")) == ["XZV1:7K2M9Q4T63"]
