"""Gives out the club's wording by key, in the language asked for, Chinese standing in where a translation lacks."""

import logging
import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from babel.messages import pofile

ASSETS_VARIABLE = "CLUB_ASSETS"
STRICT_VARIABLE = "CLUB_STRICT_WORDS"
LANGUAGES = ("zh-CN", "en")
SOURCE = "zh-CN"

_FOLDERS = {"zh-CN": "zh_CN", "en": "en"}
_log = logging.getLogger(__name__)


class WordMissing(LookupError):
    """No catalogue holds this key, or its sentence asks for a value that was not given."""


class CatalogueFault(ValueError):
    """A catalogue cannot be read; the message names the file and what was expected."""


def words_folder() -> Path:
    """The folder of the catalogues: `words/` of ``$CLUB_ASSETS``, or of `assets/` beside the code."""
    chosen = os.environ.get(ASSETS_VARIABLE)
    assets = Path(chosen) if chosen else Path(__file__).resolve().parents[2] / "assets"
    return assets / "words"


def supported(tag: str) -> str:
    """The language of ours nearest to a tag such as `en-GB`; anything unknown is Chinese."""
    return "en" if tag.lower().startswith("en") else SOURCE


class Words:
    """The wording in one language: `words("kiosk.home.greeting", name=...)`.

    A key's first part names its domain, and so its file: `assets/words/<language>/<domain>.po`.

    Args:
        language: a language tag; `supported` says what becomes of it.
        folder: where the catalogues are; by default the product's own.
        strict: whether a missing key or value raises (tests) or is logged and the Chinese, or nothing, is shown (in use).
            By default, whether ``$CLUB_STRICT_WORDS`` is set.

    Raises:
        CatalogueFault: a catalogue is missing, cannot be parsed, or holds a key twice or of another domain.
    """

    def __init__(self, language: str, folder: Path | None = None, *, strict: bool | None = None) -> None:
        self.language = supported(language)
        self._strict = bool(os.environ.get(STRICT_VARIABLE)) if strict is None else strict
        where = folder or words_folder()
        self._source = load(where / _FOLDERS[SOURCE])
        self._own = self._source if self.language == SOURCE else load(where / _FOLDERS[self.language])

    def __call__(self, key: str, **values: str | int) -> str:
        """The sentence of `key` with `values` in its places.

        Raises:
            WordMissing: only when strict: an unknown key, an untranslated one, or a value that is not given.
        """
        text = self._own.get(key) or self._stand_in(key)
        try:
            return text.format_map(values)
        except KeyError as error:
            self._miss(f"expected a value for {error} in the words {key!r}; given were {sorted(values)}")
            return text.format_map(_Blank(values))

    def has(self, key: str) -> bool:
        """Whether this language or Chinese has the key."""
        return key in self._own or key in self._source

    def keys(self) -> Iterator[str]:
        """All keys of this language."""
        return iter(self._own)

    def _stand_in(self, key: str) -> str:
        if self.language != SOURCE and key in self._source:
            self._miss(f"expected the words {key!r} in {self.language}; only {SOURCE} has them")
        elif key not in self._source:
            self._miss(f"expected the words {key!r} in {SOURCE}; no catalogue has them")
        return self._source.get(key, "")

    def _miss(self, message: str) -> None:
        if self._strict:
            raise WordMissing(message)
        _log.error("words_missing %s", message)


class _Blank(dict[str, str | int]):
    """Values in which nothing is missing: what was not given is left out of the sentence."""

    def __missing__(self, key: str) -> str:
        return ""


def words(language: str) -> Words:
    """The product's own wording in the language nearest to a tag, read once."""
    return _words(supported(language))  # kept by language, never by tag: anybody may send any number of tags


@cache
def _words(language: str) -> Words:
    return Words(language)


@cache
def load(folder: Path) -> dict[str, str]:
    """All keys of one language's catalogues; keys without a text are left out.

    Raises:
        CatalogueFault: no catalogues, one that cannot be parsed, a key twice, or a key in another domain's file.
    """
    files = sorted(folder.glob("*.po"))
    if not files:
        raise CatalogueFault(
            f"expected catalogues (*.po) in {folder}, found none; set {ASSETS_VARIABLE} to the folder of assets"
        )
    return {key: text for file in files for key, text in _read(file)}


def _read(file: Path) -> Iterator[tuple[str, str]]:
    try:
        with file.open(encoding="utf-8") as lines:
            catalogue = pofile.read_po(lines, domain=file.stem, abort_invalid=True)
    except (pofile.PoFileError, UnicodeDecodeError) as error:
        raise CatalogueFault(f"{file}: expected a gettext catalogue in UTF-8, found {error}") from error
    for message in catalogue:
        key = str(message.id)
        if not key:
            continue
        if key.split(".", maxsplit=1)[0] != file.stem:
            raise CatalogueFault(f"{file}: expected keys that begin with {file.stem!r}, found {key!r}")
        if message.string:
            yield key, str(message.string)
