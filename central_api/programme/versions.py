"""Rules with dates of effect: at each instant from the first on, exactly one version is in force."""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from typing import Generic, TypeVar

from club.model import errors

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Version(Generic[T]):
    """One set of rules; in force from `effective_from` (aware, included) until the next version's (not included)."""

    effective_from: datetime
    rules: T


class Versions(Generic[T]):
    """All versions of a set of rules, in whatever order they are given.

    Raises:
        ValueError: a date of effect has no zone, or two versions begin at the same instant.
    """

    def __init__(self, versions: Iterable[Version[T]]) -> None:
        given = tuple(versions)
        for version in given:
            if version.effective_from.utcoffset() is None:
                raise ValueError(
                    f"expected a date of effect with its zone, found {version.effective_from.isoformat()}; add its offset"
                )
        # Instants are compared in UTC: within one zone Python compares wall clocks, and those repeat in autumn.
        self.versions = tuple(sorted(given, key=lambda version: version.effective_from.astimezone(UTC)))
        self._starts = [version.effective_from.astimezone(UTC) for version in self.versions]
        if any(left == right for left, right in pairwise(self._starts)):
            raise ValueError("expected one version for each instant, found two that begin together; move one of them")

    def at(self, instant: datetime) -> Version[T]:
        """The version in force when something happened: a bill that arrives late is judged by the rules of its own hour.

        Raises:
            ValueError: the instant has no zone.
            Unavailable: it lies before the first version.
        """
        if instant.utcoffset() is None:
            raise ValueError(f"expected an instant with its zone, found {instant.isoformat()}")
        place = bisect_right(self._starts, instant.astimezone(UTC))
        if not place:
            raise errors.Unavailable(
                f"expected rules in force at {instant.isoformat()}, found none that early; add a version that begins before"
            )
        return self.versions[place - 1]
