"""Wording of the club in every language it speaks."""

from club.words.catalogue import LANGUAGES, CatalogueFault, WordMissing, Words, words
from club.words.fill import fill

__all__ = ["LANGUAGES", "CatalogueFault", "WordMissing", "Words", "fill", "words"]
