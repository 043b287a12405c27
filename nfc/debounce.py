"""Decides whether a card was merely wobbled, or never left, so that one tap is one tap (spec N7)."""

from __future__ import annotations

import math

from nfc.evidence import short_hash


class Debounce:
    """Remembers, for each reader, which card left last and when.

    Keeps a short hash and no UID, and only of the last card of each reader.

    Args:
        window_s: a card that comes back to the same reader within this many seconds of leaving is the same tap.
    """

    def __init__(self, window_s: float) -> None:
        self._window_s = window_s
        self._last: dict[str, tuple[str, float]] = {}

    def left(self, reader: str, uid: bytes, now: float) -> None:
        """Note that a card left."""
        self._last[reader] = (short_hash(uid), now)

    def lost(self, reader: str, uid: bytes) -> None:
        """Note that the reader vanished with the card on it: when it returns, the card probably still lies there."""
        self._last[reader] = (short_hash(uid), math.inf)

    def returned(self, reader: str, now: float) -> None:
        """Note that a reader is back: the card lost with it counts as leaving now, for it is found again only later."""
        entry = self._last.get(reader)
        if entry and math.isinf(entry[1]):
            self._last[reader] = (entry[0], now)

    def told(self, reader: str) -> None:
        """Note that another card was told of on this reader: whoever comes back to another reader after it taps anew."""
        self._last = {name: entry for name, entry in self._last.items() if name == reader or math.isinf(entry[1])}

    def is_repeat(self, reader: str, uid: bytes, seen_at: float) -> bool:
        """Whether a card first seen at ``seen_at`` belongs to the tap before it."""
        entry = self._last.get(reader)
        return entry is not None and entry[0] == short_hash(uid) and seen_at - entry[1] < self._window_s
