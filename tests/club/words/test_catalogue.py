import logging
import string
from pathlib import Path

import pytest

from club.words.catalogue import LANGUAGES, CatalogueFault, WordMissing, Words, load, supported, words_folder

DATE_PATTERNS = {  # each language takes the parts it needs
    "common.date.full",
    "kiosk.confirm.taken-expiring",
    "kiosk.points.bar-month",
    "kiosk.points.day",
    "kiosk.points.next-year",
}
HEAD = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n\n'


def catalogue(folder: Path, language: str, domain: str, **entries: str) -> None:
    (folder / language).mkdir(exist_ok=True)
    body = "".join(f'msgid "{domain}.{key}"\nmsgstr "{text}"\n\n' for key, text in entries.items())
    (folder / language / f"{domain}.po").write_text(HEAD + body, encoding="utf-8")


def places(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize(
    ("tag", "language"),
    [("zh-CN", "zh-CN"), ("zh-TW", "zh-CN"), ("en", "en"), ("en-GB", "en"), ("", "zh-CN"), ("fr", "zh-CN")],
)
def test_a_tag_becomes_a_language_we_speak(tag: str, language: str) -> None:
    assert supported(tag) == language


def test_values_go_into_their_places(tmp_path: Path) -> None:
    catalogue(tmp_path, "zh_CN", "kiosk", hello="{name}，您好")
    assert Words("zh-CN", tmp_path, strict=True)("kiosk.hello", name="王先生") == "王先生，您好"


def test_chinese_stands_in_for_a_missing_translation_and_is_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    catalogue(tmp_path, "zh_CN", "kiosk", hello="您好")
    catalogue(tmp_path, "en", "kiosk", hello="")
    with caplog.at_level(logging.ERROR):
        assert Words("en", tmp_path, strict=False)("kiosk.hello") == "您好"
    assert "kiosk.hello" in caplog.text


def test_a_missing_key_raises_when_strict_and_shows_nothing_in_use(tmp_path: Path) -> None:
    catalogue(tmp_path, "zh_CN", "kiosk", hello="您好")
    with pytest.raises(WordMissing, match=r"kiosk\.nothing"):
        Words("zh-CN", tmp_path, strict=True)("kiosk.nothing")
    assert Words("zh-CN", tmp_path, strict=False)("kiosk.nothing") == ""


def test_a_missing_value_raises_when_strict_and_is_left_out_in_use(tmp_path: Path) -> None:
    catalogue(tmp_path, "zh_CN", "kiosk", left="余 {left} 车")
    with pytest.raises(WordMissing, match="left"):
        Words("zh-CN", tmp_path, strict=True)("kiosk.left")
    assert Words("zh-CN", tmp_path, strict=False)("kiosk.left") == "余  车"


def test_a_key_in_another_domains_file_is_a_fault_that_names_the_file(tmp_path: Path) -> None:
    catalogue(tmp_path, "zh_CN", "kiosk", hello="您好")
    (tmp_path / "zh_CN" / "lounge.po").write_text(HEAD + 'msgid "kiosk.x"\nmsgstr "x"\n', encoding="utf-8")
    with pytest.raises(CatalogueFault, match=r"lounge\.po.*kiosk\.x"):
        Words("zh-CN", tmp_path)


def test_a_broken_catalogue_is_a_fault_that_names_the_file(tmp_path: Path) -> None:
    (tmp_path / "zh_CN").mkdir()
    (tmp_path / "zh_CN" / "kiosk.po").write_text("this is not a catalogue\n", encoding="utf-8")
    with pytest.raises(CatalogueFault, match=r"kiosk\.po"):
        Words("zh-CN", tmp_path)


def test_no_catalogues_is_a_fault_that_says_what_to_set(tmp_path: Path) -> None:
    with pytest.raises(CatalogueFault, match="CLUB_ASSETS"):
        Words("zh-CN", tmp_path)


def test_every_language_has_every_key_with_the_same_places() -> None:
    source = load(words_folder() / "zh_CN")
    english = load(words_folder() / "en")
    assert len(LANGUAGES) == 2
    assert set(english) == set(source)
    different = {key for key, text in source.items() if not places(text) >= places(english[key])} - DATE_PATTERNS
    assert not different, "a translation asks for values that the Chinese does not"
