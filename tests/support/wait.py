"""Waits for a condition with a deadline, and says what it waited for."""

import threading
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

_PAUSE = threading.Event()


def until(found: Callable[[], T | None], what: str, *, within_s: float = 20.0) -> T:
    """The first truthy answer of `found`.

    Raises:
        AssertionError: none came in time; names `what` and the last answer.
    """
    deadline = time.monotonic() + within_s
    last: T | None = None
    while time.monotonic() < deadline:
        last = found()
        if last:
            return last
        _PAUSE.wait(0.02)
    raise AssertionError(f"expected {what} within {within_s:g} s; the last answer was {last!r}")
