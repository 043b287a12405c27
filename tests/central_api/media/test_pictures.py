"""Uploaded pictures are verified, stripped and fitted to the panel (C3)."""

import io
import random

import pytest
from PIL import Image, ImageCms

from central_api.media import pictures
from club.model import errors


def encoded(picture: Image.Image, kind: str, **more: object) -> bytes:
    out = io.BytesIO()
    picture.save(out, kind, **more)
    return out.getvalue()


def test_a_photo_loses_its_metadata_and_is_turned_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was held on its side
    exif[0x010F] = "SecretCam"
    data = encoded(Image.new("RGB", (400, 300), "teal"), "JPEG", exif=exif, comment=b"where it was taken")
    found = pictures.prepare(data)
    assert (found.width, found.height, found.media_type) == (300, 400, "image/jpeg")
    again = Image.open(io.BytesIO(found.data))
    assert not again.getexif()
    assert b"SecretCam" not in found.data
    assert b"where it was taken" not in found.data


def test_the_grainiest_photo_is_kept_though_it_takes_more_than_a_byte_a_pixel() -> None:
    grain = Image.frombytes("RGB", (600, 400), random.Random(1).randbytes(600 * 400 * 3))
    found = pictures.prepare(encoded(grain, "JPEG", quality=90))
    assert len(found.data) > 600 * 400
    assert Image.open(io.BytesIO(found.data)).size == (600, 400)


def test_colours_of_another_profile_become_srgb_and_the_profile_goes() -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    found = pictures.prepare(encoded(Image.new("RGB", (8, 8), (200, 30, 40)), "PNG", icc_profile=profile))
    again = Image.open(io.BytesIO(found.data))
    assert "icc_profile" not in again.info
    colour = again.convert("RGB").getpixel((4, 4))
    assert isinstance(colour, tuple)
    assert all(abs(is_now - was) <= 3 for is_now, was in zip(colour, (200, 30, 40), strict=True))


def test_a_large_photo_is_scaled_to_the_panel() -> None:
    found = pictures.prepare(encoded(Image.new("RGB", (4000, 3000)), "JPEG"))
    assert (found.width, found.height) == (1920, 1440)


@pytest.mark.parametrize(("alpha", "media_type"), [(128, "image/png"), (255, "image/jpeg")])
def test_what_can_be_seen_through_stays_so_and_nothing_else(alpha: int, media_type: str) -> None:
    found = pictures.prepare(encoded(Image.new("RGBA", (64, 64), (9, 80, 60, alpha)), "PNG"))
    assert found.media_type == media_type


def test_webp_is_taken_and_becomes_what_every_panel_reads() -> None:
    assert pictures.prepare(encoded(Image.new("RGB", (64, 64)), "WEBP")).media_type == "image/jpeg"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "format"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "format"),
        (encoded(Image.new("RGB", (64, 64)), "GIF"), "format"),
        (encoded(Image.effect_noise((300, 300), 80), "PNG")[:-4000], "damaged"),
        (b"x" * (pictures.LARGEST_BYTES + 1), "bytes"),
        (encoded(Image.new("1", (9000, 9000)), "PNG"), "pixels"),
    ],
    ids=["empty", "svg", "gif", "cut off", "too large", "bomb"],
)
def test_anything_else_is_refused_with_its_reason(data: bytes, reason: str) -> None:
    with pytest.raises(errors.Malformed) as told:
        pictures.prepare(data)
    assert told.value.facts["reason"] == reason


def test_a_shipped_picture_is_kept_byte_for_byte() -> None:
    data = encoded(Image.new("RGB", (64, 64)), "PNG")
    assert pictures.shipped(data).data == data
    with pytest.raises(errors.Malformed):
        pictures.shipped(encoded(Image.new("RGB", (64, 64)), "WEBP"))
