"""Loads pictures, icons and QR codes ready to be laid on a canvas: scaled once, kept while they are in use."""

import math
from functools import lru_cache
from pathlib import Path

import segno
from PIL import Image, ImageChops, ImageDraw, ImageOps

from club.resources import files

QUIET_ZONE = 4
"""Modules of white around a QR code (ISO/IEC 18004)."""

_KEPT_PX = 700_000
"""Larger pictures are not kept: a screen's takes 7.5 MB and is drawn once in a turn, a few hundredths of a second."""


def cover(path: Path, width: int, height: int) -> Image.Image | None:
    """The picture cropped around its middle to fill `width` x `height` px; None when the file is not a picture."""
    stat = path.stat()
    scaled = _cover if width * height <= _KEPT_PX else _cover.__wrapped__
    return scaled(str(path), stat.st_mtime_ns, stat.st_size, width, height)


def contain(path: Path, width: int, height: int) -> Image.Image | None:
    """The picture whole, as large as fits in `width` x `height` px; None when the file is not a picture."""
    stat = path.stat()
    scaled = _contain if width * height <= _KEPT_PX else _contain.__wrapped__
    return scaled(str(path), stat.st_mtime_ns, stat.st_size, width, height)


def is_cut_out(path: Path) -> bool:
    """Whether the picture has transparency around its object, as the rewards' pictures have."""
    stat = path.stat()
    return _is_cut_out(str(path), stat.st_mtime_ns, stat.st_size)


@lru_cache(maxsize=64)
def icon(name: str, size: int) -> Image.Image:
    """The alpha of an icon of `size` px; paint it with any colour. Names are those of `assets/art/icons`."""
    drawn = next((step for step in (48, 72, 144) if step >= size), 144)
    with Image.open(files.art(f"icons/png-{drawn}/{name}.png")) as source:
        return source.convert("RGBA").getchannel("A").resize((size, size), Image.Resampling.LANCZOS)


@lru_cache(maxsize=8)
def mark(size: int) -> Image.Image:
    """The alpha of the club's mark, `size` px."""
    drawn = next((step for step in (64, 128, 256, 512) if step >= size), 512)
    with Image.open(files.art(f"ui/mark/mark-tint-{drawn}.png")) as source:
        return source.convert("RGBA").getchannel("A").resize((size, size), Image.Resampling.LANCZOS)


@lru_cache(maxsize=16)
def contour(width: int, height: int) -> Image.Image:
    """The alpha of a member card's contour lines, cropped to `width` x `height` px from its right side."""
    with Image.open(files.art("cards/contour-tint.png")) as source:
        return ImageOps.fit(
            source.convert("RGBA").getchannel("A"), (width, height), Image.Resampling.LANCZOS, centering=(1.0, 0.5)
        )


@lru_cache(maxsize=64)
def qr_size(data: str, least: int) -> int:
    """The smallest size in px, at least `least`, at which a code's modules are whole pixels and no white is wasted."""
    modules = len(segno.make(data, error="m", micro=False).matrix) + 2 * QUIET_ZONE
    return -(-least // modules) * modules


@lru_cache(maxsize=32)
def qr(data: str, size: int, dark: tuple[int, int, int]) -> Image.Image:
    """A QR code with its quiet zone on white, exactly `size` px; modules are whole pixels, the rest widens the white."""
    code = segno.make(data, error="m", micro=False)
    matrix = [bytearray(row) for row in code.matrix]
    modules = len(matrix)
    scale = max(1, size // (modules + 2 * QUIET_ZONE))
    small = Image.frombytes(
        "L", (modules, modules), b"".join(bytes(0 if bit else 255 for bit in row) for row in matrix)
    )
    drawn = small.resize((modules * scale, modules * scale), Image.Resampling.NEAREST)
    ground = Image.new("RGB", (max(size, drawn.width), max(size, drawn.height)), (255, 255, 255))
    at = (ground.width - drawn.width) // 2
    ground.paste(dark, (at, at), ImageChops.invert(drawn))
    return ground


@lru_cache(maxsize=48)
def rounded(width: int, height: int, radius: int) -> Image.Image:
    """An opaque mask with round, smooth corners."""
    mask = Image.new("L", (width, height), 255)
    radius = min(radius, width // 2, height // 2)
    if radius <= 0:
        return mask
    fine = 4
    disc = Image.new("L", (2 * radius * fine, 2 * radius * fine), 0)
    ImageDraw.Draw(disc).ellipse((0, 0, disc.width - 1, disc.height - 1), fill=255)
    disc = disc.resize((2 * radius, 2 * radius), Image.Resampling.BOX)
    for x, left in ((0, 0), (width - radius, radius)):
        for y, top in ((0, 0), (height - radius, radius)):
            mask.paste(disc.crop((left, top, left + radius, top + radius)), (x, y))
    return mask


@lru_cache(maxsize=12)
def ramp(width: int, height: int, stops: tuple[tuple[float, float], ...], *, across: bool) -> Image.Image:
    """An alpha ramp: `stops` are (place 0-1, opacity 0-1); it runs down, or to the right when `across`."""
    length = width if across else height
    line = bytes(round(255 * _at(stops, (step + 0.5) / length)) for step in range(length))
    strip = Image.frombytes("L", (length, 1) if across else (1, length), line)
    return strip.resize((width, height), Image.Resampling.NEAREST)


@lru_cache(maxsize=8)
def slope(
    width: int, height: int, angle: int, colours: tuple[tuple[int, int, int], ...], stops: tuple[float, ...]
) -> Image.Image:
    """A linear gradient as CSS draws it: `angle` in degrees, 90 to the right, 180 down."""
    turn = math.radians(angle)
    along = (math.sin(turn), -math.cos(turn))
    length = abs(width * along[0]) + abs(height * along[1])
    grain = 256
    # Drawn small along the gradient's own axis, then turned by an affine map: smooth, and quick at any size.
    strip = Image.frombytes(
        "RGB", (grain, 1), b"".join(bytes(_mix(colours, stops, (i + 0.5) / grain)) for i in range(grain))
    )
    band = strip.resize((grain, 3), Image.Resampling.NEAREST)
    a, b = along[0] * grain / length, along[1] * grain / length
    c = grain / 2 - a * width / 2 - b * height / 2
    edge = band.transform(
        (width, height), Image.Transform.AFFINE, (a, b, c, 0, 0, 1.5), Image.Resampling.BILINEAR, fillcolor=colours[-1]
    )
    # The first half pixel of the strip lies outside what bilinear sampling reaches.
    edge.putpixel((0, 0), colours[0])
    return edge


@lru_cache(maxsize=8)
def _cover(path: str, modified: int, length: int, width: int, height: int) -> Image.Image | None:
    try:
        with Image.open(path) as source:
            source.draft("RGB", (width, height))
            ImageOps.exif_transpose(source, in_place=True)
            ready = source if source.mode == "RGB" else source.convert("RGB")
            return ImageOps.fit(ready, (width, height), Image.Resampling.LANCZOS)
    except (OSError, SyntaxError, Image.DecompressionBombError):
        return None


@lru_cache(maxsize=24)
def _contain(path: str, modified: int, length: int, width: int, height: int) -> Image.Image | None:
    try:
        with Image.open(path) as source:
            return ImageOps.contain(source.convert("RGBA"), (width, height), Image.Resampling.LANCZOS)
    except (OSError, SyntaxError, Image.DecompressionBombError):
        return None


@lru_cache(maxsize=64)
def _is_cut_out(path: str, modified: int, length: int) -> bool:
    try:
        with Image.open(path) as source:
            return source.mode in {"RGBA", "LA", "PA"} and bool(min(source.getchannel("A").tobytes()) < 255)
    except (OSError, SyntaxError, Image.DecompressionBombError):
        return False


def _at(stops: tuple[tuple[float, float], ...], place: float) -> float:
    before = stops[0]
    for stop in stops:
        if place <= stop[0]:
            span = stop[0] - before[0]
            return stop[1] if span <= 0 else before[1] + (stop[1] - before[1]) * (place - before[0]) / span
        before = stop
    return stops[-1][1]


def _mix(colours: tuple[tuple[int, int, int], ...], stops: tuple[float, ...], place: float) -> tuple[int, int, int]:
    channels = [_at(tuple(zip(stops, (colour[i] for colour in colours), strict=True)), place) for i in range(3)]
    return round(channels[0]), round(channels[1]), round(channels[2])
