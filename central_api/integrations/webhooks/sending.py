"""Sends one body to one URL with requests: no redirects, no proxies of the environment, an address that was looked at first."""

import socket
import threading
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError
from urllib3.poolmanager import PoolManager
from urllib3.util import connection as sockets

from central_api.integrations.webhooks import addresses
from central_api.integrations.webhooks.addresses import Resolve
from club.settings.central import Webhooks

_CONNECT_S = 3.0
_GONE = 410


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a try ended: `taken` with a status 200 to 299; `gone`: the receiver wants nothing any more. `said` is for staff."""

    taken: bool
    gone: bool
    said: str


class Sender:
    """One connection's worth of sending; not shared between threads. Close it when done.

    A receiver has so long for its whole answer, not for each byte of it: who sends one now and then is cut off.
    """

    def __init__(self, settings: Webhooks, *, resolve: Resolve = addresses.look_up) -> None:
        self._hosts = frozenset(settings.private_hosts)
        self._timeout = (min(_CONNECT_S, settings.timeout_s), settings.timeout_s)
        self._lines: list[socket.socket] = []  # a second handle of each connection, good also while TLS begins
        self._session = _Session()
        self._session.verify = settings.ca_file or True
        self._session.trust_env = False  # a proxy of the environment would look names up for itself
        adapter = _Adapter(self._hosts, resolve, self._lines)
        for scheme in ("https://", "http://"):
            self._session.mount(scheme, adapter)

    def send(self, url: str, body: bytes, headers: Mapping[str, str]) -> Outcome:
        """Post a body once. Never raises for what is the receiver's fault or the network's."""
        late = threading.Event()
        deadline = threading.Timer(sum(self._timeout), self._cut, (late,))
        deadline.daemon = True
        deadline.start()
        try:
            addresses.must_be_allowed(url, self._hosts)
            with self._session.post(
                url,
                data=body,
                headers={"Content-Type": "application/json", "User-Agent": "club-webhooks/1", **headers},
                timeout=self._timeout,
                allow_redirects=False,
                stream=True,  # its body says nothing to us, and may be endless
            ) as answer:
                status = answer.status_code
        except ValueError as fault:  # the settings have changed since it was added
            return Outcome(False, False, str(fault)[:200])
        except requests.RequestException as fault:
            return Outcome(False, False, _why(fault))
        finally:
            deadline.cancel()
            while self._lines:
                self._lines.pop().close()
        if late.is_set():  # what came of it until then may look whole
            return Outcome(False, False, "no whole answer in time")
        return Outcome(200 <= status < 300, status == _GONE, f"status {status}")

    def close(self) -> None:
        """Give the connections back."""
        self._session.close()

    def _cut(self, late: threading.Event) -> None:
        late.set()
        for line in list(self._lines):
            with suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)


def _why(fault: BaseException) -> str:
    """What went wrong, without what the receiver sent."""
    cause: BaseException | None = fault
    while cause is not None:
        if isinstance(cause, addresses.NotAllowedThere):
            return str(cause)
        cause = cause.__cause__ or cause.__context__
    return type(fault).__name__


class _Session(requests.Session):
    def get_redirect_target(self, resp: requests.Response) -> None:
        """Nowhere: also where redirects are not followed, requests looks for the next one, and reads the whole body before."""


class _Adapter(HTTPAdapter):
    def __init__(self, hosts: Collection[str], resolve: Resolve, lines: list[socket.socket]) -> None:
        self._classes = _pools(hosts, resolve, lines)
        super().__init__(max_retries=0)

    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **more: Any) -> None:
        super().init_poolmanager(connections, maxsize, block, **more)
        manager: PoolManager = self.poolmanager
        manager.pool_classes_by_scheme = self._classes


def _pools(hosts: Collection[str], resolve: Resolve, lines: list[socket.socket]) -> dict[str, Any]:
    """urllib3's own pools, but for how a connection is opened: to the address that was looked at, not to a name."""

    def connect(link: HTTPConnection) -> Any:
        port = link.port or 443
        try:
            address = addresses.resolved(link.host.strip("[]"), port, hosts, resolve)
            made = sockets.create_connection(
                (address, port), link.timeout, source_address=link.source_address, socket_options=link.socket_options
            )
            lines.append(made.dup())
            return made
        except TimeoutError as fault:  # named as urllib3 does it, so that requests knows what it is
            raise ConnectTimeoutError(link, f"connecting to {link.host} took too long") from fault
        except OSError as fault:
            raise NewConnectionError(link, f"no connection to {link.host}") from fault

    plain = type("_Plain", (HTTPConnection,), {"_new_conn": connect})
    safe = type("_Safe", (HTTPSConnection,), {"_new_conn": connect})
    return {
        "http": type("_PlainPool", (HTTPConnectionPool,), {"ConnectionCls": plain}),
        "https": type("_SafePool", (HTTPSConnectionPool,), {"ConnectionCls": safe}),
    }
