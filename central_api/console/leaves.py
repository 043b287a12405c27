"""Long lists of the console come leaf by leaf: what stands on one, and the ways to those before and behind it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

_MOST = 9999


@dataclass(frozen=True, slots=True)
class Leaf:
    """One leaf of a list: its number from 1, its rows, and the addresses of its neighbours, empty where there is none."""

    number: int
    rows: Sequence[Any]
    before: str
    behind: str

    @property
    def alone(self) -> bool:
        """Whether it is the whole list."""
        return not self.before and not self.behind


def open_at(path: str, asked: str, size: int, read: Callable[[int, int], Sequence[Any]]) -> Leaf:
    """The leaf that is asked for; the first one for what is no number.

    Args:
        path: of the page.
        asked: the leaf's number, as it stands in the address.
        size: rows on a leaf.
        read: gives rows, from how many are left out and how many at most.
    """
    number = min(max(int(asked), 1), _MOST) if asked.isascii() and asked.isdecimal() and len(asked) < 6 else 1
    rows = read((number - 1) * size, size + 1)
    return Leaf(
        number,
        rows[:size],
        f"{path}?leaf={number - 1}" if number > 1 else "",
        f"{path}?leaf={number + 1}" if len(rows) > size and number < _MOST else "",
    )
