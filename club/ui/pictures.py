"""Textures of art and of content pictures: small art at once, large pictures scaled in a worker and handed over when ready."""

import functools
import logging
from collections import OrderedDict
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from kivy.core.image import Image as CoreImage
from kivy.graphics.texture import Texture
from kivy.metrics import dp
from PIL import Image, ImageDraw, ImageEnhance, ImageOps

from club.resources import files
from club.ui import bridge

_log = logging.getLogger(__name__)
T = TypeVar("T")
_KEPT_BYTES = 2 * 1024 * 1024
"""Of the pictures asked for last, a page or two: what is shown is kept by who shows it, and the rest is read anew in the worker."""

_LARGE_BYTES = 200 * 1024
_NIGHT = (12, 21, 19)
_DRAWN_SMALLER = ("icons/", "ui/mark", "ui/empty", "ui/rounded/circle")

_art: dict[str, Texture] = {}


@functools.cache
def is_large(name: str) -> bool:
    """Whether a piece of art is scaled in the worker and let go again, as content pictures are: a card face, a hero, an illustration.

    Raises:
        ResourceMissing: no such art.
    """
    if name.startswith("icons/"):
        return False
    with Image.open(files.art(name)) as opened:
        return opened.width * opened.height * 4 > _LARGE_BYTES


def art_texture(name: str) -> Texture:
    """Return a piece of the product's art as a texture, loaded on first use and kept: it is the same for everyone.

    Raises:
        ResourceMissing: no such art.
    """
    found = _art.get(name)
    if found is None:
        # Smaller copies cost a third more memory: only for what is drawn smaller than it is baked.
        smaller = dp(1) < 1 or name.startswith(_DRAWN_SMALLER)
        found = CoreImage(str(files.art(name)), mipmap=smaller, nocache=True).texture
        found.wrap = "clamp_to_edge"
        _art[name] = found
    return found


@dataclass(frozen=True, slots=True)
class Wanted:
    """A picture at a size: `source` is an art name or an absolute path; `width` and `height` are window px it must fit into.

    With `cover` it fills them, its edges cut; `radius` (window px) rounds its corners, the right ones only if `rounded` says "all";
    `shade` darkens its left side for text over it. With `stretch` it takes this size whatever its own shape is. `faded` takes most of its colour:
    a card that goes.
    """

    source: str
    width: int
    height: int
    cover: bool = False
    radius: int = 0
    rounded: str = "all"
    shade: bool = False
    stretch: bool = False
    faded: bool = False


@dataclass(frozen=True, slots=True)
class _Ready:
    wanted: Wanted
    size: tuple[int, int]
    pixels: bytes


class PicturePool:
    """Scales pictures to the px they are shown at, off the UI thread, and keeps the last of them.

    Use from the UI thread only.
    """

    def __init__(self) -> None:
        self._textures: OrderedDict[Wanted, Texture] = OrderedDict()
        self._waiting: dict[Wanted, list[Callable[[Texture], None]]] = {}
        self._bridge: bridge.Bridge[Callable[[], None]] = bridge.Bridge(lambda arrive: arrive())
        self._working = 0
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="pictures")

    def get(self, wanted: Wanted) -> Texture | None:
        """Return the picture if it is there already."""
        found = self._textures.get(wanted)
        if found is not None:
            self._textures.move_to_end(wanted)
        return found

    def ask(self, wanted: Wanted, then: Callable[[Texture], None]) -> None:
        """Have a picture made; ``then`` gets it, on the UI thread. A picture that cannot be read is logged and never comes."""
        waiting = self._waiting.get(wanted)
        if waiting is not None:
            waiting.append(then)
            return
        self._waiting[wanted] = [then]
        self._worker.submit(self._make, wanted)

    @property
    def busy(self) -> bool:
        """Whether pictures are still to come."""
        return bool(self._waiting or self._working)

    def work(self, make: Callable[[], T], then: Callable[[T], None]) -> None:
        """Have something drawn in the worker; ``then`` gets it, on the UI thread. What cannot be drawn is logged and never comes."""
        self._working += 1

        def arrive(made: Sequence[T]) -> None:
            self._working -= 1
            for one in made:
                then(one)

        def run() -> None:
            try:
                made = [make()]
            except Exception as error:  # noqa: BLE001 -- the next picture is drawn all the same
                _log.error("something could not be drawn: %s", type(error).__name__)  # its words may hold a member's
                made = []
            self._bridge.post(lambda: arrive(made))

        self._worker.submit(run)

    def close(self) -> None:
        """Stop the worker and drop everything."""
        self._bridge.close()
        self._worker.shutdown(cancel_futures=True)
        self._textures.clear()
        self._waiting.clear()

    def _make(self, wanted: Wanted) -> None:
        try:
            ready = _Ready(wanted, *scaled(wanted))
        except Exception as fault:  # noqa: BLE001 -- Pillow raises many kinds for broken files; the next picture is made all the same
            _log.warning("a picture could not be shown: %s: %s", type(fault).__name__, fault)
            ready = _Ready(wanted, (0, 0), b"")
        self._bridge.post(lambda: self._arrived(ready))

    def _arrived(self, ready: _Ready) -> None:
        waiting = self._waiting.pop(ready.wanted, [])
        if not ready.pixels:
            return
        texture = Texture.create(size=ready.size, colorfmt="rgba")
        texture.blit_buffer(ready.pixels, colorfmt="rgba", bufferfmt="ubyte")
        texture.flip_vertical()
        self._textures[ready.wanted] = texture
        kept = sum(_bytes(each) for each in self._textures.values())
        while kept > _KEPT_BYTES and len(self._textures) > 1:
            _, gone = self._textures.popitem(last=False)
            kept -= _bytes(gone)
        for then in waiting:
            then(texture)


def _bytes(texture: Texture) -> int:
    return int(texture.width * texture.height * 4)


def scaled(wanted: Wanted) -> tuple[tuple[int, int], bytes]:
    """Read a picture and scale it to fit: its size in px and its RGBA bytes, rows from the top."""
    path = Path(wanted.source)
    if not path.is_absolute():
        path = files.art(wanted.source) if "/" in wanted.source else files.picture(wanted.source)
    with Image.open(path) as opened:
        opened.draft("RGB", (wanted.width, wanted.height))
        picture = opened.convert("RGBA")
    size = (wanted.width, wanted.height)
    if wanted.stretch:
        picture = picture if picture.size == size else picture.resize(size, Image.Resampling.LANCZOS)
    elif wanted.cover:
        picture = ImageOps.fit(picture, (wanted.width, wanted.height), Image.Resampling.LANCZOS)
    else:
        picture.thumbnail((wanted.width, wanted.height), Image.Resampling.LANCZOS, reducing_gap=3.0)
    if wanted.shade:
        _shade(picture)
    if wanted.faded:
        picture = ImageEnhance.Brightness(ImageEnhance.Color(picture).enhance(0.35)).enhance(0.92)
    if wanted.radius:
        _round(picture, wanted)
    return picture.size, picture.tobytes()


def _shade(picture: Image.Image) -> None:
    """Lay the drawn gradient of night over it: dense at the left edge, gone at the right."""
    row = Image.new("L", (picture.width, 1))
    for x in range(picture.width):
        along = x / picture.width
        strength = 0.88 - along / 0.45 * 0.28 if along < 0.45 else 0.6 * (1 - (along - 0.45) / 0.35)
        row.putpixel((x, 0), round(255 * max(0.0, min(1.0, strength))))
    picture.paste(_NIGHT, mask=row.resize(picture.size))


def _round(picture: Image.Image, wanted: Wanted) -> None:
    fine = 4
    mask = Image.new("L", (picture.width * fine, picture.height * fine), 0)
    right = mask.width - 1 if wanted.rounded == "all" else mask.width + wanted.radius * fine
    ImageDraw.Draw(mask).rounded_rectangle((0, 0, right, mask.height - 1), wanted.radius * fine, fill=255)
    picture.putalpha(mask.resize(picture.size, Image.Resampling.BOX))


_pool: PicturePool | None = None


def pool() -> PicturePool:
    """Return the pool of this program, made on first use."""
    global _pool  # noqa: PLW0603 -- one window, one GL context, one pool
    if _pool is None:
        _pool = PicturePool()
    return _pool


def close_pool() -> None:
    """Stop the worker of the pool, if there is one."""
    global _pool  # noqa: PLW0603
    if _pool is not None:
        _pool.close()
        _pool = None
