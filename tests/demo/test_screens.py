"""The screen at hand is found with its size, and where there is none the reason is named."""

from pathlib import Path

import pytest

from demo import screens
from demo.xscreen import XScreen


def a_tool(folder: Path, does: str) -> None:
    """An xdpyinfo of our own on the PATH."""
    tool = folder / "xdpyinfo"
    tool.write_text(f"#!/bin/sh\n{does}\n", encoding="utf-8")
    tool.chmod(0o755)


def test_a_screen_that_answers_has_its_size() -> None:
    """Asked of a real X server."""
    with XScreen(640, 480) as screen:
        assert screens.screen_size(screen.display) == (640, 480)


def test_the_windows_open_on_the_screen_at_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beside each other, and nothing is to be explained."""
    with XScreen(1600, 900) as screen:
        monkeypatch.setenv("DISPLAY", screen.display)
        kiosk, lounge, no_screen = screens.open_glass(virtual=False)
        assert (no_screen, kiosk.env, lounge.env) == ("", {"DISPLAY": screen.display}, {"DISPLAY": screen.display})
        assert kiosk.place.left + kiosk.place.width < lounge.place.left
        assert lounge.place.left + lounge.place.width <= 1600


@pytest.mark.parametrize(("display", "why"), [("", "DISPLAY is not set"), (":7777", ":7777 does not answer")])
def test_without_a_screen_the_windows_are_virtual_and_the_reason_is_named(
    monkeypatch: pytest.MonkeyPatch, display: str, why: str
) -> None:
    """They open all the same: the story can be played."""
    monkeypatch.setenv("DISPLAY", display)
    kiosk, lounge, no_screen = screens.open_glass(virtual=False)
    try:
        assert no_screen == why
        assert isinstance(kiosk, screens.VirtualGlass)
        assert isinstance(lounge, screens.VirtualGlass)
    finally:
        kiosk.close()
        lounge.close()


def test_without_the_tool_that_asks_the_reason_is_the_tool(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Not the display, which may be there."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(screens.ScreenMissing, match="xdpyinfo of Debian's x11-utils is missing"):
        screens.screen_size(":0")


def test_a_screen_of_unknown_size_is_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """It answered, but with nothing the windows could be laid out by."""
    a_tool(tmp_path, "echo 'name of display: :0'")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(screens.ScreenMissing, match=":0 does not say how large it is"):
        screens.screen_size(":0")


def test_a_screen_that_never_answers_is_given_up(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """As over a network that is gone."""
    a_tool(tmp_path, "exec /bin/cat /dev/zero >/dev/null")
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(screens, "_ANSWER_S", 0.2)
    with pytest.raises(screens.ScreenMissing, match=":0 does not answer"):
        screens.screen_size(":0")
