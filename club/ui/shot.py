"""Takes a picture of what a window shows."""

from collections.abc import Callable
from typing import Any

from kivy.graphics.opengl import GL_RGB, GL_UNSIGNED_BYTE, glReadPixels
from PIL import Image


def look(window: Any, whole: Callable[[], None]) -> Image.Image:
    """What is on the glass, RGB, drawn anew and read back; on the UI thread.

    Args:
        window: Kivy's window.
        whole: has the next frame drawn whole.
    """
    whole()
    window.dispatch("on_draw")
    width, height = map(int, window.system_size)
    pixels = glReadPixels(0, 0, width, height, GL_RGB, GL_UNSIGNED_BYTE)
    return Image.frombytes("RGB", (width, height), bytes(pixels)).transpose(Image.Transpose.FLIP_TOP_BOTTOM)
