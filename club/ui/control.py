"""A local socket through which tests and the demo look into a running program: one JSON object a line, in and out.

Off unless the settings name a socket. What it answers never holds personal data; that is its handler's duty.
"""

import contextlib
import json
import logging
import socket
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Self

_log = logging.getLogger(__name__)

Answer = Mapping[str, Any]
Handler = Callable[[Mapping[str, Any]], Answer]
OnScreen = Callable[[Callable[[], None]], None]

_LONGEST_LINE = 64 * 1024
_ANSWER_S = 10.0


class ControlServer:
    """Listens on a Unix socket and has each request answered on the UI thread.

    Args:
        path: of the socket; a stale one is replaced, and it is removed at the end.
        handle: answers a request, on the UI thread. What it raises becomes ``{"error": ...}``.
        on_screen: has a function called on the UI thread, soon (a bridge's `post` does).

    Raises:
        ValueError: there is no place for the socket.
    """

    def __init__(self, path: Path, handle: Handler, on_screen: OnScreen) -> None:
        self._path, self._handle, self._on_screen = path, handle, on_screen
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.unlink(missing_ok=True)
            self._listener.bind(str(path))
            path.chmod(0o600)
        except OSError as error:
            self._listener.close()
            raise ValueError(f"expected to listen on control.socket, {path}; {error.strerror or error}") from error
        self._listener.listen(4)
        self._closed = threading.Event()
        self._open: set[socket.socket] = set()
        self._thread = threading.Thread(target=self._serve, name="control", daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop listening and remove the socket; harmless when repeated."""
        if self._closed.is_set():
            return
        self._closed.set()
        for connection in (self._listener, *list(self._open)):
            with contextlib.suppress(OSError):  # the other side may have been quicker
                connection.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(timeout=2)
        self._path.unlink(missing_ok=True)

    def _serve(self) -> None:
        while not self._closed.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self._open.add(connection)
            threading.Thread(target=self._converse, args=(connection,), name="control-talk", daemon=True).start()

    def _converse(self, connection: socket.socket) -> None:
        try:
            with connection, connection.makefile("rwb") as stream:
                while line := stream.readline(_LONGEST_LINE):
                    stream.write(json.dumps(self._answer(line), ensure_ascii=False).encode() + b"\n")
                    stream.flush()
        except OSError:
            pass  # whoever asked has gone
        finally:
            self._open.discard(connection)

    def _answer(self, line: bytes) -> Answer:
        try:
            asked = json.loads(line)
        except ValueError:
            return {"error": 'expected one JSON object a line, such as {"do": "state"}'}
        if not isinstance(asked, dict):
            return {"error": 'expected a JSON object, such as {"do": "state"}'}
        done, answers = threading.Event(), list[Answer]()

        def on_screen() -> None:
            try:
                answers.append(self._handle(asked))
            except Exception as error:  # noqa: BLE001 -- it is answered, and logged
                _log.exception("a control request was not answered")
                answers.append({"error": f"{type(error).__name__}: {error}"})
            finally:
                done.set()

        self._on_screen(on_screen)
        if not done.wait(_ANSWER_S):
            return {"error": f"the screen did not answer within {_ANSWER_S:g} s"}
        return answers[0]


def ask(path: Path, request: Mapping[str, Any], *, timeout_s: float = _ANSWER_S + 2) -> dict[str, Any]:
    """Put one request to a running program and return its answer.

    Raises:
        OSError: nobody listens there, or no answer came in time.
    """
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(timeout_s)
        connection.connect(str(path))
        with connection.makefile("rwb") as stream:
            stream.write(json.dumps(request).encode() + b"\n")
            stream.flush()
            line = stream.readline()
    if not line:
        raise ConnectionError(f"expected an answer on {path.name}; the program closed the connection")
    answer: dict[str, Any] = json.loads(line)
    return answer
