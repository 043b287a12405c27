"""One demo at a time under each name: a lock file beside the state folder, held for the whole run."""

import argparse
import fcntl
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

FRESH = "fresh"
"""The name of a run that keeps nothing; nobody else may have it."""


class AlreadyRunning(RuntimeError):
    """Another demo uses this state folder; the message says which and what to do."""


@contextmanager
def alone(root: Path, keep: str) -> Iterator[None]:
    """Hold the lock of a state folder; the kernel lets go of it however the process ends (flock(2)).

    Args:
        root: where the state folders are; made when it is missing.
        keep: the name of the state folder, empty for the one that keeps nothing.

    Raises:
        AlreadyRunning: another process holds it.
    """
    root.mkdir(parents=True, exist_ok=True)
    # Appending, so that asking does not empty what the holder wrote; a name begins with no full stop, so none is a lock's.
    with (root / f".{keep or FRESH}.lock").open("a+", encoding="ascii") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise AlreadyRunning(_already(keep, lock.read().strip())) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


def kept_name(text: str) -> str:
    """A name for `--keep`: it becomes a folder of its own; empty keeps nothing.

    Raises:
        argparse.ArgumentTypeError: it is no plain name, or the one that every other run empties.
    """
    if not re.fullmatch(r"(\w[\w-]*)?", text) or text == FRESH:
        raise argparse.ArgumentTypeError(
            f"expected a name of letters, digits, _ and - other than {FRESH!r}; found {text!r}"
        )
    return text


def _already(keep: str, process: str) -> str:
    who = f"process {process}" if process else "it is just starting"
    if keep:
        return (
            f"The demo kept as {keep} is already running here ({who}). "
            "Stop it with Ctrl-C, or give this one another name: ./dev demo --keep NAME"
        )
    return (
        f"A demo is already running here ({who}). "
        "Stop it with Ctrl-C, or give this one a name of its own: ./dev demo --keep NAME"
    )
