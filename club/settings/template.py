"""Writes a settings file out of its schema: every key with default, unit and meaning."""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from club.settings import values
from club.settings.central import CentralSettings
from club.settings.kiosk import KioskSettings
from club.settings.lounge import LoungeSettings
from club.settings.schema import Setting, sections_of, settings_of

FILES: Mapping[str, type] = {
    "kiosk.toml": KioskSettings,
    "lounge.toml": LoungeSettings,
    "central.toml": CentralSettings,
}


def render(schema: type) -> str:
    """Return the text of a settings file in which everything stands at its default."""
    title = (schema.__doc__ or "").partition("\n")[0]
    blocks = [
        f"# {title}\n# Every key with its default. Relative paths count from this file's folder. What is left out keeps its default."
    ]
    for name, kind in sections_of(schema).items():
        lines = [f"# {(kind.__doc__ or '').partition(chr(10))[0]}", f"[{name}]"]
        for each in settings_of(schema):
            if each.section == name:
                lines += [f"# {each.meaning.help} {_remark(each)}", f"{each.key} = {_toml(each.default)}"]
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks) + "\n"


def _remark(each: Setting) -> str:
    return f"({values.expectation(each)})"


def _toml(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, tuple):
        return "[" + ", ".join(map(_toml, value)) + "]"
    text = value.reveal() if hasattr(value, "reveal") else str(value)
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the settings files anew into the folder given (``config`` when none is)."""
    chosen = sys.argv[1:] if arguments is None else arguments
    folder = Path(chosen[0] if chosen else "config")
    for name, schema in FILES.items():
        (folder / name).write_text(render(schema), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
