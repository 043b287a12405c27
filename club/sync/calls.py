"""How the device asks the central API: signed or by a token, whole or open, refusals raised by their code, the clock corrected."""

import logging
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeVar

import msgspec

from club.model import errors as club_errors
from club.model.clock import Clock
from club.sync import errors, tokens
from club.sync.identity import Identity
from club.sync.server_time import ServerTime
from club.wire import codec, problems, signing
from club.wire.devices import AskToken, Challenge, Token

if TYPE_CHECKING:
    import requests

    from club.sync.transport import OpenReply, Reply, Transport

_log = logging.getLogger(__name__)

T = TypeVar("T")

TIMEOUTS = (3.0, 10.0)
_JSON = "application/json"
_OURS = (_JSON, problems.MEDIA_TYPE)
_NO_TOKEN = (club_errors.SignatureWrong, club_errors.DeviceUnknown)
"""What a token is answered that the service does not know; one of an earlier version takes it for an unsigned request."""
_MAY_PASS = frozenset({401, 403, 408, 425, 429})


class Calls:
    """What every route of `ApiClient` goes through; safe from every thread.

    All methods raise `ClubError` (by its code) when the API refuses, `ServerUnreachable` when no usable answer came, and its
    child `ServerConfused` when something other than our API answered. A clock that is too far off is corrected by the
    server's own and the request signed anew, once. A server that does not speak our version of the wire yet is spoken to in
    its own, one version back. Bodies are never logged.

    Args:
        base_url: scheme and host, such as `https://club.example`; routes follow.
        identity: who signs.
        clock: the program's clock.
        sessions: makes a `requests.Session` (tests mount the server itself); one for each thread.
        ca_file: certificate authority of the store's own, PEM.
        timeouts: seconds to wait for a connection, and for each part of an answer.
        by_token: whether the device's own reads and heartbeats go by a token (ADR 0014); the programs' do. Else all is signed.
    """

    def __init__(
        self,
        base_url: str,
        identity: Identity,
        clock: Clock,
        *,
        sessions: "Callable[[], requests.Session] | None" = None,
        ca_file: str = "",
        timeouts: tuple[float, float] = TIMEOUTS,
        by_token: bool = False,
    ) -> None:
        if not base_url.startswith(("http://", "https://")):
            raise ValueError(
                f"expected an address such as https://club.example for the central API, found {base_url!r}"
            )
        self.identity = identity
        self.time = ServerTime(clock)
        self._clock = clock
        self._timeouts = timeouts
        self._base_url = base_url
        self._sessions = sessions
        self._ca_file = ca_file
        self._made: Transport | None = None
        self._wire = signing.WIRE_VERSION
        self._tokens = tokens.Tokens(self._ask_token, clock) if by_token else None
        self._watch: Callable[[bool], None] = lambda _reached: None

    def watch(self, reached: Callable[[bool], None]) -> None:
        """Have `reached(True)` called after each answer and `reached(False)` after each missing one, on the calling thread."""
        self._watch = reached

    def _get(self, target: str, kind: type[T]) -> T:
        return decoded(self._call("GET", target), kind)

    def _read(self, target: str, kind: type[T]) -> T:
        """What a token does for."""
        return decoded(self._call("GET", target, by_token=True), kind)

    def _post(self, target: str, value: object, kind: type[T], *, repeat: bool = True) -> T:
        return decoded(self._call("POST", target, codec.encode(value), repeat=repeat), kind)

    def _call(
        self,
        method: str,
        target: str,
        body: bytes = b"",
        *,
        etag: str = "",
        repeat: bool = True,
        kind: str = _JSON,
        by_token: bool = False,
        signer: Identity | None = None,
    ) -> "Reply":
        token = self._token() if by_token else ""
        for last in (False, True):
            headers = self._by_token(token) if token else self._headers(method, target, body, signer=signer)
            if body:
                headers["Content-Type"] = kind
            if etag:
                headers["If-None-Match"] = etag
            reply = self._exchange(method, target, headers, body, repeat=repeat)
            try:
                return self._accepted(reply)
            except club_errors.ClockSkew as error:
                self._learn_from(error)
                if last:
                    raise
            except club_errors.WireUnknown:
                if last:
                    raise
            except _NO_TOKEN:
                if last or not token:
                    raise
                token = self._refused(token)
        raise AssertionError

    def _token(self) -> str:
        return self._tokens.current() if self._tokens else ""

    def _refused(self, token: str) -> str:
        """The service does not take this token; signed, the same request may pass."""
        if self._tokens:
            self._tokens.refused(token)
        return ""

    def _ask_token(self) -> Token:
        """`POST /v1/devices/challenges`, then `POST /v1/devices/tokens`: both signed, whatever the clock says; corrects it."""
        challenge = decoded(self._call("POST", "/v1/devices/challenges"), Challenge)
        token = self._post("/v1/devices/tokens", AskToken(challenge=challenge.challenge), Token)
        self.time.learn(token.now)
        return token

    def _by_token(self, token: str) -> dict[str, str]:
        """In place of a signature; the time stands there for whoever tells a late request from a clone's (C9)."""
        return {
            "Authorization": f"{signing.AUTH_SCHEME} {token}",
            signing.SIGNED_AT_HEADER: self.time.now().astimezone(UTC).isoformat(timespec="milliseconds"),
            "Accept": "application/json, application/problem+json",
        }

    def _exchange(self, method: str, target: str, headers: Mapping[str, str], body: bytes, *, repeat: bool) -> "Reply":
        headers = {**headers, signing.VERSION_HEADER: str(self._wire)}
        try:
            reply = self._transport.send(method, target, headers, body, self._timeouts, repeat=repeat)
        except errors.ServerUnreachable:
            self._watch(False)
            raise
        self._watch(reply.status in (204, 304) or (content_type(reply.headers) in _OURS and _is_json(reply.body)))
        return reply

    def _opened(self, target: str, more: Mapping[str, str], good: tuple[int, ...]) -> "OpenReply":
        """A stream or a file, by a token where there is one, signed when that is not taken."""
        token = self._token()
        while True:
            proof = self._by_token(token) if token else self._headers("GET", target, b"")
            reply = self._open(target, {**proof, **more}, self._timeouts)
            if reply.status in good:
                return reply
            try:
                self._refuse(reply)
            except _NO_TOKEN:
                if not token:
                    raise
                token = self._refused(token)

    def _open(self, target: str, headers: Mapping[str, str], timeouts: tuple[float, float]) -> "OpenReply":
        headers = {**headers, signing.VERSION_HEADER: str(self._wire)}
        try:
            reply = self._transport.open(target, headers, timeouts)
        except errors.ServerUnreachable:
            self._watch(False)
            raise
        kind = content_type(reply.headers)
        self._watch(kind in _OURS or (reply.status < 300 and kind != "text/html"))  # a login page is none of ours
        return reply

    def _refuse(self, open_reply: "OpenReply") -> None:
        """Raise what a refused stream or download says."""
        from club.sync.transport import Reply

        try:
            self._accepted(Reply(open_reply.status, open_reply.headers, open_reply.whole()))
        except club_errors.ClockSkew as error:
            self._learn_from(error)
            raise
        finally:
            open_reply.close()
        raise errors.ServerConfused(
            f"expected a stream or a file from the central API, found status {open_reply.status}"
        )

    def _headers(
        self, method: str, target: str, body: bytes, key: str = "", signer: Identity | None = None
    ) -> dict[str, str]:
        signer = signer or self.identity
        headers = signer.sign(method=method, target=target, body=body, at=self.time.now(), key=key)
        headers["Accept"] = "application/json, application/problem+json"
        if body:
            headers["Content-Type"] = "application/json"
        return headers

    def _accepted(self, reply: "Reply") -> "Reply":
        """The reply, when it is a success of ours; otherwise raise what it is."""
        if reply.status in (200, 201, 204, 206, 304):
            return reply
        if content_type(reply.headers) != problems.MEDIA_TYPE:
            raise errors.ServerConfused(
                f"expected an answer or a problem from the central API, found status {reply.status}"
            )
        problem = decoded(reply, problems.Problem, json_type=problems.MEDIA_TYPE)
        error = problems.to_error(problem)
        if isinstance(error, club_errors.WireUnknown):
            self._wire = max(signing.OLDEST_WIRE_VERSION, min(signing.WIRE_VERSION, error.number("newest", self._wire)))
        if reply.status >= 500 and not isinstance(error, club_errors.Unavailable):
            raise errors.ServerConfused(
                f"the central API failed: {problem.code}, reference {problem.reference or 'none'}"
            )
        if type(error) is club_errors.ClubError and reply.status < 500 and reply.status not in _MAY_PASS:
            # A newer server's own word for no: a refusal all the same, with its code kept for the log.
            error = club_errors.Refusal(str(error), **error.facts)
            error.code = problem.code  # type: ignore[misc]
        raise error

    def _learn_from(self, error: club_errors.ClockSkew) -> None:
        try:
            self.time.learn(datetime.fromisoformat(error.text("now")))
        except ValueError:
            _log.warning("the server found our clock wrong but did not say its own time")

    @property
    def _transport(self) -> "Transport":
        if self._made is None:
            # requests takes a tenth of a second to import: paid by the first call, not by the program's start.
            from club.sync.transport import Transport

            self._made = Transport(self._base_url, self._sessions, self._ca_file)
        return self._made


def decoded(reply: "Reply", kind: type[T], json_type: str = _JSON) -> T:
    """What an answer says.

    Raises:
        ServerConfused: it is no such value.
    """
    require_json(reply, json_type)
    try:
        return codec.decode(reply.body, kind)
    except club_errors.Malformed as error:
        # The decoder's message names the place, not the values; still, members' data came with it: keep the kind only.
        raise errors.ServerConfused(
            f"expected {kind.__name__} from the central API, found something that is none"
        ) from error


def require_json(reply: "Reply", json_type: str = _JSON) -> None:
    """Refuse an answer of another kind as none of ours (`ServerConfused`)."""
    found = content_type(reply.headers)
    if found != json_type:
        raise errors.ServerConfused(f"expected {json_type} from the central API, found {found or 'nothing named'}")


def _is_json(body: bytes) -> bool:
    """Whether it is whole, whatever it says; read past, not into."""
    try:
        msgspec.json.decode(body, type=msgspec.Raw)
    except msgspec.MsgspecError:
        return False
    return True


def content_type(headers: Mapping[str, str]) -> str:
    """The kind an answer says it is of, without what follows it."""
    return headers.get("Content-Type", "").partition(";")[0].strip().lower()
