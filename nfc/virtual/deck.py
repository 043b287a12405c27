"""Makes virtual cards from a TOML file: the cards a demo or a trainer can lay on the virtual reader.

::

    [[card]]
    name = "gold"
    kind = "ntag424"
    uid = "04A1B2C3D4E5F6"
    meta_key = "00112233445566778899AABBCCDDEEFF"
    file_master = "FFEEDDCCBBAA99887766554433221100"   # or file_key = this card's own
    url = "https://c.example.invalid/t?e={picc}&c={mac}"   # optional
    counter_file = "gold.counter"                      # optional: keeps the counter between runs; relative to this file

    [[card]]
    name = "old"
    kind = "uid"
    uid = "04112233445566"
    looks_like = "mifare_classic"                      # optional: ultralight (default), mifare_classic, felica, iso14443_4

The other kinds, with what they have beside ``name``, ``kind`` and ``uid``:

==================  ==================================================================================================
``desfire``         ``key`` (16 bytes), ``generation`` (1, 2 or 3; default 3), ``random_uid`` (default false)
``cpu_card``        ``key``, ``cipher`` (3des, aes, sm4)
``phone``           ``credential`` (8 bytes) and no ``uid``; its key is made anew at each start; without ``credential`` a stranger's
``classic``         nothing: a blank card with memory
``ntag424_blank``   nothing: as from the factory; what is written to it is forgotten at the end
``ntag213``         nothing: unguarded, with memory, its signature is another chip's
``transcript``      ``file`` (a recorded tap, relative to this file) and no ``uid``
==================  ==================================================================================================
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from nfc.protocol import ciphers, keys, phone
from nfc.transcript import BadTranscript, Transcript
from nfc.virtual import desfire
from nfc.virtual.card import ATR_CLASSIC_1K, ATR_FELICA, ATR_ISO14443_4, ATR_ULTRALIGHT, Card, UidOnly
from nfc.virtual.classic import Classic
from nfc.virtual.cpu_card import CpuCard
from nfc.virtual.ntag21x import Ntag213
from nfc.virtual.ntag424 import URL_TEMPLATE, Ntag424
from nfc.virtual.phone import Phone
from nfc.virtual.replay import Recorded

_LOOKS = {
    "ultralight": ATR_ULTRALIGHT,
    "mifare_classic": ATR_CLASSIC_1K,
    "felica": ATR_FELICA,
    "iso14443_4": ATR_ISO14443_4,
}
_KNOWN_KEYS = {
    "ntag424": {"name", "kind", "uid", "meta_key", "file_key", "file_master", "url", "counter_file"},
    "uid": {"name", "kind", "uid", "looks_like"},
    "desfire": {"name", "kind", "uid", "key", "generation", "random_uid"},
    "cpu_card": {"name", "kind", "uid", "key", "cipher"},
    "phone": {"name", "kind", "credential"},
    "classic": {"name", "kind", "uid"},
    "ntag213": {"name", "kind", "uid"},
    "transcript": {"name", "kind", "file"},
    "ntag424_blank": {"name", "kind", "uid"},
}
_PROOF_KEY = 1
"""The number a CPU card has its key under."""


class DeckError(Exception):
    """The card file cannot be used; the message names file, card and key."""


def load(path: Path) -> dict[str, Card]:
    """Return the cards of a TOML file by name, in the file's order.

    Raises:
        DeckError: the file is missing, is not TOML, or a card in it is not complete.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as fault:
        raise DeckError(f"{path}: cannot be read: {fault}") from fault
    entries = content.get("card")
    if not isinstance(entries, list) or not entries:
        raise DeckError(f"{path}: expected at least one [[card]], found none")
    deck: dict[str, Card] = {}
    for number, entry in enumerate(entries, 1):
        name = entry.get("name")
        if not isinstance(name, str) or not name or " " in name:
            raise DeckError(f"{path}: card {number}: expected a name without spaces, found {name!r}")
        if name in deck:
            raise DeckError(f"{path}: two cards are called {name!r}")
        deck[name] = _Entry(path, name, entry).card()
    return deck


class _Entry:
    """One [[card]] table, read with errors that name the place."""

    def __init__(self, path: Path, name: str, entry: dict[str, Any]) -> None:
        self._path = path
        self._name = name
        self._entry = entry

    def card(self) -> Card:
        kind = self._entry.get("kind")
        if kind not in _KNOWN_KEYS:
            raise self._error(f"kind: expected one of {', '.join(_KNOWN_KEYS)}, found {kind!r}")
        unknown = sorted(set(self._entry) - _KNOWN_KEYS[kind])
        if unknown:
            raise self._error(f"unknown key {unknown[0]!r}; a {kind} card has {', '.join(sorted(_KNOWN_KEYS[kind]))}")
        make: dict[str, Callable[[], Card]] = {
            "ntag424": self._ntag424,
            "ntag424_blank": lambda: Ntag424.blank(self._hex("uid", 7)),
            "uid": self._uid_only,
            "desfire": self._desfire,
            "cpu_card": self._cpu_card,
            "phone": self._phone,
            "classic": lambda: Classic(self._hex("uid", 4, 7)),
            "ntag213": lambda: Ntag213(self._hex("uid", 7)),
            "transcript": self._recorded,
        }
        return make[kind]()

    def _uid_only(self) -> UidOnly:
        looks = self._entry.get("looks_like", "ultralight")
        if looks not in _LOOKS:
            raise self._error(f"looks_like: expected one of {', '.join(_LOOKS)}, found {looks!r}")
        return UidOnly(self._hex("uid", 4, 7, 8, 10), _LOOKS[looks])

    def _desfire(self) -> desfire.Desfire:
        generation = self._entry.get("generation", 3)
        if generation not in desfire.GENERATIONS:
            raise self._error(f"generation: expected one of 1, 2, 3, found {generation!r}")
        key = self._hex("key", keys.KEY_BYTES)
        random_uid = self._entry.get("random_uid", False)
        if not isinstance(random_uid, bool):
            raise self._error(f"random_uid: expected true or false, found {random_uid!r}")
        return desfire.member_card(self._hex("uid", 7), key, generation=generation, random_uid=random_uid)

    def _cpu_card(self) -> CpuCard:
        try:
            cipher = ciphers.Algorithm(str(self._entry.get("cipher")))
        except ValueError as fault:
            names = ", ".join(ciphers.Algorithm)
            raise self._error(f"cipher: expected one of {names}, found {self._entry.get('cipher')!r}") from fault
        return CpuCard(self._hex("uid", 4, 7), cipher, {_PROOF_KEY: self._hex("key", keys.KEY_BYTES)})

    def _phone(self) -> Phone:
        return Phone(self._hex("credential", phone.CREDENTIAL_BYTES) if "credential" in self._entry else None)

    def _recorded(self) -> Recorded:
        file = self._path.parent / str(self._entry.get("file", ""))
        try:
            return Recorded(Transcript.parse(file.read_text(encoding="utf-8")))
        except (OSError, UnicodeDecodeError, BadTranscript) as fault:
            raise self._error(f"file {file}: expected a transcript: {fault}") from fault

    def _ntag424(self) -> Ntag424:
        uid = self._hex("uid", 7)
        if ("file_key" in self._entry) == ("file_master" in self._entry):
            raise self._error("expected either file_key or file_master")
        if "file_key" in self._entry:
            file_key = self._hex("file_key", keys.KEY_BYTES)
        else:
            file_key = keys.file_key(self._hex("file_master", keys.KEY_BYTES), uid)
        template = self._entry.get("url", URL_TEMPLATE)
        if not isinstance(template, str) or template.count("{picc}") != 1 or template.count("{mac}") != 1:
            raise self._error("url: expected a text with {picc} and {mac} once each")
        counter, keep = self._counter()
        return Ntag424(uid, self._hex("meta_key", keys.KEY_BYTES), file_key, template, counter, keep)

    def _counter(self) -> tuple[int, Callable[[int], None] | None]:
        name = self._entry.get("counter_file")
        if name is None:
            return 0, None
        file = self._path.parent / str(name)
        try:
            counter = int(file.read_text(encoding="ascii")) if file.exists() else 0
        except ValueError as fault:
            raise self._error(f"counter_file {file}: expected a number: {fault}") from fault
        return counter, lambda value: _replace(file, str(value))

    def _hex(self, key: str, *sizes: int) -> bytes:
        text = self._entry.get(key)
        wanted = " or ".join(str(size) for size in sizes)
        try:
            value = bytes.fromhex(text) if isinstance(text, str) else b""
        except ValueError:
            value = b""
        if len(value) not in sizes:
            # The value may be a key: it is never shown.
            raise self._error(f"{key}: expected {wanted} bytes in hexadecimal")
        return value

    def _error(self, what: str) -> DeckError:
        return DeckError(f"{self._path}: card {self._name!r}: {what}")


def _replace(file: Path, text: str) -> None:
    """Write a small file so that a crash leaves the old or the new content, never half of it."""
    draft = file.with_name(file.name + ".new")
    with draft.open("w", encoding="ascii") as out:
        out.write(text)
        out.flush()
        os.fsync(out.fileno())
    draft.replace(file)
