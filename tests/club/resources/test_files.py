"""Art, sounds and fonts are found by name, and what is missing is said with what to do about it."""

import csv
import hashlib
import tomllib
import wave
from pathlib import Path
from typing import Any

import pytest
import uharfbuzz as hb
from PIL import Image, ImageDraw, ImageFont

from club.resources import ResourceMissing, art, demo_dir, font, picture, sound
from club.resources.files import FONT_FILES, FontRole
from club.resources.fonts_build import DEBIAN_FOLDER, FACES, Face, extract, main


def test_art_is_found_with_and_without_its_ending() -> None:
    assert art("icons/png-72/gift") == art("icons/png-72/gift.png")
    with Image.open(art("icons/png-72/gift")) as icon:
        assert icon.size == (72, 72)


def test_missing_art_names_what_is_close() -> None:
    with pytest.raises(ResourceMissing, match="did you mean icons/png-72/gift"):
        art("icons/png-72/gifts")


@pytest.mark.parametrize("name", ["../theme", "/etc/hostname"])
def test_art_stays_inside_its_folder(name: str) -> None:
    with pytest.raises(ResourceMissing, match="below art/"):
        art(name)


def pictures_in(value: Any) -> set[str]:
    if isinstance(value, dict):
        named = {value["picture"]} if isinstance(value.get("picture"), str) else set()
        return named.union(*map(pictures_in, value.values()))
    return set().union(*map(pictures_in, value)) if isinstance(value, list) else set()


def test_every_picture_that_demo_content_names_is_there() -> None:
    named = set().union(*(pictures_in(tomllib.loads(file.read_text("utf-8"))) for file in demo_dir().glob("*.toml")))
    assert len(named) > 40
    assert all(picture(slug).is_file() for slug in named - {""})


def test_an_unknown_picture_is_refused() -> None:
    with pytest.raises(ResourceMissing, match="'no-such-thing'"):
        picture("no-such-thing")


def test_demo_content_is_whole() -> None:
    with (demo_dir() / "members.csv").open(encoding="utf-8", newline="") as file:
        assert len(list(csv.DictReader(file))) == 200


@pytest.mark.parametrize("name", ["tap", "key", "success", "error", "chime", "ready", "notice", "countdown"])
def test_sounds_play_at_44100_hz_mono(name: str) -> None:
    with wave.open(str(sound(name))) as file:
        assert (file.getframerate(), file.getnchannels()) == (44_100, 1)


def test_assets_may_live_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "art").mkdir()
    (tmp_path / "art" / "dot.png").write_bytes(b"")
    monkeypatch.setenv("CLUB_ASSETS", str(tmp_path))
    assert art("dot") == tmp_path / "art" / "dot.png"


def test_an_assets_folder_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CLUB_ASSETS", str(tmp_path / "gone"))
    with pytest.raises(ResourceMissing, match="gone, named by CLUB_ASSETS"):
        art("dot")


def test_a_missing_font_says_to_run_set_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLUB_FONTS", str(tmp_path))
    with pytest.raises(ResourceMissing, match=r"NotoSansSC-Regular\.otf in .*Run \./dev set-up"):
        font("sans")


def test_an_unknown_font_role_is_refused() -> None:
    with pytest.raises(ResourceMissing, match="sans, sans-bold, serif-bold; found 'comic'"):
        font("comic")  # type: ignore[arg-type]  # what a typing mistake would do


@pytest.mark.parametrize("face", FACES, ids=lambda face: face.role)
def test_fonts_are_the_simplified_chinese_faces(face: Face) -> None:
    otf = opened(font(face.role))
    assert (otf.get_name(16) or otf.get_name(1)) == face.family


@pytest.mark.parametrize("face", FACES, ids=lambda face: face.role)
def test_a_light_face_has_every_character_of_the_one_it_was_taken_from(face: Face) -> None:
    collection = DEBIAN_FOLDER / face.collection
    families = [ImageFont.truetype(str(collection), 12, index=index).getname()[0] for index in range(5)]
    whole = opened(collection, families.index(face.family))
    light = opened(font(face.role))
    assert set(light.unicodes) == set(whole.unicodes)
    assert light.glyph_count < whole.glyph_count


def opened(path: Path, place: int = 0) -> hb.Face:
    return hb.Face(hb.Blob.from_file_path(str(path)), place)


def drawn(path: Path, text: str, index: int = 0) -> str:
    image = Image.new("L", (80 * len(text), 100))
    ImageDraw.Draw(image).text((0, 0), text, fill=255, font=ImageFont.truetype(str(path), 64, index=index))
    return hashlib.sha256(image.tobytes()).hexdigest()


def test_characters_have_their_simplified_forms_not_the_japanese() -> None:
    text = "门直骨角刃海"
    collection = DEBIAN_FOLDER / "NotoSansCJK-Regular.ttc"
    families = [ImageFont.truetype(str(collection), 12, index=index).getname()[0] for index in range(5)]
    simplified, japanese = families.index("Noto Sans CJK SC"), families.index("Noto Sans CJK JP")
    assert drawn(font("sans"), text) == drawn(collection, text, simplified)
    assert drawn(font("sans"), text) != drawn(collection, text, japanese)


@pytest.mark.parametrize("role", FONT_FILES)
def test_rare_characters_of_names_are_drawn(role: FontRole) -> None:
    known = set(opened(font(role)).unicodes)
    assert [character for character in "喆堃镕庹欧阳司马王先生" if ord(character) not in known] == []


def test_a_missing_collection_names_the_package(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--source", str(tmp_path), "--target", str(tmp_path)]) == 1
    assert "fonts-noto-cjk" in capsys.readouterr().err


def test_a_collection_without_the_face_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ResourceMissing, match=r"expected a face 'Noto Sans CJK XX' .* found .*Noto Sans CJK SC"):
        extract(Face("sans", "NotoSansCJK-Regular.ttc", "Noto Sans CJK XX"), DEBIAN_FOLDER, tmp_path)
    assert list(tmp_path.iterdir()) == []
