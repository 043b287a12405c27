"""No file says where it was made, and the files that must be there are."""

import re
import tomllib
from pathlib import Path

from tests.project import tree

# Written in halves, so that this file does not hold what it looks for.
REGISTRIES = re.compile(
    "|".join(("py" + r"pi\.org", "python" + r"hosted\.org", "npm" + r"js\.org", r"deb\.deb" + r"ian\."))
)
MACHINE_PATHS = re.compile(r"(?<![\w.])/(?:" + "|".join(("wo" + "rk", "ro" + "ot", "home/" + r"\w+")) + r")/")


def found(pattern: re.Pattern[str]) -> list[str]:
    return [
        f"{path}:{number}: {line.strip()[:100]}"
        for path, text in tree.texts()
        for number, line in enumerate(text.splitlines(), start=1)
        if pattern.search(line)
    ]


def test_no_file_holds_the_address_of_a_package_registry() -> None:
    assert found(REGISTRIES) == []


def test_no_file_holds_a_path_of_the_machine_it_was_made_on() -> None:
    assert found(MACHINE_PATHS) == []


def test_locks_are_the_pip_ones_only() -> None:
    strays = {"uv.lock", "poetry.lock", "Pipfile.lock", "package-lock.json", "requirements.txt"}
    assert [path for path in tree.tracked() if path.name in strays] == []


def test_the_top_level_holds_what_the_ground_plan_says() -> None:
    top = {path.relative_to(tree.ROOT).parts[0] for path in tree.tracked()}
    rooms = {*tree.ROOMS, "assets", "config", "docs", "tests"}
    files = {"README.md", "CHANGELOG.md", "LICENSE", "dev", "pyproject.toml"}
    assert {name for name in top if not name.startswith((".", "requirements-"))} == rooms | files


def test_every_module_opens_with_its_job() -> None:
    silent = [name for name, path in tree.modules() if path.read_text("utf-8").strip() and not docstring(path)]
    assert silent == []


def docstring(path: Path) -> str:
    body = tree.parsed(path).body
    value = getattr(body[0], "value", None) if body else None
    return str(getattr(value, "value", ""))


def test_readme_has_exactly_the_two_set_up_commands() -> None:
    text = (tree.ROOT / "README.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```sh\n(.*?)```", text, re.DOTALL)
    assert blocks == ["./dev demo\n./dev test\n"]


def test_the_changelog_keeps_an_unreleased_heading_on_top() -> None:
    text = (tree.ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.findall(r"^## \[(.+?)\]", text, re.MULTILINE)[0] == "Unreleased"


def test_licences_name_every_font_and_asset_folder() -> None:
    licences = (tree.ROOT / "assets" / "LICENSES.md").read_text(encoding="utf-8")
    project = tomllib.loads((tree.ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    from club.resources.files import FONT_FILES

    assert [font for font in FONT_FILES.values() if f"`{font}`" not in licences] == []
    assert project["license"] == "Apache-2.0"
    assert (tree.ROOT / "LICENSE").read_text(encoding="utf-8").split()[:2] == ["Apache", "License"]


def test_no_font_is_committed() -> None:
    assert [path for path in tree.tracked() if path.suffix in {".otf", ".ttf", ".ttc", ".woff", ".woff2"}] == []


def test_decisions_are_numbered_without_gaps_and_say_all_four_things() -> None:
    decisions = sorted((tree.ROOT / "docs" / "decisions").glob("[0-9]*.md"))
    assert [int(path.name[:4]) for path in decisions] == list(range(1, len(decisions) + 1))
    wanted = ["## Context", "## Decision", "## Consequences", "## Alternatives"]
    assert {path.name: re.findall(r"^## \w+", path.read_text("utf-8"), re.MULTILINE) for path in decisions} == {
        path.name: wanted for path in decisions
    }
