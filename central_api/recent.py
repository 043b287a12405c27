"""Keeps what was looked up last, by id; what is kept is a guess, and whoever acts on it sees for themselves that it holds."""

from collections import OrderedDict
from typing import Generic, TypeVar

V = TypeVar("V")


class Recent(Generic[V]):
    """The last `most` of them. Belongs to one event loop."""

    def __init__(self, most: int = 4096) -> None:
        self._kept: OrderedDict[str, V] = OrderedDict()
        self._most = most

    def get(self, id: str) -> V | None:
        """What was kept under this id, if it was used not long ago."""
        found = self._kept.get(id)
        if found is not None:
            self._kept.move_to_end(id)
        return found

    def put(self, id: str, value: V) -> None:
        """Keep this; what was used longest ago goes."""
        self._kept[id] = value
        if len(self._kept) > self._most:
            self._kept.popitem(last=False)

    def forget(self, id: str) -> None:
        """Have it looked up anew."""
        self._kept.pop(id, None)
