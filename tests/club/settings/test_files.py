"""The settings files that ship list exactly the settings there are, each at its default."""

import re
import tomllib
from pathlib import Path

import pytest

from club.resources import config_dir
from club.settings import load
from club.settings.schema import settings_of
from club.settings.template import FILES, main, render


@pytest.mark.parametrize("name", FILES)
def test_the_file_lists_every_setting_of_its_schema_and_no_other(name: str) -> None:
    document = tomllib.loads((config_dir() / name).read_text(encoding="utf-8"))
    listed = {(section, key) for section, table in document.items() for key in table}
    assert listed == {(each.section, each.key) for each in settings_of(FILES[name])}


@pytest.mark.parametrize("name", FILES)
def test_the_file_says_what_the_code_does_when_nothing_is_set(name: str) -> None:
    assert load(config_dir() / name, FILES[name]) == load(None, FILES[name])


@pytest.mark.parametrize("name", FILES)
def test_the_file_is_what_the_template_writes(name: str) -> None:
    assert (config_dir() / name).read_text(encoding="utf-8") == render(FILES[name]), (
        "expected config/ to be in step with the schema; run python -m club.settings.template"
    )


@pytest.mark.parametrize("name", FILES)
def test_every_number_that_measures_something_has_its_unit(name: str) -> None:
    ending = re.compile(r"_(s|ms|min|minutes)$|^(width|height|left|top)$")
    without = [each.name for each in settings_of(FILES[name]) if ending.search(each.key) and not each.meaning.unit]
    assert without == []


def test_the_template_writes_all_files(tmp_path: Path) -> None:
    assert main([str(tmp_path)]) == 0
    assert {path.name for path in tmp_path.iterdir()} == set(FILES)
