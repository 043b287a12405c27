"""Threads for some routes alone, so that pictures, previews and staff sign-ins never hold up a member or a device (X4)."""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from club.model import errors

R = TypeVar("R")

THREADS = 8
"""More than a store has kiosks; the database lets one write at a time anyway, or as many as its pool has connections."""


class Lane:
    """A few threads of their own, begun with the first call; after `close` the next call begins them anew."""

    def __init__(self, name: str, threads: int = THREADS) -> None:
        self._name, self._threads = name, threads
        self._pool: ThreadPoolExecutor | None = None
        self._opening = threading.Lock()

    async def run(self, job: Callable[[], R]) -> R:
        """Do a blocking job on one of these threads. Each call is two hand-overs: give it all there is to do at once.

        Raises:
            Unavailable: the machine gives no more threads, or the service ends; the job may be done all the same.
        """
        try:
            under_way = asyncio.get_running_loop().run_in_executor(self._open(), job)
        except RuntimeError as fault:
            raise errors.Unavailable(f"expected a thread for this, found none: {fault}") from fault
        return await under_way

    def close(self) -> None:
        """End the threads once their work is done."""
        with self._opening:
            pool, self._pool = self._pool, None
        if pool is not None:
            pool.shutdown(wait=True)

    def _open(self) -> ThreadPoolExecutor:
        with self._opening:
            if self._pool is None:
                self._pool = ThreadPoolExecutor(self._threads, self._name)
            return self._pool
