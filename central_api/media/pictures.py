"""Judges an uploaded picture and makes the panel's own copy of it: verified, without metadata, no larger than a panel (C3)."""

import io
import threading
from dataclasses import dataclass

from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from club.model import errors

LARGEST_BYTES = 20 * 1024 * 1024
LARGEST_PIXELS = 50_000_000
PANEL_SIDE = 1920
"""The longest side kept, in px: a 4:3 photo must still cover a panel 1920 wide."""

_FORMATS = ("JPEG", "PNG", "WEBP")
_MEDIA_TYPES = {"JPEG": "image/jpeg", "PNG": "image/png"}
_JPEG_QUALITY = 90
_one_at_a_time = threading.Lock()  # the largest photo allowed takes half a gigabyte while it is worked on


@dataclass(frozen=True, slots=True)
class Prepared:
    """A picture ready to be stored; sizes in px."""

    data: bytes
    media_type: str
    width: int
    height: int


def prepare(data: bytes) -> Prepared:
    """The panel's copy of an uploaded picture: turned upright, scaled down, encoded anew so that nothing else is left in it.

    Raises:
        Malformed: too many bytes or pixels, another format, or not a whole picture; facts say which (`reason`).
    """
    with _one_at_a_time:
        return _prepared(data)


def _prepared(data: bytes) -> Prepared:
    picture = _opened(data)
    picture = ImageOps.exif_transpose(picture)
    picture.thumbnail((PANEL_SIDE, PANEL_SIDE), Image.Resampling.LANCZOS)
    out = io.BytesIO()
    kind = "PNG" if _has_alpha(picture) else "JPEG"
    picture = _in_srgb(picture.convert("RGBA" if kind == "PNG" else "RGB"))
    picture.info.clear()  # comments, profiles and text travel in here, and would be written again
    if kind == "PNG":
        picture.save(out, kind, optimize=True)
    else:
        # Not optimised: for that Pillow holds the whole in a buffer of one byte a pixel, and a grainy photo does not fit.
        picture.save(out, kind, quality=_JPEG_QUALITY, subsampling=0)
    return Prepared(out.getvalue(), _MEDIA_TYPES[kind], picture.width, picture.height)


def shipped(data: bytes) -> Prepared:
    """A picture that ships with the product, verified and kept as it is.

    Raises:
        Malformed: as `prepare`, or not a JPEG or PNG.
    """
    picture = _opened(data)
    media_type = _MEDIA_TYPES.get(picture.format or "")
    if media_type is None:
        raise errors.Malformed(f"expected JPEG or PNG, found {picture.format}", reason="format")
    return Prepared(data, media_type, picture.width, picture.height)


def _opened(data: bytes) -> Image.Image:
    if len(data) > LARGEST_BYTES:
        raise errors.Malformed(
            f"expected a picture of at most {LARGEST_BYTES} bytes, found {len(data)}",
            reason="bytes",
            most=LARGEST_BYTES,
        )
    try:
        # Only the header is read here: a small file can claim a picture that fills the memory.
        picture = Image.open(io.BytesIO(data), formats=_FORMATS)
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError) as fault:
        raise errors.Malformed("expected a JPEG, PNG or WebP picture, found something else", reason="format") from fault
    if picture.width * picture.height > LARGEST_PIXELS:
        raise errors.Malformed(
            f"expected at most {LARGEST_PIXELS} pixels, found {picture.width}x{picture.height}",
            reason="pixels",
            most=LARGEST_PIXELS,
        )
    try:
        picture.load()
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as fault:
        raise errors.Malformed("expected a whole picture, found a damaged one", reason="damaged") from fault
    return picture


def _in_srgb(picture: Image.Image) -> Image.Image:
    """The colours as panels show them; a profile that cannot be read is taken to be sRGB already."""
    profile = picture.info.get("icc_profile")
    if not profile:
        return picture
    try:
        given = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        alpha = picture.getchannel("A") if picture.mode == "RGBA" else None
        found = ImageCms.profileToProfile(
            picture.convert("RGB"), given, ImageCms.createProfile("sRGB"), outputMode="RGB"
        )
    except (ImageCms.PyCMSError, OSError):
        return picture
    if found is None:
        return picture
    if alpha is not None:
        found.putalpha(alpha)
    return found


def _has_alpha(picture: Image.Image) -> bool:
    if "transparency" in picture.info:
        return True
    if "A" not in picture.getbands():
        return False
    low, _ = picture.getchannel("A").getextrema()
    return low != 255
