"""Places for which threads wait in the order they came.

The waits of Python's locks and of SQLAlchemy's pool go to whoever asks first after one is given back. That is the thread
that gave it back and asks again, while those that waited are still waking up: under load one of them may find nothing for
half a minute (measured: 22 s for one of 19,000, and none at all for 99 of 100). Here a place is handed to who waits longest.
"""

import threading
from collections import deque


class Turns:
    """So many at once; safe from every thread.

    Args:
        places: how many have a turn at a time.
    """

    def __init__(self, places: int) -> None:
        self.places = places
        self._lock = threading.Lock()
        self._free = places
        self._waiting: deque[threading.Lock] = deque()

    @property
    def waiting(self) -> int:
        """How many wait for a turn."""
        with self._lock:
            return len(self._waiting)

    def take(self, within_s: float) -> bool:
        """Wait for a turn, at most so many seconds; whether it came. Whoever has one gives it back."""
        with self._lock:
            if self._free:  # then nobody waits: a place is free only when there was no one to hand it to
                self._free -= 1
                return True
            mine = threading.Lock()
            mine.acquire()  # released by whoever hands over
            self._waiting.append(mine)
        if mine.acquire(timeout=within_s):
            return True
        with self._lock:
            if mine not in self._waiting:  # it was handed over in the last moment
                return True
            self._waiting.remove(mine)
            return False

    def give(self) -> None:
        """Hand a turn to whoever waits longest."""
        with self._lock:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._free += 1
