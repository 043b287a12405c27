"""Art in a real window: its corners are as round as its place asks, and a card that goes has lost its colour."""

import colorsys
from collections.abc import Iterator

import pytest
from PIL import Image

from tests.support.window_process import WindowProcess

pytestmark = pytest.mark.window

CARD, SIZE, RADIUS = "cards/gold", (420, 280), 36


def opened(width: int, height: int) -> None:
    from club.ui import window

    window.prepare(width, height, title="art under test", reference_width=width)


@pytest.fixture(scope="module")
def glass() -> Iterator[WindowProcess]:
    window = WindowProcess(opened, 480, 320)
    yield window
    window.close()


def wanted(_: None, radius: int, faded: bool) -> tuple[tuple[int, int], bytes]:
    from club.ui import pictures, surface

    art = surface.Art(name=CARD, size=SIZE, radius=radius, faded=faded)
    return pictures.scaled(art._wanted())


def picture(glass: WindowProcess, radius: int, faded: bool) -> Image.Image:
    return Image.frombytes("RGBA", *glass.call(wanted, radius, faded))


def saturation(card: Image.Image) -> float:
    red, green, blue, _ = card.getpixel((SIZE[0] // 4, SIZE[1] // 2))  # type: ignore[misc]
    return colorsys.rgb_to_hsv(red, green, blue)[1]


def test_the_corner_of_a_card_is_as_round_as_the_drawing_says(glass: WindowProcess) -> None:
    alpha = picture(glass, RADIUS, False).getchannel("A")
    assert alpha.size == SIZE
    assert [alpha.getpixel((at, at)) for at in (0, 8, 14)] == [
        0,
        0,
        255,
    ]  # the arc crosses its diagonal at 36 · (1 - √½) = 10.5
    drawn = picture(glass, 0, False).getchannel("A")
    assert [drawn.getpixel((at, at)) for at in (0, 8)] == [0, 255], "as it was drawn, for a larger card"


def test_a_card_that_goes_is_pale(glass: WindowProcess) -> None:
    assert saturation(picture(glass, RADIUS, True)) < saturation(picture(glass, RADIUS, False)) / 2
