"""Files taken from elsewhere are exactly what their list says, and the list names all of them."""

import hashlib
import tomllib
from typing import Any

from tests.project import tree

STATIC = tree.ROOT / "central_api" / "console" / "static"


def listed() -> list[dict[str, Any]]:
    files: list[dict[str, Any]] = tomllib.loads((STATIC / "vendor.toml").read_text(encoding="utf-8"))["file"]
    return files


def test_vendored_files_are_what_came() -> None:
    found = {entry["name"]: hashlib.sha384((STATIC / entry["name"]).read_bytes()).hexdigest() for entry in listed()}
    assert found == {entry["name"]: entry["sha384"] for entry in listed()}


def test_vendored_files_carry_their_licence() -> None:
    assert [entry["name"] for entry in listed() if not (STATIC / entry["licence_file"]).is_file()] == []
    assert [entry["name"] for entry in listed() if not (entry["licence"] and entry["version"])] == []


def test_every_minified_file_is_on_the_list() -> None:
    minified = {str(path.relative_to(STATIC)) for path in STATIC.rglob("*.min.*")}
    assert minified == {entry["name"] for entry in listed()}
