"""Ends the clock's sleep when the X server says something, so that an idle window ticks rarely and still takes a touch at once.

Kivy looks for input once a frame, and sleeps between two. A thread of its own waits on the X connection's sockets instead, without reading
from them: what came is read by the window, in the frame this wakes.
"""

import logging
import os
import select
import socket
import stat
import threading
from collections.abc import Callable
from pathlib import Path

_log = logging.getLogger(__name__)
_X_SOCKETS = "/tmp/.X11-unix/"  # noqa: S108 -- where X servers listen (xtrans); on Linux also as an abstract name
_REST_S = 0.012
"""After one wake-up the frames come by themselves; a finger that moves need not ask for each."""

_LATEST_S = 1.0
"""How long to wait for the woken frame at most; a window that is busy loading has no time for it."""


def x_connections() -> tuple[int, ...]:
    """The file descriptors of this process that are connected to an X server on this machine."""
    numbers = [int(entry.name) for entry in Path("/proc/self/fd").iterdir()]
    return tuple(number for number in numbers if _peer(number).startswith(_X_SOCKETS))


def _peer(number: int) -> str:
    """Where a socket is connected to, when it is a Unix socket; else nothing."""
    try:
        if not stat.S_ISSOCK(os.fstat(number).st_mode):
            return ""
        with socket.socket(fileno=os.dup(number)) as copy:
            name = copy.getpeername() if copy.family == socket.AF_UNIX else ""
    except OSError:  # closed meanwhile, or not connected
        return ""
    return os.fsdecode(name).lstrip("\0") if isinstance(name, bytes | str) else ""


class Waker:
    """Wakes the clock for input.

    Args:
        sockets: what to wait on; `x_connections` knows.
        wake: asks for a frame now and calls what it is given in it, from any thread.
    """

    def __init__(self, sockets: tuple[int, ...], wake: Callable[[Callable[..., object]], object]) -> None:
        self._wake = wake
        self._taken = threading.Event()
        self._over = threading.Event()
        self._end, self._ended = os.pipe()
        self._poll = select.poll()
        self._sockets = set(sockets)
        for each in (*sockets, self._end):
            self._poll.register(each, select.POLLIN)
        self._thread = threading.Thread(target=self._run, name="input-wake", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End the thread."""
        self._over.set()
        self._taken.set()
        os.close(self._ended)
        self._thread.join()
        os.close(self._end)

    @property
    def is_listening(self) -> bool:
        """Whether a word of the server still wakes the window: not when its connections have ended."""
        return self._thread.is_alive()

    def _run(self) -> None:
        while self._sockets and not self._over.is_set():
            for number, kind in self._poll.poll():
                if kind & (select.POLLNVAL | select.POLLERR | select.POLLHUP):
                    self._poll.unregister(number)
                    self._sockets.discard(number)
            if self._over.is_set() or not self._sockets:
                break
            self._taken.clear()
            self._wake(self._heard)
            self._taken.wait(_LATEST_S)
            self._over.wait(_REST_S)
        if not self._over.is_set():
            _log.warning(
                "the connections to the X server have ended: touches are looked for ten times a second instead"
            )

    def _heard(self, _elapsed: float = 0.0) -> None:
        """In the woken frame, which reads what came at its end; what was read is handed out in the frame after, so ask for that too."""
        self._wake(self._read)

    def _read(self, _elapsed: float = 0.0) -> None:
        self._taken.set()
