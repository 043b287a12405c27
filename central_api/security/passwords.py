"""Hashes PINs and passwords with argon2id in a small pool of its own, so that nobody's tap waits for one.

Values: t = 2, m = 19 MiB, p = 1 (OWASP's second choice): some 65 ms on a small machine. Two at a time bound the memory.
"""

from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Self

from argon2 import PasswordHasher, Type
from argon2.exceptions import Argon2Error, InvalidHashError

_AT_ONCE = 2


class Passwords:
    """Makes and checks hashes; a call waits for its turn and its result."""

    def __init__(self, *, time_cost: int = 2, memory_kib: int = 19 * 1024) -> None:
        self._hasher = PasswordHasher(time_cost=time_cost, memory_cost=memory_kib, parallelism=1, type=Type.ID)
        self._pool = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="argon2")

    def hash(self, secret: str) -> str:
        """The encoded hash (with its own salt and parameters) of a PIN or password."""
        return self._pool.submit(self._hasher.hash, secret).result()

    def hash_all(self, secrets: list[str]) -> list[str]:
        """The hashes of many secrets, in their order."""
        return list(self._pool.map(self._hasher.hash, secrets))

    def matches(self, encoded: str, secret: str) -> bool:
        """Whether `secret` is what `encoded` was made from; False for a hash that cannot be read."""
        return self._pool.submit(self._matches, encoded, secret).result()

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
