"""Reads the keys of a laboratory: a TOML file that only its owner can read, for ``nfc-cards issue`` and ``reset``.

::

    current = 2                                   # the version that new cards get
    url = "https://c.example.invalid/t?e={picc}&c={mac}"

    [versions.1]                                  # older ones stay as long as a card may hold them
    meta = "00112233445566778899AABBCCDDEEFF"
    file = "..."
    app = "..."
    write = "..."

    [versions.2]
    ...

A store never has such a file: there the central API holds the keys and says each command.
"""

from __future__ import annotations

import os
import secrets
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nfc.protocol import keys, ntag424_files

_PURPOSES = ("meta", "file", "app", "write")
_MODE_OF_OTHERS = 0o077


class KeyFileRefused(Exception):
    """The file cannot be used; the message names file and key, and never shows one."""


@dataclass(frozen=True, slots=True)
class KeyFile:
    """The file's content: the version of new cards, the masters by version, and the URL that cards show.

    It tells cards' keys as ``making.Keyholder``.
    """

    current: int
    versions: Mapping[int, keys.Masters]
    url: str

    def card(self, version: int, uid: bytes) -> keys.KeySet:
        """See ``making.Keyholder``."""
        return keys.key_set(self.versions[version], uid)

    def desfire(self, version: int, uid: bytes) -> keys.DesfireKeys:
        """See ``making.Keyholder``."""
        return keys.desfire_keys(self.versions[version], uid)

    def classic(self, version: int, uid: bytes) -> keys.ClassicKeys:
        """See ``making.Keyholder``."""
        return keys.classic_keys(self.versions[version], uid)


def load(path: Path) -> KeyFile:
    """Read a key file.

    Raises:
        KeyFileRefused: it is missing, readable by others, or incomplete.
    """
    try:
        mode = path.stat().st_mode & 0o777
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as fault:
        raise KeyFileRefused(
            f"{path}: cannot be read: {fault}; 'nfc-cards new-keys' makes one, for a laboratory"
        ) from fault
    if mode & _MODE_OF_OTHERS:
        raise KeyFileRefused(
            f"{path}: expected a file that only its owner can read (0600), found {mode:04o}: chmod 600"
        )
    tables = content.get("versions")
    if not isinstance(tables, dict) or not tables:
        raise KeyFileRefused(f"{path}: expected at least one table [versions.1], found none")
    versions = {masters.version: masters for masters in (_masters(path, name, table) for name, table in tables.items())}
    current = content.get("current")
    if type(current) is not int or current not in versions:
        raise KeyFileRefused(f"{path}: current: expected one of {sorted(versions)}, found {current!r}")
    url = content.get("url")
    try:
        ntag424_files.member_file(str(url), meta_key=keys.META, file_key=keys.FILE, write_key=keys.WRITE)
    except ValueError as fault:
        raise KeyFileRefused(f"{path}: url: {fault}") from fault
    return KeyFile(current, versions, str(url))


def create(path: Path, url: str) -> None:
    """Make a key file with fresh keys of version 1.

    Raises:
        FileExistsError: there is one: keys are never written over.
    """
    lines = ["current = 1", f'url = "{url}"', "", "[versions.1]"]
    lines += [f'{purpose} = "{secrets.token_hex(keys.KEY_BYTES).upper()}"' for purpose in _PURPOSES]
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
        file.write("\n".join(lines) + "\n")


def _masters(path: Path, name: str, table: Any) -> keys.Masters:
    place = f"{path}: [versions.{name}]"
    if not name.isascii() or not name.isdecimal() or not isinstance(table, dict):
        raise KeyFileRefused(f"{place}: expected a number from 1 to {keys.NEWEST_VERSION}, found {name!r}")
    unknown = sorted(set(table) - set(_PURPOSES))
    if unknown:
        raise KeyFileRefused(f"{place}: unknown key {unknown[0]!r}; there are {', '.join(_PURPOSES)}")
    try:
        return keys.Masters(int(name), *(_key(place, purpose, table.get(purpose)) for purpose in _PURPOSES))
    except ValueError as fault:
        raise KeyFileRefused(f"{place}: {fault}") from fault


def _key(place: str, purpose: str, text: object) -> bytes:
    try:
        return bytes.fromhex(text) if isinstance(text, str) else b""
    except ValueError as fault:
        # The value may be a key: it is never shown.
        raise KeyFileRefused(f"{place}: {purpose}: expected {2 * keys.KEY_BYTES} hexadecimal digits") from fault
