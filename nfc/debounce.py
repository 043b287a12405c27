"""Decides whether a card was merely wobbled, or never left, so that one tap is one tap (spec N7)."""

from __future__ import annotations

import math

from nfc.evidence import short_hash

_RETURN_S = 2.0
"""A card that lay on a reader when the service died is found again this soon after it is back."""


class Debounce:
    """Remembers, for each reader, which card left last and when.

    Keeps a short hash and no UID, and only of the last card of each reader.

    Args:
        window_s: a card that comes back to the same reader within this many seconds of leaving is the same tap.
    """

    def __init__(self, window_s: float) -> None:
        self._window_s = window_s
        self._last: dict[str, tuple[str, float]] = {}
        # Cards that lay on a reader when it vanished, and until when whoever is found there is still that card.
        self._lying: dict[str, tuple[str, float]] = {}
        self._awaited: set[str] = set()

    def await_card(self, reader: str) -> None:
        """Whoever comes to a reader next taps anew: what was under way with its last card broke off, and it is to be laid down again.

        It holds until `told`, for a card torn away is missed by whoever talked to it before the watch sees that it left.
        """
        self._awaited.add(reader)

    def left(self, reader: str, uid: bytes, now: float) -> None:
        """Note that a card left."""
        self._lying.pop(reader, None)
        self._last[reader] = (short_hash(uid), now)

    def lost(self, reader: str, uid: bytes) -> None:
        """Note that the reader vanished with the card on it: when it returns, the card probably still lies there."""
        self._lying[reader] = (short_hash(uid), math.inf)

    def returned(self, reader: str, now: float) -> None:
        """Note that a reader is back: the card lost with it is found again only a little later."""
        if reader in self._lying:
            self._lying[reader] = (self._lying[reader][0], now + max(_RETURN_S, self._window_s))

    def told(self, reader: str) -> None:
        """Note that a card was told of on this reader: whoever comes back to another reader after it taps anew."""
        self._awaited.discard(reader)
        self._last = {name: entry for name, entry in self._last.items() if name == reader}

    def is_repeat(self, reader: str, uid: bytes, seen_at: float) -> bool:
        """Whether a card first seen at ``seen_at`` belongs to the tap before it."""
        if reader in self._awaited:
            return False
        card = short_hash(uid)
        lying, until = self._lying.get(reader, ("", 0.0))
        if lying == card and seen_at < until:
            return True
        last, left_at = self._last.get(reader, ("", -math.inf))
        return last == card and seen_at - left_at < self._window_s
