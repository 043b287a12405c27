"""The central API as the device calls it: one method a route, signed, answers decoded, refusals raised by their code."""

import logging
import secrets
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import quote, urlencode

import msgspec

from club.model import errors as club_errors
from club.model.clock import Clock
from club.sync import errors, sse, tokens
from club.sync.identity import Identity
from club.sync.server_time import ServerTime
from club.wire import codec, problems, signing, staff_mode
from club.wire.card_runs import AnswerCardRun, BeginCardRun, CardRunStep
from club.wire.cards import CardSession, Grant, OpenCardSession, OpenPhoneSession, StepUp
from club.wire.changes import Snapshot, SyncAnswer
from club.wire.devices import (
    AskPairing,
    AskToken,
    Challenge,
    CommandAnswer,
    CommandAnswered,
    DeviceCommand,
    DeviceCommands,
    Enrol,
    Enrolled,
    Heartbeat,
    HeartbeatAnswer,
    KeyChanged,
    Pairing,
    Token,
)
from club.wire.history import PointsHistory
from club.wire.offline import OfflineRedeem, OfflineSettled
from club.wire.rewards import Redeem, Redeemed

if TYPE_CHECKING:
    import requests

    from club.sync.transport import OpenReply, Reply, Transport

_log = logging.getLogger(__name__)

T = TypeVar("T")

TIMEOUTS = (3.0, 10.0)
STREAM_SILENCE_S = 37.0  # the server's heartbeat comes every 15 s: two may be lost
RUN = secrets.token_hex(8)
"""Names this run of the program to the server: of two machines with the same key, each has its own (C9)."""
_JSON = "application/json"
_OURS = (_JSON, problems.MEDIA_TYPE)
_NO_TOKEN = (club_errors.SignatureWrong, club_errors.DeviceUnknown)
"""What a token is answered that the service does not know; one of an earlier version takes it for an unsigned request."""
_MAY_PASS = frozenset({401, 403, 408, 425, 429})


@dataclass(frozen=True, slots=True)
class SignedRequest:
    """A command's request as it goes out, signature and all; sent again it is the same to the byte."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class ManifestAnswer:
    """A manifest as it came: the JSON and its `ETag`."""

    body: bytes
    etag: str


class EventStream:
    """The open event stream; iterate it on one thread, `close` it from any."""

    def __init__(self, reply: "OpenReply", heard: Callable[[], None]) -> None:
        self._reply = reply
        self._heard = heard

    def __iter__(self) -> Iterator[sse.ServerSent]:
        """Events until the connection ends.

        Raises:
            ServerUnreachable: it broke, or was silent for 37 s.
        """
        parser = sse.Parser()
        for piece in self._reply.pieces():
            self._heard()
            yield from parser.feed(piece)

    def close(self) -> None:
        """End the stream; the iterating thread comes back at once."""
        self._reply.close()


class ApiClient:
    """Calls the central API; safe from every thread.

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

    # -- enrolment and health -------------------------------------------------------------------------------------

    def enrol(self, request: Enrol) -> Enrolled:
        """`POST /v1/devices/enrol`: register this device's key by a one-time code."""
        answer = self._post("/v1/devices/enrol", request, Enrolled, repeat=False)
        self.time.learn(answer.now)
        return answer

    def ask_pairing(self, request: AskPairing) -> Pairing:
        """`POST /v1/devices/pairings`: the code that staff enter for this device, and whether they did (C9)."""
        return self._post("/v1/devices/pairings", request, Pairing)

    def myself(self) -> Enrolled:
        """`GET /v1/devices/self`: which place and store this device stands in."""
        return self._read("/v1/devices/self", Enrolled)

    def heartbeat(self, beat: Heartbeat) -> HeartbeatAnswer:
        """`POST /v1/heartbeats`; corrects the clock by the answer."""
        asked = self._clock.monotonic()
        body = codec.encode(msgspec.structs.replace(beat, run=RUN))
        answer = _decoded(self._call("POST", "/v1/heartbeats", body, by_token=True), HeartbeatAnswer)
        self.time.learn(answer.now, round_trip_s=self._clock.monotonic() - asked)
        return answer

    def orders(self) -> tuple[DeviceCommand, ...]:
        """`GET /v1/devices/self/commands`: what staff want of this device, oldest first (C9)."""
        return self._read("/v1/devices/self/commands", DeviceCommands).commands

    def answer_order(self, order_id: str, answer: CommandAnswer) -> CommandAnswered:
        """`POST /v1/devices/self/commands/{id}/answer`: what became of one; said again, it changes nothing."""
        return self._post(f"/v1/devices/self/commands/{quote(order_id, safe='')}/answer", answer, CommandAnswered)

    def bring_shot(self, order_id: str, picture: bytes) -> None:
        """`POST /v1/devices/self/commands/{id}/picture`: the picture of the screen an order asked for, JPEG or PNG; the first stays.

        Raises:
            NotFound: the order is over, or asked for none.
            Malformed: too large, or no picture.
        """
        target = f"/v1/devices/self/commands/{quote(order_id, safe='')}/picture"
        self._call("POST", target, picture, kind="application/octet-stream")

    def change_key(self, *, by_next: bool = False) -> KeyChanged:
        """`POST /v1/devices/self/keys`: make the identity's next key the device's; said again, it changes nothing (ADR 0014).

        Args:
            by_next: sign with the next key itself: the service may have it already, and not take the one in use any more.
        """
        following = self.identity.as_next()
        signer = following if by_next else self.identity
        body = codec.encode(following.proved())
        return _decoded(self._call("POST", "/v1/devices/self/keys", body, signer=signer), KeyChanged)

    def key_changed(self) -> None:
        """The identity signs with another key from now on; the token of the one before is not used any more."""
        if self._tokens:
            self._tokens.forget()

    # -- what the member does -------------------------------------------------------------------------------------

    def open_card_session(self, request: OpenCardSession) -> CardSession:
        """`POST /v1/card-sessions`; the same id and evidence give the same answer (N4)."""
        return self._post("/v1/card-sessions", request, CardSession)

    def open_phone_session(self, request: OpenPhoneSession) -> CardSession:
        """`POST /v1/phone-sessions`: number and PIN in place of a card (N8). Not repeated by itself: a wrong PIN would count twice."""
        return self._post("/v1/phone-sessions", request, CardSession, repeat=False)

    def card_session(self, session_id: str) -> CardSession:
        """`GET /v1/card-sessions/{id}`: fresh figures."""
        return self._get(f"/v1/card-sessions/{quote(session_id, safe='')}", CardSession)

    def history(self, session_id: str, kind: str = "", before: str = "") -> PointsHistory:
        """`GET /v1/card-sessions/{id}/history`: a page of the points history (K3).

        Args:
            session_id: a session that may see it.
            kind: earned, spent, expired, or empty for all.
            before: `next_before` of the page before; empty asks for the first.
        """
        asked = urlencode({name: value for name, value in (("kind", kind), ("before", before)) if value})
        route = f"/v1/card-sessions/{quote(session_id, safe='')}/history"
        return self._get(f"{route}?{asked}" if asked else route, PointsHistory)

    def end_card_session(self, session_id: str) -> None:
        """`DELETE /v1/card-sessions/{id}`: over, with its grants."""
        self._call("DELETE", f"/v1/card-sessions/{quote(session_id, safe='')}")

    def step_up(self, request: StepUp) -> Grant:
        """`POST /v1/step-ups`: the PIN for one command (N4). Not repeated by itself: a wrong PIN would count twice."""
        return self._post("/v1/step-ups", request, Grant, repeat=False)

    def redeem(self, command: Redeem) -> Redeemed:
        """`POST /v1/redemptions` directly. Programs use `SyncWorker.submit`, which survives a power failure."""
        return codec.decode(self.send(self.prepare(command)), Redeemed)

    def prepare(self, command: Redeem | OfflineRedeem) -> SignedRequest:
        """The signed request of a command; nothing is sent."""
        body = codec.encode(command)
        target = "/v1/redemptions" if isinstance(command, Redeem) else "/v1/offline-redemptions"
        headers = self._headers("POST", target, body, command.command_id)
        return SignedRequest("POST", target, headers, body)

    def signed_again(self, request: SignedRequest) -> SignedRequest | None:
        """The same command, said to be signed at the same instant, signed with the key in use; None: it was that key's already."""
        at = datetime.fromisoformat(request.headers[signing.SIGNED_AT_HEADER])
        signed = self.identity.sign(
            method=request.method,
            target=request.target,
            body=request.body,
            at=at,
            key=request.headers.get(signing.KEY_HEADER, ""),
        )
        if signed[signing.SIGNATURE_HEADER] == request.headers.get(signing.SIGNATURE_HEADER):
            return None
        return SignedRequest(request.method, request.target, {**request.headers, **signed}, request.body)

    def send(self, request: SignedRequest) -> bytes:
        """Send a prepared command as it is; gives the answer's JSON, checked to be one.

        Raises:
            ClockSkew: besides the class's; the clock is corrected, `prepare` the command again.
        """
        reply = self._exchange(request.method, request.target, request.headers, request.body, repeat=True)
        try:
            _decoded(self._accepted(reply), Redeemed if request.target == "/v1/redemptions" else OfflineSettled)
        except club_errors.ClockSkew as error:
            self._learn_from(error)
            raise
        return reply.body

    # -- cards being written or proved ----------------------------------------------------------------------------

    def begin_card_run(self, request: BeginCardRun) -> CardRunStep:
        """`POST /v1/card-runs`: begin to issue, reset or prove a card; the same id again finds the run where it is (N6)."""
        return self._post("/v1/card-runs", request, CardRunStep)

    def answer_card_run(self, run_id: str, request: AnswerCardRun) -> CardRunStep:
        """`POST /v1/card-runs/{id}/answers`: the card's answer; the same answer again gets the same step again (N6)."""
        return self._post(f"/v1/card-runs/{quote(run_id, safe='')}/answers", request, CardRunStep)

    # -- staff mode -----------------------------------------------------------------------------------------------

    def open_staff_session(self, request: staff_mode.OpenStaffSession) -> staff_mode.StaffSession:
        """`POST /v1/staff-sessions` (K12). Not repeated by itself: a wrong PIN would count twice."""
        return self._post("/v1/staff-sessions", request, staff_mode.StaffSession, repeat=False)

    def end_staff_session(self, session_id: str) -> None:
        """`DELETE /v1/staff-sessions/{id}`."""
        self._call("DELETE", f"/v1/staff-sessions/{quote(session_id, safe='')}")

    def staff_ask(self, session_id: str, what: str, request: object, kind: type[T]) -> T:
        """`POST /v1/staff-sessions/{id}/{what}`: members, issues, issues/{id}/end, pins, cards; each may be repeated."""
        return self._post(f"/v1/staff-sessions/{quote(session_id, safe='')}/{quote(what)}", request, kind)

    # -- mirror, boards, media ------------------------------------------------------------------------------------

    def sync(self, epoch: str, cursors: Mapping[str, int]) -> SyncAnswer:
        """`GET /v1/sync`: changes after these places, or that only a snapshot helps."""
        after = ",".join(f"{feed}:{seq}" for feed, seq in sorted(cursors.items()))
        query = urlencode({"epoch": epoch, "after": after}, safe=":,")
        try:
            return self._read(f"/v1/sync?{query}", SyncAnswer)
        except club_errors.SnapshotNeeded as error:
            return SyncAnswer(epoch=error.text("epoch"), now=self.time.now(), cursors={}, snapshot_needed=True)

    def snapshot(self) -> Snapshot:
        """`GET /v1/snapshot`: everything the device mirrors."""
        return self._read("/v1/snapshot", Snapshot)

    def manifest(self, etag: str = "") -> ManifestAnswer | None:
        """`GET /v1/displays/self/manifest`; None when it is still the one of `etag`."""
        reply = self._call("GET", "/v1/displays/self/manifest", etag=etag, by_token=True)
        if reply.status == 304:
            return None
        _require_json(reply)
        return ManifestAnswer(reply.body, reply.headers.get("ETag", ""))

    def media(self, sha256: str, offset: int = 0) -> "OpenReply":
        """`GET /v1/media/{sha256}` from byte `offset` on. Status 206 goes on there, 200 begins anew; close what you get.

        Raises:
            NotFound: the server has no such picture.
        """
        target = f"/v1/media/{sha256}"
        headers = {"Accept-Encoding": "identity"}
        if offset:
            headers["Range"] = f"bytes={offset}-"
        return self._opened(target, headers, (200, 206, 416))

    def stream(self) -> EventStream:
        """`GET /v1/stream`: events until it ends."""
        target = f"/v1/stream?run={RUN}"
        headers = {"Accept": "text/event-stream", "Accept-Encoding": "identity", "Cache-Control": "no-store"}
        reply = self._opened(target, headers, (200,))
        if _content_type(reply.headers) != "text/event-stream":
            reply.close()
            raise errors.ServerConfused("expected an event stream from the central API, found another kind of answer")
        reply.allow_silence(STREAM_SILENCE_S)
        return EventStream(reply, lambda: self._watch(True))

    # -- inside ---------------------------------------------------------------------------------------------------

    def _get(self, target: str, kind: type[T]) -> T:
        return _decoded(self._call("GET", target), kind)

    def _read(self, target: str, kind: type[T]) -> T:
        """What a token does for."""
        return _decoded(self._call("GET", target, by_token=True), kind)

    def _post(self, target: str, value: object, kind: type[T], *, repeat: bool = True) -> T:
        return _decoded(self._call("POST", target, codec.encode(value), repeat=repeat), kind)

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
        challenge = _decoded(self._call("POST", "/v1/devices/challenges"), Challenge)
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
        self._watch(reply.status in (204, 304) or (_content_type(reply.headers) in _OURS and _is_json(reply.body)))
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
        kind = _content_type(reply.headers)
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
        if _content_type(reply.headers) != problems.MEDIA_TYPE:
            raise errors.ServerConfused(
                f"expected an answer or a problem from the central API, found status {reply.status}"
            )
        problem = _decoded(reply, problems.Problem, json_type=problems.MEDIA_TYPE)
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


def _decoded(reply: "Reply", kind: type[T], json_type: str = "application/json") -> T:
    _require_json(reply, json_type)
    try:
        return codec.decode(reply.body, kind)
    except club_errors.Malformed as error:
        # The decoder's message names the place, not the values; still, members' data came with it: keep the kind only.
        raise errors.ServerConfused(
            f"expected {kind.__name__} from the central API, found something that is none"
        ) from error


def _require_json(reply: "Reply", json_type: str = "application/json") -> None:
    found = _content_type(reply.headers)
    if found != json_type:
        raise errors.ServerConfused(f"expected {json_type} from the central API, found {found or 'nothing named'}")


def _is_json(body: bytes) -> bool:
    """Whether it is whole, whatever it says; read past, not into."""
    try:
        msgspec.json.decode(body, type=msgspec.Raw)
    except msgspec.MsgspecError:
        return False
    return True


def _content_type(headers: Mapping[str, str]) -> str:
    return headers.get("Content-Type", "").partition(";")[0].strip().lower()
