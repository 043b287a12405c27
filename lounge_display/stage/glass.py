"""The board's part of the screen: two reused textures, mixed in one pass, so that no fade ever passes through black (L1)."""

from collections.abc import Callable
from typing import Any

from kivy.clock import Clock
from kivy.graphics import BindTexture, Rectangle, RenderContext
from kivy.graphics.texture import Texture
from kivy.uix.widget import Widget
from PIL import Image

_MIX = """
$HEADER$
uniform sampler2D texture1;
uniform float share;
void main(void) {
    vec4 before = texture2D(texture0, tex_coord0);
    gl_FragColor = vec4(mix(before.rgb, texture2D(texture1, tex_coord0).rgb, share), 1.0);
}
"""
_LEAST = 1 / 128
"""A step that moves no pixel by more than two of its 255 levels is not seen, and not drawn: the first and the last of a fade."""
_BAND_BYTES = 256 * 1024
"""Pictures go to the texture in bands: large blocks are the system's to give and take back, which costs more than the copying."""


class Glass(Widget):
    """Shows one picture and fades to the next.

    Args:
        image: what is seen in the first frame, RGB, of the size this part has in px.
        monotonic: seconds.
        changed: called before each frame of a fade, so that the window draws this part.
        steps_per_s: frames of a fade in a second.
    """

    def __init__(
        self,
        image: Image.Image,
        monotonic: Callable[[], float],
        changed: Callable[[], None],
        *,
        steps_per_s: int = 30,
        **kwargs: Any,
    ) -> None:
        super().__init__(size_hint=(None, None), size=image.size, **kwargs)
        self._monotonic, self._changed, self._step_s = monotonic, changed, 1 / steps_per_s
        self._front_image, self._back_image = image, image
        self._front, self._back = _texture(image), _texture(image)
        self._started, self._length = 0.0, 0.0
        self._steps: Any = None
        self.share = 0.0
        self.canvas = RenderContext(use_parent_projection=True, use_parent_modelview=True)
        self.canvas.shader.fs = _MIX
        if not self.canvas.shader.success:
            raise RuntimeError("expected the cross-fade's shader to compile on this graphics driver; it did not")
        with self.canvas:
            self._bound = BindTexture(texture=self._back, index=1)
            self._rectangle = Rectangle(texture=self._front, pos=self.pos, size=self.size)
        self.canvas["texture1"] = 1
        self.canvas["share"] = 0.0
        self.bind(pos=self._place)

    @property
    def is_fading(self) -> bool:
        """Whether a fade is under way."""
        return self._steps is not None

    def show(self, image: Image.Image, fade_ms: int) -> None:
        """Fade to `image` in `fade_ms`; what a fade under way shows at this moment becomes the picture it starts from."""
        if self.is_fading:
            self._freeze()
        self._back_image = image
        _fill(self._back, image)
        self._started, self._length = self._monotonic(), max(0.001, fade_ms / 1000)
        self._steps = Clock.schedule_interval(self._step, self._step_s)

    def _step(self, _elapsed: float) -> None:
        passed = min(1.0, (self._monotonic() - self._started) / self._length)
        if passed >= 1.0:
            self._changed()
            self._finish()
            return
        share = passed * passed * (3 - 2 * passed)
        if share - self.share < _LEAST or 1 - share < _LEAST:
            return
        self._changed()
        self.share = share
        self.canvas["share"] = share
        self.canvas.ask_update()

    def _finish(self) -> None:
        """The new picture becomes the front one; both instructions change before the next frame is drawn."""
        self._steps.cancel()
        self._steps = None
        self._front, self._back = self._back, self._front
        self._front_image = self._back_image
        self._rectangle.texture, self._bound.texture = self._front, self._back
        self.share = 0.0
        self.canvas["share"] = 0.0
        self.canvas.ask_update()

    def _freeze(self) -> None:
        self._steps.cancel()
        self._steps = None
        passed = min(1.0, (self._monotonic() - self._started) / self._length)
        share = passed * passed * (3 - 2 * passed)
        self._front_image = Image.blend(self._front_image, self._back_image, share)
        _fill(self._front, self._front_image)
        self.share = 0.0
        self.canvas["share"] = 0.0
        self._changed()
        self.canvas.ask_update()

    def _place(self, *_: object) -> None:
        self._rectangle.pos = self.pos


def _texture(image: Image.Image) -> Texture:
    texture = Texture.create(size=image.size, colorfmt="rgb", bufferfmt="ubyte", mipmap=False)
    texture.min_filter = texture.mag_filter = "nearest"
    texture.flip_vertical()
    _fill(texture, image)
    return texture


def _fill(texture: Texture, image: Image.Image) -> None:
    if image.size != tuple(texture.size):
        raise ValueError(f"expected a picture of {texture.size} px for this part of the screen, found {image.size}")
    wide, high = image.size
    rows = max(1, _BAND_BYTES // (3 * wide))
    for top in range(0, high, rows):
        band = image.crop((0, top, wide, min(top + rows, high)))
        texture.blit_buffer(band.tobytes(), pos=(0, top), size=band.size, colorfmt="rgb", bufferfmt="ubyte")
