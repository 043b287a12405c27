"""Packages show what they promise, load little, and their modules do not come in through their own door."""

import ast
import importlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.project import tree

MODULES = dict(tree.modules())
NEEDS_WINDOW = ("club.ui", "kiosk_app.ui", "lounge_display.stage")  # importing Kivy's widgets opens a window


def doors() -> Iterator[str]:
    for name, path in sorted(MODULES.items()):
        if path.name == "__init__.py" and not name.startswith(NEEDS_WINDOW) and "migrations" not in name:
            yield name


@pytest.mark.parametrize("name", list(doors()))
def test_a_door_offers_exactly_what_it_lists(name: str) -> None:
    module = importlib.import_module(name)
    listed = getattr(module, "__all__", [])
    assert len(listed) == len(set(listed))
    assert [each for each in listed if not hasattr(module, each)] == []
    imported = {
        alias.asname or alias.name
        for node in tree.parsed(MODULES[name]).body
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(tree.ROOMS)
        for alias in node.names
    }
    assert imported - set(listed) == set()


def through_own_door(name: str, path: Path) -> Iterator[str]:
    """Yield imports of names, not modules, from a package that the module itself lies in."""
    packages = {".".join(name.split(".")[:depth]) for depth in range(1, name.count(".") + 1)}
    for node in ast.walk(tree.parsed(path)):
        if isinstance(node, ast.ImportFrom) and node.module in packages:
            for alias in node.names:
                if f"{node.module}.{alias.name}" not in MODULES:
                    yield f"{name}:{node.lineno} from {node.module} import {alias.name}"


def test_modules_import_their_siblings_by_module() -> None:
    detours = [
        detour
        for name, path in MODULES.items()
        if path.name != "__init__.py"
        for detour in through_own_door(name, path)
    ]
    assert detours == []


LIGHT = [
    ("nfc", ["smartcard", "kivy", "requests"]),
    ("club.model", ["msgspec", "kivy", "PIL", "requests"]),
    ("club.wire", ["kivy", "PIL", "requests", "litestar"]),
    ("club.settings", ["kivy", "PIL", "requests"]),
    ("club.resources", ["kivy", "PIL", "uharfbuzz"]),
    ("kiosk_app.flow", ["kivy", "requests", "smartcard", "sqlite3"]),
    ("kiosk_app.present", ["kivy", "requests", "smartcard", "sqlite3"]),
]


@pytest.mark.parametrize(("door", "heavy"), LIGHT)
def test_a_door_loads_no_heavy_library(door: str, heavy: list[str]) -> None:
    program = f"import sys, {door}; print([name for name in {heavy!r} if name in sys.modules])"
    answer = subprocess.run([sys.executable, "-c", program], cwd=tree.ROOT, capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"
