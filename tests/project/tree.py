"""The project's own files, as Git knows them, for the tests that look at the project itself."""

import ast
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("club", "nfc", "kiosk_app", "lounge_display", "central_api", "demo")
TEXT_ENDINGS = {
    ".py",
    ".kv",
    ".sh",
    ".toml",
    ".md",
    ".html",
    ".css",
    ".js",
    ".json",
    ".po",
    ".sql",
    ".csv",
    ".lock",
    ".svg",
}
TEXT_NAMES = {"dev", "run", ".gitignore", "LICENSE"}


@cache
def tracked() -> tuple[Path, ...]:
    """Return every file that is committed or about to be."""
    listing = subprocess.run(
        ["git", "-c", f"safe.directory={ROOT}", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    return tuple(path for name in listing.split("\0") if name and (path := ROOT / name).is_file())


def texts() -> Iterator[tuple[Path, str]]:
    """Yield every text file, by its path from the root, with its text."""
    for path in tracked():
        if path.suffix in TEXT_ENDINGS or path.name in TEXT_NAMES:
            yield path.relative_to(ROOT), path.read_text(encoding="utf-8")


def modules() -> Iterator[tuple[str, Path]]:
    """Yield every module of the rooms by dotted name."""
    for path in tracked():
        name = path.relative_to(ROOT)
        if path.suffix == ".py" and name.parts[0] in ROOMS:
            parts = name.with_suffix("").parts
            yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts), path


def parsed(path: Path) -> ast.Module:
    """Return a module's syntax tree."""
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))
