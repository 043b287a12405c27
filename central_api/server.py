"""Runs the service under uvicorn: says when it is ready, ends open streams when it is told to stop."""

import errno
import gc
import logging
import os
import resource
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn

from central_api import app
from central_api.db import Database
from central_api.feed.hub import Hub
from central_api.media.store import MediaStore
from club.model import errors
from club.settings import CentralSettings

_STOP_WITHIN_S = 5
_FILES = 65_536
"""As many files as this process opens at a time, where the machine allows it: each device that listens is one."""
_SWITCH_S = 0.001
"""How long a thread may keep Python's lock when another wants it, with SQLite: its writer gives the lock away at each of a
redemption's twenty statements, and would have it back up to 5 ms later. A tenth more redemptions; with PostgreSQL, whose
statements run elsewhere, it was a twentieth fewer."""

_log = logging.getLogger(__name__)


class Server(uvicorn.Server):
    """uvicorn's, with streams that end when it is told to stop.

    Args:
        config: of uvicorn.
        hub: the streams.
        url: where it answers, for whoever waits until it does.
    """

    def __init__(self, config: uvicorn.Config, hub: Hub, url: str) -> None:
        super().__init__(config)
        self._hub = hub
        self._url = url

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """As uvicorn's; then say that it answers."""
        await super().startup(sockets)
        if self.started:
            # What is here by now stays. Without this, each full collection would look through all of it once more, and
            # hold up whoever taps just then by some 100 ms.
            gc.collect()
            gc.freeze()
            print(f"ready on {self._url}", flush=True)  # noqa: T201 -- whoever started us waits for this line

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Be told of SIGINT and SIGTERM while the block lasts."""
        # In place of uvicorn's own, which ends the process by the signal once more and leaves no time to close the database.
        before = {number: signal.signal(number, self.handle_exit) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End the streams, then as uvicorn's."""
        # Streams never end by themselves, and the server waits for them before anything else is shut down. Never in the
        # signal's handler: it interrupts whatever the event loop does, the hub in its lock too, and would wait for ever.
        self._hub.end()
        await super().shutdown(sockets)


def serve(settings: CentralSettings) -> None:
    """Serve until SIGINT or SIGTERM; port 0 takes a free one. Prints `ready on http://host:port` when it answers.

    Raises:
        OSError: the address cannot be listened on, or pictures cannot be kept; the message says which setting it was.
    """
    _allow_files()
    context = app.open_context(settings)
    try:
        _check_media(settings)
        listening = _listen(settings.http.host, settings.http.port)
        host, port = listening.getsockname()[:2]
        url = settings.http.public_url or f"http://{host}:{port}"
        config = uvicorn.Config(
            app.create_app(settings, context=context),
            http="httptools",  # what it refuses we rely on: bodies of two lengths
            log_config=None,
            access_log=False,
            server_header=False,
            forwarded_allow_ips=list(settings.http.trusted_proxies),
            timeout_keep_alive=75,
            timeout_graceful_shutdown=_STOP_WITHIN_S,
        )
        logging.getLogger("uvicorn").setLevel(logging.WARNING)
        if context.db.is_sqlite:
            sys.setswitchinterval(_SWITCH_S)
        with listening:
            _lengthen_log(context.db)
            Server(config, context.hub, url).run(sockets=[listening])
    finally:
        context.passwords.close()
        context.db.close()


def _allow_files() -> None:
    # Systems give a program 1,024 unless it asks for more, and let it have far more.
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = _FILES if hard == resource.RLIM_INFINITY else min(_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def _lengthen_log(db: Database) -> None:
    try:
        db.lengthen_log()
    except errors.Unavailable as fault:  # commits take a little longer until the log has grown by itself
        _log.warning("log_not_lengthened %s", fault)


def _listen(host: str, port: int) -> socket.socket:
    try:
        return socket.create_server((host, port), backlog=1024)
    except OSError as fault:
        advice = {
            errno.EADDRINUSE: "Another program listens there: stop it, or set http.port (0 takes a free one)",
            errno.EACCES: "Ports below 1024 need root: set http.port, and let the proxy have that one",
        }.get(fault.errno or 0, "Set http.host to an address of this machine")
        why = os.strerror(fault.errno) if fault.errno else str(fault)
        raise OSError(f"expected to listen on {host}:{port}; {why}. {advice}") from fault


def _check_media(settings: CentralSettings) -> None:
    folder = settings.media.dir
    try:
        MediaStore(folder)
        if not os.access(folder, os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    except OSError as fault:
        why = fault.strerror or fault
        raise OSError(f"expected to keep pictures in {folder}; {why}. Set media.dir, or the folder's rights") from fault
