"""Runs the real stage in this process and switches pictures fast; prints what every frame on the glass looked like, as JSON."""

import itertools
import json
import sys
import time

from PIL import Image

from club.model.text import Text
from club.render import footer
from club.render.context import RenderContext
from lounge_display.stage.screen import Layout, Screen
from tests.support.lounge_manifests import COLOURS, NOON

SWITCHES = 60


def main() -> int:
    width, height = int(sys.argv[1]), int(sys.argv[2])
    layout = Layout.of(width, height)
    pictures = [Image.new("RGB", layout.board, colour) for colour in COLOURS.values()]
    screen = Screen((width, height), lambda _layout: pictures[0], time.monotonic)
    from kivy.clock import Clock
    from kivy.graphics.opengl import GL_RGB, GL_UNSIGNED_BYTE, glReadPixels

    middle = (width // 2, layout.bar[1] + layout.board[1] // 2)
    seen: list[list[int]] = []

    def look(_window: object) -> None:
        seen.append(list(glReadPixels(*middle, 1, 1, GL_RGB, GL_UNSIGNED_BYTE)))

    # Bound after the window's own drawing: each frame is looked at just before it is flipped to the glass.
    screen.window.bind(on_flip=look)
    ctx = RenderContext(now=NOON, size=layout.bar, club=Text("行舟会"))
    strip = footer.render_strip(["字幕" * 60], ctx, endless=True)
    area, scale = footer.ticker_area(ctx), layout.bar[1] / 108
    screen.show_bar(footer.render_plate(ctx), (round(area.x * scale), round(area.right * scale)), strip, moves=True)
    screen.show_clock(footer.render_clock("14:32", ctx))
    turn = itertools.count(1)
    began = time.monotonic()

    def pixels() -> bytes:
        return bytes(glReadPixels(0, 0, width, height, GL_RGB, GL_UNSIGNED_BYTE))

    def told() -> dict[str, object]:
        ticks_per_s = Clock.frames / (time.monotonic() - began)
        clipped = screen._redraw.clipped
        in_part = pixels()
        screen._redraw.whole()
        screen.window.dispatch("on_draw")
        return {
            "frames": seen,
            "offset": screen.bar.offset,
            "clips": screen.clips,
            "clipped": clipped,
            "as_whole": pixels() == in_part,
            "ticks_per_s": ticks_per_s,
        }

    def switch(_elapsed: float) -> None:
        number = next(turn)
        if number > SWITCHES:
            if not screen.glass.is_fading:
                print(json.dumps(told()))
                screen.stop()
            return
        # Every third one comes in the middle of the fade before it.
        screen.show(pictures[number % len(pictures)], 80 if number % 3 else 400)

    Clock.schedule_interval(switch, 0.12)
    screen.run(lambda: None)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
