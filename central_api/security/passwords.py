"""Hashes PINs and passwords with argon2id in a small pool of its own; strangers may fill only part of it.

Values: t = 2, m = 19 MiB, p = 1 (OWASP's second choice): some 65 ms on a small machine. Two at a time bound the memory.
"""

import threading
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Self

from argon2 import PasswordHasher, Type
from argon2.exceptions import Argon2Error, InvalidHashError

from club.model import errors

_AT_ONCE = 2
_STRANGERS = (
    3  # each holds a thread of the service while it waits: more of them, and members' taps would wait for a thread
)


class Passwords:
    """Makes and checks hashes; a call waits for its turn and its result."""

    def __init__(self, *, time_cost: int = 2, memory_kib: int = 19 * 1024) -> None:
        self._hasher = PasswordHasher(time_cost=time_cost, memory_cost=memory_kib, parallelism=1, type=Type.ID)
        self._pool = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="argon2")
        self._strangers = threading.BoundedSemaphore(_STRANGERS)

    def hash(self, secret: str) -> str:
        """The encoded hash (with its own salt and parameters) of a PIN or password."""
        return self._pool.submit(self._hasher.hash, secret).result()

    def hash_all(self, secrets: list[str]) -> list[str]:
        """The hashes of many secrets, in their order."""
        return list(self._pool.map(self._hasher.hash, secrets))

    def matches(self, encoded: str, secret: str) -> bool:
        """Whether `secret` is what `encoded` was made from; False for a hash that cannot be read."""
        return self._pool.submit(self._matches, encoded, secret).result()

    def matches_for_stranger(self, encoded: str, secret: str) -> bool:
        """`matches` for whoever has not proved who they are: a flood of tries must not hold up members' PINs and taps.

        Raises:
            Unavailable: as many as may wait do.
        """
        if not self._strangers.acquire(blocking=False):
            raise errors.Unavailable("too many people sign in at this moment; try again")
        try:
            return self.matches(encoded, secret)
        finally:
            self._strangers.release()

    def close(self) -> None:
        """End the pool."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _matches(self, encoded: str, secret: str) -> bool:
        try:
            return self._hasher.verify(encoded, secret)
        except (Argon2Error, InvalidHashError):
            return False
