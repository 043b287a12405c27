"""When devices were heard in the last while: a mark a minute, in memory only, for whoever looks at the devices page (C9)."""

import threading
from collections.abc import Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Literal, TypeAlias

Mark: TypeAlias = Literal["heard", "trouble", "missed", "unknown"]

MINUTES = 48
"""How far back it goes; the drawing has so many marks."""


class Beats:
    """Remembers in which minutes each device was heard; any thread may tell and ask. A service that starts anew knows nothing yet."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._minutes: dict[str, dict[int, bool]] = {}

    def heard(self, device_id: str, now: datetime, *, trouble: bool = False) -> None:
        """A device spoke; `trouble`: it said that something of it does not work. A minute with trouble stays one."""
        minute = _minute(now)
        with self._lock:
            known = self._minutes.setdefault(device_id, {})
            known[minute] = trouble or known.get(minute, False)
            for old in [each for each in known if each <= minute - MINUTES]:
                del known[old]

    def marks(self, device_id: str, now: datetime, seen_at: datetime | None = None) -> tuple[Mark, ...]:
        """The last `MINUTES` minutes, oldest first; the present one counts only once it was heard in.

        Args:
            device_id: of the device.
            now: the end of the last minute.
            seen_at: when the device was last heard, as the books have it: from then on it was silent for sure.
        """
        with self._lock:
            known: Mapping[int, bool] = MappingProxyType(dict(self._minutes.get(device_id, {})))
        begins = min(known, default=None)
        silent = _minute(seen_at) + 1 if seen_at is not None else None
        end = _minute(now)
        return tuple(_mark(minute, known, begins, silent, end) for minute in range(end - MINUTES + 1, end + 1))


def _mark(minute: int, known: Mapping[int, bool], begins: int | None, silent: int | None, end: int) -> Mark:
    if minute in known:
        return "trouble" if known[minute] else "heard"
    since_heard = begins is not None and minute > begins
    since_silent = silent is not None and minute >= silent
    return "missed" if minute < end and (since_heard or since_silent) else "unknown"


def _minute(at: datetime) -> int:
    return int(at.timestamp() // timedelta(minutes=1).total_seconds())
