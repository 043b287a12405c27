"""Tells what a barcode or QR scanner types from what a person types (spec N8). Pure: keys in, scans out.

A scanner is a keyboard to the machine ("wedge"): it types its code within some milliseconds a key and presses Enter. A person
needs tens of milliseconds at least. The scanner's own prefix and suffix, where it was set up to send them, are taken away.

==========================  =======================================================================================
what comes                  what it is
==========================  =======================================================================================
keys in a burst, then Enter a :class:`Scan`
a pause in the middle       the burst so far was no scan: it is given back as what a person typed
keys one by one             typed; each is given back as soon as the pause after it is over
more than ``longest`` keys  no code of ours, and no reason to fill the memory: given back as typed
==========================  =======================================================================================
"""

from __future__ import annotations

from dataclasses import dataclass, field

ENTER = "\n"
_ENDS = frozenset({"\n", "\r", "\t"})
"""Enter, or Tab: how scanners come set up."""


@dataclass(frozen=True, slots=True)
class Habits:
    """How the scanner types.

    Args:
        gap_s: two keys of one code are at most this far apart; no person is as quick for several keys on end.
        shortest, longest: characters of a code; shorter bursts are a person's, longer ones nobody's.
        prefix, suffix: what the scanner puts around each code.
    """

    gap_s: float = 0.05
    shortest: int = 6
    longest: int = 512
    prefix: str = ""
    suffix: str = ""


@dataclass(frozen=True, slots=True)
class Scan:
    """A whole code."""

    text: str


@dataclass(frozen=True, slots=True)
class Typed:
    """Keys that were a person's, in their order; Enter and Tab among them as they came."""

    text: str


Found = Scan | Typed


@dataclass(slots=True)
class Wedge:
    """Sorts keys into scans and typing; nothing is lost and nothing is told twice.

    Args:
        habits: of the scanner.
    """

    habits: Habits = field(default_factory=Habits)
    _keys: list[str] = field(default_factory=list)
    _last_at: float = 0.0

    def key(self, key: str, at: float) -> list[Found]:
        """Take a key in.

        Args:
            key: the text it types; Enter as a line feed or carriage return. Keys that type nothing (Shift) do not belong here.
            at: seconds of a clock that only rises.

        Returns:
            What is certain by now, in order.
        """
        found = self.quiet(at)
        self._last_at = at
        if key in _ENDS:
            found.append(self._end(key))
            return found
        self._keys.append(key)
        if sum(map(len, self._keys)) > self._room():
            found.append(self._give_back())
        return found

    def quiet(self, at: float) -> list[Found]:
        """Note the time without a key; to be called some ``gap_s`` after the last key, so that typing is not kept waiting."""
        if self._keys and at - self._last_at > self.habits.gap_s:
            return [self._give_back()]
        return []

    @property
    def waiting(self) -> bool:
        """Whether keys are kept that may yet become a scan."""
        return bool(self._keys)

    def _room(self) -> int:
        return self.habits.longest + len(self.habits.prefix) + len(self.habits.suffix)

    def _end(self, key: str) -> Found:
        text = "".join(self._keys)
        code = text.removeprefix(self.habits.prefix)
        framed = text.startswith(self.habits.prefix) and code.endswith(self.habits.suffix)
        code = code.removesuffix(self.habits.suffix)
        if framed and self.habits.shortest <= len(code) <= self.habits.longest:
            self._keys.clear()
            return Scan(code)
        self._keys.append(key)
        return self._give_back()

    def _give_back(self) -> Typed:
        typed = Typed("".join(self._keys))
        self._keys.clear()
        return typed
