"""An idle window is woken by what its X server says, once for what came, and never by silence."""

import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from club.ui import wake
from tests.support.window_process import WindowProcess

_PATIENCE_S = 10.0


class Frames:
    """A window's clock: calls are kept until the test lets a frame pass."""

    def __init__(self) -> None:
        self.calls: list[Callable[..., object]] = []
        self.asked = threading.Semaphore(0)

    def wake(self, call: Callable[..., object]) -> None:
        self.calls.append(call)
        self.asked.release()

    def next(self) -> None:
        """Let the frame pass that was asked for."""
        assert self.asked.acquire(timeout=_PATIENCE_S), "expected a frame to be asked for"
        self.calls.pop(0)(0.0)


@pytest.fixture
def line() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, server = socket.socketpair()
    yield ours, server
    ours.close()
    server.close()


def test_what_the_server_says_wakes_the_window_for_two_frames_and_is_left_to_it(
    line: tuple[socket.socket, socket.socket],
) -> None:
    ours, server = line
    frames = Frames()
    waker = wake.Waker((ours.fileno(),), frames.wake)
    try:
        assert not frames.asked.acquire(blocking=False)
        server.sendall(b"button press")
        frames.next()
        assert ours.recv(100) == b"button press"  # as the window does at the end of its frame
        frames.next()
        assert not frames.asked.acquire(timeout=5 * wake._REST_S), "expected no frame without a word"
        server.sendall(b"button release")
        frames.next()
    finally:
        waker.close()


def test_it_ends_when_the_server_does(line: tuple[socket.socket, socket.socket]) -> None:
    ours, server = line
    waker = wake.Waker((ours.fileno(),), Frames().wake)
    server.close()
    waker._thread.join(_PATIENCE_S)
    assert not waker.is_listening
    waker.close()


def test_one_connection_that_ends_does_not_silence_the_other(line: tuple[socket.socket, socket.socket]) -> None:
    ours, server = line
    passing, gone = socket.socketpair()
    frames = Frames()
    waker = wake.Waker((ours.fileno(), passing.fileno()), frames.wake)
    try:
        gone.close()
        server.sendall(b"button press")
        while not ours.recv(100, socket.MSG_DONTWAIT | socket.MSG_PEEK):
            pass
        frames.next()  # for the end of the one, or for the word of the other
        assert waker.is_listening
    finally:
        waker.close()
        passing.close()


def test_only_connections_to_an_x_server_are_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wake, "_X_SOCKETS", f"{tmp_path}/X")
    with (
        socket.socket(socket.AF_UNIX) as x,
        socket.socket(socket.AF_UNIX) as other,
        socket.socket(socket.AF_UNIX) as c1,
    ):
        x.bind(f"{tmp_path}/X7")
        other.bind(f"{tmp_path}/other")
        x.listen()
        other.listen()
        c1.connect(f"{tmp_path}/X7")
        with socket.socket(socket.AF_UNIX) as c2:
            c2.connect(f"{tmp_path}/other")
            assert wake.x_connections() == (c1.fileno(),)
    assert wake.x_connections() == ()


def test_a_closed_descriptor_is_no_connection() -> None:
    read, write = os.pipe()
    os.close(read)
    os.close(write)
    assert wake._peer(read) == ""


def opened(width: int, height: int) -> None:
    from club.ui import window

    window.prepare(width, height, title="a window that sleeps")


def touched_while_asleep(_: None) -> float:
    """Seconds from a finger until the window hears of it, in a window that looks up once in ten seconds."""
    from kivy.base import runTouchApp, stopTouchApp
    from kivy.clock import Clock
    from kivy.core.window import Window

    from club.ui import window
    from tests.support.fingers import Fingers

    asleep = threading.Event()
    touched, pressed = [], []

    def down(*_: object) -> None:
        touched.append(time.monotonic())
        stopTouchApp()

    def fall_asleep(_elapsed: float) -> None:
        for event in Clock.get_events():  # such as Kivy's own, each second: nothing but the finger shall wake it
            event.cancel()
        Clock.schedule_once(lambda _: stopTouchApp(), 20)
        window.set_pace(0.1)  # type: ignore[arg-type]
        asleep.set()

    with Fingers({}) as fingers:

        def press() -> None:
            asleep.wait(20)
            asleep.clear()
            asleep.wait(0.5)  # nothing sets it: the frame that set it is over by then
            pressed.append(time.monotonic())
            fingers.tap(30, 40)

        finger = threading.Thread(target=press)
        finger.start()
        Window.bind(on_touch_down=down)
        Clock.schedule_once(fall_asleep, 0.5)
        runTouchApp()
        finger.join()
    return touched[0] - pressed[0]


@pytest.mark.window
def test_a_finger_wakes_a_sleeping_window() -> None:
    process = WindowProcess(opened, 320, 240)
    try:
        assert process.call(touched_while_asleep) < 2
    finally:
        process.close()
