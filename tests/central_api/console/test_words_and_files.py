"""What the console ships: others' code as it came, the design's colours, every sentence in the catalogues."""

import hashlib
import re
import tomllib
from pathlib import Path

import pytest

import central_api.console
from central_api.boards.templates import TEMPLATES
from club.resources.theme import theme
from club.words.catalogue import LANGUAGES, Words

CONSOLE = Path(central_api.console.__file__).parent
_KEY = re.compile(r"""["'](console\.[a-z0-9_.-]+[a-z0-9])["']""")
_VENDORED = tomllib.loads((CONSOLE / "static" / "vendor.toml").read_text(encoding="utf-8"))["file"]


@pytest.mark.parametrize("file", _VENDORED, ids=lambda file: file["name"])
def test_others_code_is_as_it_came_and_its_licence_with_it(file: dict[str, str]) -> None:
    data = (CONSOLE / "static" / file["name"]).read_bytes()
    assert hashlib.sha384(data).hexdigest() == file["sha384"]
    assert "Zero-Clause BSD" in (CONSOLE / "static" / file["licence_file"]).read_text(encoding="utf-8")


def test_every_script_of_others_is_listed() -> None:
    ours = {"digits.js"}
    assert {path.name for path in (CONSOLE / "static").glob("*.js")} - ours == {file["name"] for file in _VENDORED}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_sentence_a_page_asks_for_is_there(language: str) -> None:
    words = Words(language)
    sources = [*CONSOLE.glob("pages/*.html"), *CONSOLE.glob("*.py")]
    asked = {key for path in sources for key in _KEY.findall(path.read_text(encoding="utf-8"))}
    asked -= {"console.css"}
    assert len(asked) > 60
    known = set(words.keys())
    assert {key for key in asked if key not in known} == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_templates_fields_and_findings_have_names(language: str) -> None:
    known = set(Words(language).keys())
    for template in TEMPLATES.values():
        assert f"console.template.{template.slug}" in known
        assert {f"console.field.{field.name}" for field in template.fields} <= known


def test_both_languages_have_the_same_keys_and_places() -> None:
    chinese, english = (Words(language) for language in LANGUAGES)
    ours = {key for key in chinese.keys() if key.startswith("console.")}  # noqa: SIM118 -- not a mapping
    assert ours == {key for key in english.keys() if key.startswith("console.")}  # noqa: SIM118


def test_the_colours_are_the_designs() -> None:
    css = (CONSOLE / "static" / "console.css").read_text(encoding="utf-8")
    light, night = theme().color.light, theme().color.night
    given = {
        "ground": light.ground,
        "surface": light.surface,
        "line": light.line,
        "ink": light.ink,
        "ink-2": light.ink_2,
        "ink-3": light.ink_3,
        "jade": light.jade,
        "jade-soft": light.jade_soft,
        "warn": light.warn,
        "danger": light.danger,
        "night": night.ground,
        "night-2": night.surface_2,
        "snow": night.snow,
        "jade-lit": night.jade,
    }
    for name, colour in given.items():
        assert f"--{name}: {colour.hex};" in css, name
