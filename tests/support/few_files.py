"""A process that can hardly open another file."""

import os
import resource
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager


@contextmanager
def few_files(left: int) -> Iterator[None]:
    """While it lasts this process can open so many files more, then `EMFILE` is what it gets."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    lowest = 0
    with ExitStack() as free:
        for _ in range(left + 1):
            lowest = os.dup(0)
            free.callback(os.close, lowest)
    resource.setrlimit(resource.RLIMIT_NOFILE, (lowest, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
