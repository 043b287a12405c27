"""Draws one demo board, or the whole screen with it, into a PNG: `python -m club.render.preview b-lakeside out.png`."""

import argparse
import time
from datetime import datetime, timedelta
from pathlib import Path

from club.model.scene import Scene
from club.model.text import Text
from club.render import boards, demo_content
from club.render.context import SCREEN_SIZE, RenderContext


def main(argv: list[str] | None = None) -> int:
    """Draw what the arguments ask for and say how long it took."""
    parser = argparse.ArgumentParser(prog="club.render.preview", description=__doc__)
    parser.add_argument(
        "board", help="slug of a demo board, p-refill, n-parking-b, welcome; or all (then OUT is a folder)"
    )
    parser.add_argument("out", type=Path)
    parser.add_argument("--language", default="zh-CN")
    parser.add_argument("--at", type=datetime.fromisoformat, default=demo_content.DRAWN, help="aware ISO instant")
    parser.add_argument("--scale", type=float, default=1.0, help="2 draws for 4K")
    parser.add_argument("--stale", action="store_true", help="as if the network were gone since 13:58")
    chosen = parser.parse_args(argv)
    content = demo_content.load(chosen.at)
    every = {**content.boards, "p-refill": content.prompt, "n-parking-b": content.notice.board, "welcome": None}
    names = list(every) if chosen.board == "all" else [chosen.board]
    ctx = RenderContext(
        now=chosen.at,
        language=chosen.language,
        size=(round(SCREEN_SIZE[0] * chosen.scale), round(SCREEN_SIZE[1] * chosen.scale)),
        club=Text("行舟会", "Xingzhou Club"),
        media=content.media,
    )
    for name in names:
        layer = "notice" if name.startswith("n-") else "prompt" if name.startswith("p-") else "default"
        stale = chosen.at - timedelta(minutes=34) if chosen.stale else None
        until = content.notice.ends if layer == "notice" else chosen.at + timedelta(seconds=20)
        scene = Scene(layer, every[name], chosen.at, until, None, content.ticker, stale)
        started = time.perf_counter()
        picture = boards.render_scene(scene, content.manifest(), ctx)
        took = (time.perf_counter() - started) * 1000
        out = chosen.out / f"{name}.png" if chosen.board == "all" else chosen.out
        out.parent.mkdir(parents=True, exist_ok=True)
        picture.save(out)
        print(f"{name}: {took:.0f} ms, {out}")  # noqa: T201 -- a runner speaks to who started it
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
