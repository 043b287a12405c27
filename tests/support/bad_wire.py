"""A wire to a server that can be made bad: slow, cut in the middle, refused, or open with nobody at the other end."""

import contextlib
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

Mode = Literal["good", "slow", "cut", "refused", "dead"]
MODES: tuple[Mode, ...] = ("slow", "cut", "refused", "dead")

_PIECE = 4096


class BadWire:
    """Forwards TCP connections to a server, as its mode lets it.

    "slow": every piece waits `delay_s`. "cut": a connection is reset once `cut_after` bytes of answers passed. "refused": new ones
    are reset at once, and old ones too. "dead": what is sent is swallowed and nothing comes, for ever, also when the wire is good
    again: a connection that met it has nobody at its other end, and only its client can give it up.

    Args:
        target: port of the server; may be set anew when it is started again.
    """

    def __init__(self, target: int) -> None:
        self.target = target
        self.delay_s = 0.3
        self.cut_after = 200
        self.met = 0  # pieces and connections that met the wire's fault
        self._mode: Mode = "good"
        self._closed = threading.Event()
        self._changed = threading.Condition()
        self._open: set[socket.socket] = set()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port: int = self._listener.getsockname()[1]
        self._threads = [threading.Thread(target=self._accept, name="bad-wire", daemon=True)]
        self._threads[0].start()

    def be(self, mode: Mode) -> None:
        """What befalls connections from now on."""
        with self._changed:
            self._mode, self.met = mode, 0
            self._changed.notify_all()
        if mode == "refused":
            self._reset_all()

    def wait_met(self, times: int, within_s: float) -> bool:
        """Wait until the fault was met so often."""
        with self._changed:
            return self._changed.wait_for(lambda: self.met >= times, within_s)

    def close(self) -> None:
        """Take the wire away; its threads have ended."""
        self._closed.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._reset_all()
        for thread in self._threads:
            thread.join(10)

    def _accept(self) -> None:
        while not self._closed.is_set():
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            if self._mode == "refused":
                self._note()
                _reset(near)
                continue
            try:
                far = socket.create_connection(("127.0.0.1", self.target), timeout=5)
            except OSError:  # the server is down
                _reset(near)
                continue
            far.settimeout(None)
            self._open |= {near, far}
            dead = threading.Event()
            for from_, to, is_answer in ((near, far, False), (far, near, True)):
                pump = threading.Thread(target=self._pump, args=(from_, to, is_answer, dead), daemon=True)
                self._threads.append(pump)
                pump.start()

    def _pump(self, from_: socket.socket, to: socket.socket, is_answer: bool, dead: threading.Event) -> None:
        passed = 0
        with contextlib.suppress(OSError):
            while piece := from_.recv(_PIECE):
                mode = self._mode
                if dead.is_set() or mode == "dead":
                    dead.set()
                    self._note()
                    continue
                if mode == "slow":
                    self._note()
                    self._closed.wait(self.delay_s)
                if mode == "cut" and is_answer and passed + len(piece) > self.cut_after:
                    self._note()
                    to.sendall(piece[: max(0, self.cut_after - passed)])
                    break
                passed += len(piece)
                to.sendall(piece)
        for end in (from_, to):
            self._open.discard(end)
            _reset(end)

    def _note(self) -> None:
        with self._changed:
            self.met += 1
            self._changed.notify_all()

    def _reset_all(self) -> None:
        for end in list(self._open):
            _reset(end)


@contextmanager
def bad_wire(target: int) -> Iterator[BadWire]:
    """A wire, good at first."""
    wire = BadWire(target)
    try:
        yield wire
    finally:
        wire.close()


def _reset(end: socket.socket) -> None:
    """End a connection as a machine that goes away does: by RST, and whoever waits in `recv` wakes."""
    with contextlib.suppress(OSError):
        end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    with contextlib.suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
    end.close()
