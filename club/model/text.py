"""A text in the club's languages, as staff wrote it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Text:
    """Chinese first; English may be missing, then the Chinese stands in (K15)."""

    zh: str
    en: str = ""

    def pick(self, language: str) -> str:
        """The text for a language tag such as `zh-CN` or `en`."""
        return self.en if language.startswith("en") and self.en else self.zh
