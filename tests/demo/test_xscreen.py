"""A virtual screen starts on a free display, shows what is drawn on it, and goes away whole."""

import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image, ImageChops

from demo.xscreen import NoScreen, XScreen, grab_display, read_xwd


def until(condition: Callable[[], bool], seconds: float = 15) -> bool:
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        pass
    return condition()


def test_what_a_program_draws_is_on_the_glass_by_both_ways_of_looking() -> None:
    red = (255, 0, 0)
    with XScreen(640, 480) as screen:
        assert screen.grab().size == (640, 480)
        window = subprocess.Popen(
            ["display", "-geometry", "+100+50", "xc:#ff0000[200x100]"], env={**os.environ, **screen.env}
        )
        try:
            assert until(lambda: screen.grab().getpixel((200, 100)) == red)
            difference = ImageChops.difference(screen.grab(), grab_display(screen.display))
        finally:
            window.terminate()
            window.wait()
    assert difference.getbbox() is None


def test_two_screens_have_displays_of_their_own() -> None:
    with XScreen(320, 240) as one, XScreen(320, 240) as other:
        assert one.display != other.display


def test_closing_ends_the_server_and_twice_is_harmless() -> None:
    screen = XScreen(320, 240)
    screen.close()
    screen.close()
    assert not Path(f"/proc/{screen.pid}").exists()
    with pytest.raises(NoScreen, match="it ended: it was closed"):
        screen.grab()


def test_without_xvfb_it_says_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NoScreen, match=r"Xvfb; it is not installed\. Run \./dev set-up"):
        XScreen(320, 240)


def test_an_impossible_screen_reports_what_xvfb_said() -> None:
    with pytest.raises(NoScreen, match="Fatal server error"):
        XScreen(0, -1)


def test_a_display_that_is_not_there_cannot_be_looked_at() -> None:
    with pytest.raises(NoScreen, match=":9999"):
        grab_display(":9999")


@pytest.mark.parametrize("data", [b"", bytes(100)])
def test_what_is_no_dump_is_refused(data: bytes) -> None:
    with pytest.raises(NoScreen, match="expected an X window dump"):
        read_xwd(data)


def test_grabs_are_rgb_pictures() -> None:
    with XScreen(320, 240) as screen:
        assert isinstance(screen.grab(), Image.Image)
        assert screen.grab().mode == "RGB"


def test_a_peek_shows_the_same_pixels_as_a_grab() -> None:
    with XScreen(320, 240) as screen:
        whole = screen.grab().crop((10, 20, 60, 50))
        part = Image.frombytes("RGB", (50, 30), screen.peek((10, 20, 60, 50)), "raw", "BGRX")
        assert part.tobytes() == whole.tobytes()
