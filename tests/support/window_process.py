"""A Kivy window in a process of its own, on a virtual screen of its own: a process can open only one window, ever.

Test functions hand over what is to be done there: a function of a test module, which gets the open window's program and answers
with something that can be pickled. What fails there fails here, with its traceback.
"""

import contextlib
import multiprocessing
import os
import traceback
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any, TypeVar

from demo.xscreen import XScreen

Answer = TypeVar("Answer")
_PATIENCE_S = 60.0


class WindowProcess:
    """Starts a virtual screen and, on it, a process in which ``opened(width, height)`` makes the program under test.

    Args:
        opened: a function of a module; runs in the new process and returns what each later call gets first.
        width: of screen and window in px.
        height: of screen and window in px.
    """

    def __init__(self, opened: Callable[[int, int], Any], width: int, height: int) -> None:
        self.screen = XScreen(width, height)
        context = multiprocessing.get_context("spawn")
        self._line, theirs = context.Pipe()
        self._process = context.Process(
            target=_serve, args=(theirs, dict(self.screen.env), opened, width, height), daemon=True
        )
        self._process.start()
        theirs.close()
        self._answer()

    def call(self, work: Callable[..., Answer], *arguments: Any) -> Answer:
        """Do ``work(program, *arguments)`` in the window's process and return its answer.

        Raises:
            AssertionError: what was raised there.
        """
        self._line.send((work, arguments))
        answer: Answer = self._answer()
        return answer

    def close(self) -> None:
        """End the process, then its screen."""
        with contextlib.suppress(OSError):
            self._line.send(None)
        self._process.join(_PATIENCE_S)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()
        self._line.close()
        self._process.close()
        self.screen.close()

    def _answer(self) -> Any:
        if not self._line.poll(_PATIENCE_S):
            raise AssertionError(f"expected the window's process to answer within {_PATIENCE_S:.0f} s; it did not")
        try:
            good, value = self._line.recv()
        except EOFError:
            raise AssertionError("expected an answer of the window's process; it ended") from None
        if not good:
            raise AssertionError(value)
        return value


def _serve(line: Connection, env: dict[str, str], opened: Callable[[int, int], Any], width: int, height: int) -> None:
    os.environ.update(env)
    try:
        program = opened(width, height)
    except BaseException:
        line.send((False, traceback.format_exc()))
        raise
    line.send((True, None))
    while (asked := line.recv()) is not None:
        work, arguments = asked
        try:
            line.send((True, work(program, *arguments)))
        except Exception:  # noqa: BLE001 -- whatever fails is told to the test
            line.send((False, traceback.format_exc()))
    line.close()
    os._exit(0)  # Kivy's own farewell talks to the screen, which is about to go
