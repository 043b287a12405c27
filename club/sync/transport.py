"""HTTP by `requests`, and the one place where its exceptions become ours."""

import contextlib
import http.client
import logging
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import requests
import urllib3.exceptions

from club.sync import errors

Timeouts = tuple[float, float]  # seconds: to connect, between two bytes
# urllib3 writes each path to the debug log, and a path names a member's session.
logging.getLogger("urllib3.connectionpool").setLevel(logging.WARNING)

_FAULTS = (requests.RequestException, urllib3.exceptions.HTTPError, http.client.HTTPException, OSError)


@dataclass(frozen=True, slots=True)
class Reply:
    """A whole answer."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class OpenReply:
    """An answer whose bytes are still coming; `close` may be called from another thread and ends the reading at once."""

    def __init__(self, response: requests.Response) -> None:
        self._response = response
        self._closed = False
        self.status = response.status_code
        self.headers: Mapping[str, str] = response.headers

    def pieces(self, size: int | None = None) -> Iterator[bytes]:
        """The bytes as they come; `size` is the piece wanted, None takes what the network gives.

        Raises:
            ServerUnreachable: the connection ended early or fell silent for longer than the read time-out.
        """
        try:
            with _mapped():
                yield from self._response.iter_content(size)
        except (AttributeError, ValueError) as error:
            # urllib3 takes its file away under a thread that is reading when another thread closes it.
            if not self._closed:
                raise
            raise errors.ServerUnreachable("the answer was closed while it was read") from error

    def whole(self) -> bytes:
        """All that is left.

        Raises:
            ServerUnreachable: as `pieces`.
        """
        with _mapped():
            return self._response.content

    def allow_silence(self, seconds: float) -> None:
        """From now on wait this long between two bytes: the answer has begun, and is one that comes now and then."""
        sock = self._socket()
        if sock is not None:
            sock.settimeout(seconds)

    def close(self) -> None:
        """End it, also under a thread that waits for bytes."""
        self._closed = True
        sock = self._socket()
        if sock is not None:
            # Closing alone would not wake a thread inside recv(); shutting the socket down does.
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
        self._response.close()

    def _socket(self) -> socket.socket | None:
        raw: Any = self._response.raw
        # An answer after which the connection closes has taken the socket over from the connection.
        file: Any = getattr(getattr(getattr(raw, "_fp", None), "fp", None), "raw", None)
        for sock in (getattr(getattr(raw, "connection", None), "sock", None), getattr(file, "_sock", None)):
            if isinstance(sock, socket.socket):
                return sock
        return None


class Transport:
    """Sends requests, with one `requests.Session` (and so one kept connection) for each thread."""

    def __init__(
        self, base_url: str, sessions: Callable[[], requests.Session] | None = None, ca_file: str = ""
    ) -> None:
        self._base = base_url.rstrip("/")
        self._sessions = sessions or requests.Session
        self._ca_file = ca_file
        self._local = threading.local()

    def send(
        self,
        method: str,
        target: str,
        headers: Mapping[str, str],
        body: bytes,
        timeouts: Timeouts,
        *,
        repeat: bool = True,
    ) -> Reply:
        """Send and take the whole answer, whatever its status.

        Args:
            method: upper-case HTTP method.
            target: path with query, sent exactly so (it is signed).
            headers: all headers of ours.
            body: may be empty.
            timeouts: seconds to connect and between two bytes.
            repeat: whether asking twice is harmless; then a kept connection that the server had just closed is no fault.

        Raises:
            ServerUnreachable: no whole answer came.
        """
        try:
            return self._whole(method, target, headers, body, timeouts)
        except _Dropped:
            if not repeat:
                raise
            return self._whole(method, target, headers, body, timeouts)

    def open(self, target: str, headers: Mapping[str, str], timeouts: Timeouts) -> OpenReply:
        """GET, handing out the answer as soon as its headers are there. Close what you get.

        Raises:
            ServerUnreachable: no answer came.
        """
        with _mapped():
            return OpenReply(self._request("GET", target, headers, b"", timeouts, stream=True))

    def _whole(self, method: str, target: str, headers: Mapping[str, str], body: bytes, timeouts: Timeouts) -> Reply:
        with _mapped():
            response = self._request(method, target, headers, body, timeouts, stream=False)
            return Reply(response.status_code, response.headers, response.content)

    def _request(
        self, method: str, target: str, headers: Mapping[str, str], body: bytes, timeouts: Timeouts, *, stream: bool
    ) -> requests.Response:
        # Redirects are not followed: our API has none, a login page of the building's network does.
        return self._session().request(
            method,
            self._base + target,
            data=body or None,
            headers=dict(headers),
            timeout=timeouts,
            stream=stream,
            allow_redirects=False,
        )

    def _session(self) -> requests.Session:
        session: requests.Session | None = getattr(self._local, "session", None)
        if session is None:
            session = self._sessions()
            session.trust_env = False  # no proxy, no .netrc: a device talks to its server and nobody else
            if self._ca_file:
                session.verify = self._ca_file
            self._local.session = session
        return session


class _Dropped(errors.ServerUnreachable):
    """The connection ended before one byte of an answer."""


@contextlib.contextmanager
def _mapped() -> Iterator[None]:
    try:
        yield
    except _FAULTS as error:
        # The message of a requests exception carries the URL; the log gets its kind only.
        kind = _Dropped if _is_dropped(error) else errors.ServerUnreachable
        raise kind(f"no answer from the central API: {type(error).__name__}") from error


def _is_dropped(error: BaseException) -> bool:
    reasons: list[object] = [error, *error.args]
    reasons += [inner for reason in error.args if isinstance(reason, BaseException) for inner in reason.args]
    return any(
        isinstance(reason, http.client.RemoteDisconnected | ConnectionResetError | BrokenPipeError)
        for reason in reasons
    )
