"""The central API as the device calls it: one method a route, signed, answers decoded, refusals raised by their code."""

import secrets
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import quote, urlencode

import msgspec
from msgspec import Struct

from club.model import errors as club_errors
from club.sync import errors, sse
from club.sync.calls import Calls, content_type, decoded, require_json
from club.wire import codec, signing, staff_mode
from club.wire.card_runs import AnswerCardRun, BeginCardRun, CardRunStep
from club.wire.cards import CardSession, Grant, OpenCardSession, OpenCodeSession, OpenPhoneSession, StepUp
from club.wire.changes import Snapshot, SyncAnswer
from club.wire.devices import (
    AskPairing,
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
)
from club.wire.history import PointsHistory
from club.wire.offline import OfflineRedeem, OfflineSettled
from club.wire.rewards import Redeem, Redeemed

if TYPE_CHECKING:
    from club.sync.transport import OpenReply

T = TypeVar("T")

STREAM_SILENCE_S = 37.0  # the server's heartbeat comes every 15 s: two may be lost
RUN = secrets.token_hex(8)
"""Names this run of the program to the server: of two machines with the same key, each has its own (C9)."""


class SignedRequest(Struct, frozen=True):
    """A command's request as it goes out, signature and all; sent again it is the same to the byte."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes


class ManifestAnswer(Struct, frozen=True):
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


class ApiClient(Calls):
    """Calls the central API; how is `Calls`."""

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
        answer = decoded(self._call("POST", "/v1/heartbeats", body, by_token=True), HeartbeatAnswer)
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
        return decoded(self._call("POST", "/v1/devices/self/keys", body, signer=signer), KeyChanged)

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

    def open_code_session(self, request: OpenCodeSession) -> CardSession:
        """`POST /v1/code-sessions`: a scanned member code in place of a card (N8)."""
        return self._post("/v1/code-sessions", request, CardSession)

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
            decoded(self._accepted(reply), Redeemed if request.target == "/v1/redemptions" else OfflineSettled)
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
        """`POST /v1/staff-sessions/{id}/{what}`: members, issues, issues/{id}/end|drop, pins, cards, vouchers, vouchers/fulfil; each may be repeated."""
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
        require_json(reply)
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
        if content_type(reply.headers) != "text/event-stream":
            reply.close()
            raise errors.ServerConfused("expected an event stream from the central API, found another kind of answer")
        reply.allow_silence(STREAM_SILENCE_S)
        return EventStream(reply, lambda: self._watch(True))
