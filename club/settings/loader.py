"""Reads a TOML settings file into its schema, and reports everything that is wrong with it at once."""

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from club.settings import values
from club.settings.faults import Fault, SettingsRefused
from club.settings.schema import Setting, sections_of, settings_of

SchemaT = TypeVar("SchemaT")

_HEADER = re.compile(r"\s*\[\[?\s*([\w.\-]+)\s*\]")
_ASSIGNMENT = re.compile(r"""\s*["']?([\w\-]+)["']?\s*(?:\.\s*["']?([\w\-]+)["']?\s*)?=""")
_LINE_IN_ERROR = re.compile(r"\s*\(at line (\d+), column \d+\)|\s*\(at end of document\)")


def load(path: Path | None, schema: type[SchemaT], overrides: Iterable[str] = ()) -> SchemaT:
    """Return the settings of a file, with defaults for what it leaves out.

    Args:
        path: the TOML file; relative paths inside it count from its folder. None: defaults and overrides only.
        schema: a dataclass of sections (see :mod:`club.settings.schema`).
        overrides: ``section.key=value`` texts of the command line's ``--set``; they go before the file. Relative
            paths in them count from the current folder.

    Raises:
        SettingsRefused: with every fault of file and overrides: syntax, unknown section or key, wrong type, out of bounds.
    """
    faults: list[Fault] = []
    found = dict(_from_file(path, schema, faults)) if path else {}
    found |= _from_overrides(overrides, schema, faults)
    if faults:
        raise SettingsRefused(sorted(faults, key=lambda fault: fault.line or 0))
    return schema(
        **{
            name: kind(**{key: value for (owner, key), value in found.items() if owner == name})
            for name, kind in sections_of(schema).items()
        }
    )


def masked(settings: Any) -> Mapping[str, Mapping[str, str]]:
    """Return settings as text by section and key, fit for a log: secrets are masked."""
    shown: dict[str, dict[str, str]] = {}
    for each in settings_of(type(settings)):
        value = getattr(getattr(settings, each.section), each.key)
        shown.setdefault(each.section, {})[each.key] = f"{value}"
    return shown


def _from_file(path: Path, schema: type, faults: list[Fault]) -> Iterator[tuple[tuple[str, str], Any]]:
    try:
        text = path.read_text(encoding="utf-8")
        document = tomllib.loads(text)
    except OSError as error:
        faults.append(Fault(path, None, f"expected a settings file to read; {error.strerror or error}"))
        return
    except UnicodeDecodeError as error:
        faults.append(Fault(path, None, f"expected UTF-8 text; byte {error.start} is not"))
        return
    except tomllib.TOMLDecodeError as error:
        line = _LINE_IN_ERROR.search(str(error))
        number = int(line[1]) if line and line[1] else None
        faults.append(Fault(path, number, f"expected TOML; {_LINE_IN_ERROR.sub('', str(error))}"))
        return
    lines = _lines(text)
    known = {(each.section, each.key): each for each in settings_of(schema)}
    for section, table in document.items():
        if section not in sections_of(schema) or not isinstance(table, dict):
            line_number = lines.get((section, "")) or lines.get(("", section))
            faults.append(Fault(path, line_number, _unknown_section(section, table, known)))
            continue
        for key, value in table.items():
            each = known.get((section, key))
            if each is None:
                faults.append(Fault(path, lines.get((section, key)), _unknown_key(section, key, known)))
                continue
            try:
                yield (section, key), values.convert(each, value, path.resolve().parent)
            except values.NotThis as wanted:
                faults.append(Fault(path, lines.get((section, key)), _misfit(each, value, wanted)))


def _from_overrides(overrides: Iterable[str], schema: type, faults: list[Fault]) -> dict[tuple[str, str], Any]:
    known = {each.name: each for each in settings_of(schema)}
    found = {}
    for override in overrides:
        name, equals, text = override.partition("=")
        each = known.get(name.strip())
        if not equals or each is None:
            wanted = "section.key=value" if not equals else "a setting" + _did_you_mean(name, list(known))
            faults.append(Fault(None, None, f"expected {wanted}; found {name!r}"))
            continue
        try:
            value = values.parse_text(each, text)
            found[each.section, each.key] = values.convert(each, value, Path.cwd())
        except values.NotThis as wanted_text:
            faults.append(Fault(None, None, _misfit(each, text, wanted_text)))
    return found


def _misfit(each: Setting, value: Any, wanted: values.NotThis) -> str:
    return f"[{each.section}] {each.key}: expected {wanted}; found {values.shown(each, value)}"


def _unknown_section(section: str, table: Any, known: Mapping[tuple[str, str], Setting]) -> str:
    names = list(dict.fromkeys(owner for owner, _ in known))
    if not isinstance(table, dict):
        homes = [owner for owner, key in known if key == section]
        hint = f"; {section} belongs under [{homes[0]}]" if homes else ""
        return f"expected a section such as [{names[0]}]; found {section!r} outside of one{hint}"
    return f"expected one of the sections {', '.join(names)}; found [{section}]{_did_you_mean(section, names)}"


def _unknown_key(section: str, key: str, known: Mapping[tuple[str, str], Setting]) -> str:
    here = [name for owner, name in known if owner == section]
    elsewhere = [owner for owner, name in known if name == key]
    hint = f"; it belongs under [{elsewhere[0]}]" if elsewhere else _did_you_mean(key, here)
    return f"[{section}] {key}: there is no such setting{hint or '; known here: ' + ', '.join(here)}"


def _did_you_mean(word: str, known: Sequence[str]) -> str:
    from difflib import get_close_matches  # for a fault only

    close = get_close_matches(word, known, n=1, cutoff=0.6)
    return f"; did you mean {close[0]!r}?" if close else ""


def _lines(text: str) -> dict[tuple[str, str], int]:
    """Find the line (from 1) of each section header ``(section, "")`` and each key ``(section, key)``.

    tomllib keeps no positions; this reads the few forms a settings file uses and skips text inside multi-line strings.
    """
    lines: dict[tuple[str, str], int] = {}
    section, inside = "", ""
    for number, line in enumerate(text.splitlines(), start=1):
        if inside:
            inside = "" if inside in line else inside
            continue
        if header := _HEADER.match(line):
            section = header[1]
            lines.setdefault((section, ""), number)
        elif assignment := _ASSIGNMENT.match(line):
            first, second = assignment[1], assignment[2]
            lines.setdefault((section or first, second or first) if second else (section, first), number)
            inside = next((quote for quote in ('"""', "'''") if line.count(quote) == 1), "")
    return lines
