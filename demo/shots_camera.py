"""What takes the pictures of `./dev shots`: waits until nothing moves, keeps a picture by its name, pairs names with drawings."""

import html
import itertools
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

from PIL import Image

from demo.glass import differs
from demo.processes import wait_until

_STILL = 0.5  # mean difference of two looks, of 255

State = dict[str, object]
"""What a program tells of itself."""

Condition = Callable[[State], bool]
"""What must hold beside the screen, given what a program tells of itself."""


class NotShown(RuntimeError):
    """A screen did not appear; the message says which one was there instead."""


def always(_: State) -> bool:
    """Nothing else must hold."""
    return True


def still(look: Callable[[], Image.Image]) -> Image.Image:
    """The picture once nothing large moves any more: a fade is over, while a spinner or a ticker may go on."""
    looks = [look()]

    def unmoved() -> bool:
        looks.append(look())
        pairs = itertools.pairwise(looks[-4:])  # a fade on a busy machine may stand still for one look
        return len(looks) >= 4 and all(differs(one, other) < _STILL for one, other in pairs)

    wait_until(unmoved, 6, every=0.15)
    return looks[-1]


class Camera:
    """Takes the pictures and remembers them in order."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.names: list[str] = []

    def take(self, name: str, picture: Image.Image) -> None:
        """Keep one picture under the name of its drawing; what follows that name tells variants apart."""
        picture.save(self.folder / f"{name}.png")
        self.names.append(name)
        print(f"  {name}", flush=True)


def drawing_of(name: str, design: Path) -> Path | None:
    """The drawing that belongs to a picture: of the same name, else of the same number (`kiosk-05-home-en`: kiosk-05)."""
    same = design / f"{name}.png"
    if same.exists():
        return same
    kind, number, *_ = [*name.split("-"), ""]
    return next(iter(sorted(design.glob(f"{kind}-{number}-*.png"))), None) if number.isdecimal() else None


def index(names: Sequence[str], out: Path, design: Path) -> str:
    """The page with each picture beside its drawing; the drawings are copied below `out`."""
    rows = []
    for name in sorted(names):
        drawn = drawing_of(name, design)
        if drawn is not None:
            (out / "design").mkdir(exist_ok=True)
            shutil.copyfile(drawn, out / "design" / drawn.name)
            pair = f'<img src="design/{html.escape(drawn.name)}" alt="the drawing">'
        else:
            pair = "<p>no drawing</p>"
        title, picture = html.escape(name), f'<img src="{html.escape(name)}.png" alt="the product">'
        rows.append(f"<section><h2>{title}</h2><div>{picture}{pair}</div></section>")
    return (
        "<!doctype html><html lang='en'><meta charset='utf-8'><title>Screens: product left, drawing right</title>"
        "<style>body{font:16px sans-serif;background:#ddd;margin:24px}div{display:flex;gap:16px}img{width:46vw;height:auto;"
        "box-shadow:0 2px 12px #0006}</style><h1>Screens: the product left, the drawing right</h1>"
        + "".join(rows)
        + "</html>"
    )
