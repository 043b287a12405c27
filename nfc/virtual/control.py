"""Lets another program lay virtual cards on the virtual reader, by lines of text (``python -m nfc.virtual.control``).

Commands, one a line, each answered by one line that begins with ``ok`` or ``error``:

=====================  ==========================================================
``tap NAME [SECONDS]``  lay the card down and take it away again (answers then)
``insert NAME``         lay it down and leave it there
``remove``              take away whatever lies there
``cards``               the names, as ``ok NAME NAME ..``
=====================  ==========================================================

They come from standard input, or with ``--listen`` from any number of clients of a local socket that only this user may
open.
"""

from __future__ import annotations

import argparse
import os
import signal
import socket
import socketserver
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import FrameType

from nfc.virtual import deck
from nfc.virtual.card import Card
from nfc.virtual.slot import VirtualSlot

MAX_TAP_S = 60.0
_ANSWER_S = MAX_TAP_S + 5
_MAX_LINE = 1024


class Control:
    """Carries out commands on one slot; may be called from several threads.

    Args:
        slot: where the cards are laid.
        cards: by name.
    """

    def __init__(self, slot: VirtualSlot, cards: Mapping[str, Card]) -> None:
        self._slot = slot
        self._cards = cards

    def do(self, line: str) -> str:
        """Carry out one command line and return its answer; never raises for what the line says."""
        match line.split():
            case ["tap", name]:
                return self._tap(name, None)
            case ["tap", name, seconds]:
                return self._tap(name, seconds)
            case ["insert", name]:
                return self._insert(name)
            case ["remove"]:
                self._slot.remove()
                return "ok"
            case ["cards"]:
                return " ".join(["ok", *self._cards])
        return "error expected 'tap NAME [SECONDS]', 'insert NAME', 'remove' or 'cards'"

    def _insert(self, name: str) -> str:
        card = self._cards.get(name)
        if card is None:
            return self._unknown(name)
        self._slot.insert(card)
        return "ok"

    def _tap(self, name: str, seconds: str | None) -> str:
        card = self._cards.get(name)
        if card is None:
            return self._unknown(name)
        if seconds is None:
            self._slot.tap(card)
            return "ok"
        try:
            length = float(seconds)
        except ValueError:
            length = -1.0
        if not 0.0 < length <= MAX_TAP_S:
            return f"error seconds: expected a number up to {MAX_TAP_S:.0f}, found {seconds!r}"
        self._slot.tap(card, length)
        return "ok"

    def _unknown(self, name: str) -> str:
        return f"error no card {name!r}; there are: {', '.join(self._cards)}"


def ask(socket_path: Path, line: str) -> str:
    """Send one command to a running control and return its answer; blocks as long as a tap lasts.

    Raises:
        OSError: nobody listens there, or it does not answer.
    """
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as link:
        link.settimeout(_ANSWER_S)
        link.connect(str(socket_path))
        link.sendall(line.encode() + b"\n")
        with link.makefile("r", encoding="utf-8") as answers:
            return answers.readline().rstrip("\n")


class _Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True
    # A client may hold its line open for ever; that must not keep us from ending.
    block_on_close = False

    def __init__(self, path: Path, control: Control) -> None:
        self.control = control
        super().__init__(str(path), _Handler)
        path.chmod(0o600)


class _Handler(socketserver.StreamRequestHandler):
    server: _Server

    def handle(self) -> None:
        while raw := self.rfile.readline(_MAX_LINE):
            answer = self.server.control.do(raw.decode("utf-8", "replace"))
            try:
                self.wfile.write(answer.encode() + b"\n")
            except OSError:
                return  # asked and did not wait for the answer


def serve(path: Path, control: Control, stop: threading.Event) -> None:
    """Answer clients of a local socket until ``stop`` is set; the socket's file is removed at the end.

    Raises:
        OSError: the socket cannot be made there.
    """
    path.unlink(missing_ok=True)
    with _Server(path, control) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.1,), name="card-control", daemon=True)
        thread.start()
        try:
            stop.wait()
        finally:
            server.shutdown()
            thread.join()
            path.unlink(missing_ok=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code (0 done, 1 the card file or the socket cannot be used)."""
    parser = argparse.ArgumentParser(prog="python -m nfc.virtual.control", description=__doc__.splitlines()[0])
    parser.add_argument("--cards", type=Path, required=True, metavar="FILE", help="TOML file, see nfc/virtual/deck.py")
    parser.add_argument("--host", default="127.0.0.1", help="where vpcd listens")
    parser.add_argument("--port", type=int, required=True, help="vpcd's port")
    parser.add_argument("--listen", type=Path, metavar="SOCKET", help="local socket to take commands from")
    options = parser.parse_args(arguments)
    stop = threading.Event()

    def end(number: int, frame: FrameType | None) -> None:
        stop.set()
        if not options.listen:
            raise KeyboardInterrupt

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, end)
    try:
        cards = deck.load(options.cards)
        with VirtualSlot(options.host, options.port) as slot:
            control = Control(slot, cards)
            if options.listen:
                serve(options.listen, control, stop)
            else:
                for line in sys.stdin:
                    print(control.do(line), flush=True)  # noqa: T201 - the answer is the program's output
    except KeyboardInterrupt:
        return 0
    except (deck.DeckError, OSError) as fault:
        print(f"card control: {fault}", file=sys.stderr)  # noqa: T201 - so is its complaint
        return 1
    return 0


if __name__ == "__main__":
    os.umask(0o077)
    sys.exit(main())
