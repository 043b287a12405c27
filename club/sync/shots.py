"""Pictures of the screen that staff asked for: in memory, never on the disk, until the club has them (C9)."""

import threading
from collections.abc import Callable

from club.model import errors


class Shots:
    """Keeps each until it was brought; safe from every thread. A program that ends forgets them, and is asked again."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: dict[str, bytes] = {}
        self._not_taken: set[str] = set()

    def keep(self, order_id: str, picture: bytes) -> None:
        """A picture that an order asked for; it goes before the order's answer."""
        with self._lock:
            self._kept[order_id] = picture

    def brought(self, order_id: str, bring: Callable[[str, bytes], None]) -> bool:
        """Bring the order's picture, when it has one that the club has not yet; False: the club does not take it.

        Raises:
            ServerUnreachable, ClubError: what `bring` raises and may pass; the picture is kept for the next time.
        """
        with self._lock:
            picture = self._kept.get(order_id)
        if picture is not None:
            try:
                bring(order_id, picture)
            except errors.NotFound:
                pass  # the order is over, which its answer will be told
            except (errors.Malformed, errors.Refusal):
                with self._lock:
                    self._not_taken.add(order_id)
            with self._lock:
                self._kept.pop(order_id, None)
        return order_id not in self._not_taken

    def forget(self, order_id: str) -> None:
        """The club knows how the order ended."""
        with self._lock:
            self._kept.pop(order_id, None)
            self._not_taken.discard(order_id)
