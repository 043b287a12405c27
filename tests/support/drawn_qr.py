"""Reads the QR of a console's page as a camera would: its strokes are drawn and read by an independent library."""

import re

from PIL import Image, ImageDraw

from demo.glass import read_qr

_MODULE = 8  # px


def said(page: str) -> str:
    """What the one QR of a page says."""
    [found] = read_qr(_drawn(page))
    return found


def _drawn(page: str) -> Image.Image:
    """The page's QR as a camera sees it: the drawing's horizontal strokes, each a module high."""
    found = re.search(r'id="qr"><svg[^>]*?viewBox="0 0 (\d+) \d+".*?\sd="([^"]+)"', page, re.DOTALL)
    assert found, "expected a QR on the page"
    scale = 5
    side = int(found[1]) // scale * _MODULE
    picture = Image.new("L", (side, side), 255)
    pen, x, y = ImageDraw.Draw(picture), 0.0, 0.0
    for verb, numbers in re.findall(r"([Mmh])([-0-9. ]+)", found[2]):
        first, *rest = (float(number) for number in numbers.split())
        if verb == "h":
            top = (y - 0.5) * _MODULE
            pen.rectangle((x * _MODULE, top, (x + first) * _MODULE - 1, top + _MODULE - 1), fill=0)
            x += first
        else:
            x, y = (first, rest[0]) if verb == "M" else (x + first, y + rest[0])
    return picture
