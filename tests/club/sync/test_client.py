"""The client against a small server: signed as agreed, decoded strictly, every kind of failure named."""

import logging
import socket
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from club.model import errors as club_errors
from club.model.clock import HandClock
from club.sync import errors
from club.sync.client import ApiClient
from club.sync.steady_clock import SteadyClock
from club.wire import codec, signing
from club.wire.cards import Evidence, Grant, OpenCardSession, StepUp
from club.wire.changes import SyncAnswer
from club.wire.devices import Enrol, Heartbeat, HeartbeatAnswer
from tests.club.sync import makers
from tests.club.sync.small_server import Answer, Asked, Hangup, SmallServer, a_problem, a_value, serving

REDEEM = "POST /v1/redemptions"
STEP_UP = "POST /v1/step-ups"
SYNC = "GET /v1/sync"
PIN = "407218"


@pytest.fixture
def server() -> Iterator[SmallServer]:
    with serving() as small:
        yield small


@pytest.fixture
def client(server: SmallServer, tmp_path: Path) -> ApiClient:
    return ApiClient(server.address, makers.an_identity(tmp_path), makers.a_clock())


def _sync_answer(asked: Asked) -> Answer:
    return a_value(SyncAnswer(epoch="e1", now=makers.NOW, cursors={}))


def _a_step_up() -> StepUp:
    return StepUp(command_id="command-0001", session_id="session-0001", body_sha256="0" * 64, pin=PIN)


def test_a_read_is_signed_over_its_path_and_query_as_sent(server: SmallServer, client: ApiClient) -> None:
    server.routes[SYNC] = _sync_answer
    client.sync("e 1", {"store-east": 41, "global": 7})
    asked = server.asked[0]
    assert asked.target == "/v1/sync?epoch=e+1&after=global:7,store-east:41"
    again = client.identity.sign(method="GET", target=asked.target, body=b"", at=makers.NOW)
    assert asked.headers[signing.SIGNATURE_HEADER] == again[signing.SIGNATURE_HEADER]
    assert signing.KEY_HEADER not in asked.headers
    assert asked.headers[signing.VERSION_HEADER] == str(signing.WIRE_VERSION)


def test_a_repeated_command_is_the_same_to_the_byte_whatever_the_clock_says(
    server: SmallServer, tmp_path: Path
) -> None:
    clock = makers.a_clock()
    client = ApiClient(server.address, makers.an_identity(tmp_path), clock)
    server.routes[REDEEM] = lambda _: a_value(makers.a_redeemed("command-0001"), 201)
    request = client.prepare(makers.a_redeem("command-0001"))
    first = client.send(request)
    clock.forward(86_400)
    assert client.send(request) == first
    one, two = server.asked
    assert one == two
    assert one.headers[signing.KEY_HEADER] == "command-0001"


@pytest.mark.parametrize(
    "error",
    [
        club_errors.NotEnoughPoints(balance=300, price=500),
        club_errors.CardBlocked(reason="lost"),
        club_errors.IdempotencyConflict(),
        club_errors.Malformed("expected a number"),
        club_errors.DeviceRevoked(),
        club_errors.NotFound(kind="session"),
    ],
    ids=lambda error: error.code,
)
def test_a_refusal_comes_back_as_the_same_error_with_its_facts(
    server: SmallServer, client: ApiClient, error: club_errors.ClubError
) -> None:
    server.routes[REDEEM] = lambda _: a_problem(error)
    with pytest.raises(type(error)) as caught:
        client.redeem(makers.a_redeem())
    assert caught.value.facts == error.facts


def test_a_newer_servers_no_is_still_a_refusal_and_keeps_its_code(server: SmallServer, client: ApiClient) -> None:
    server.routes[REDEEM] = lambda _: a_problem(club_errors.Refusal("not on a full moon"), code="full_moon")
    with pytest.raises(club_errors.Refusal) as caught:
        client.redeem(makers.a_redeem())
    assert caught.value.code == "full_moon"
    server.routes[REDEEM] = lambda _: a_problem(club_errors.Refusal("slowly"), status=429, code="too_many")
    with pytest.raises(club_errors.ClubError) as slowed:
        client.redeem(makers.a_redeem())
    assert not isinstance(slowed.value, club_errors.Refusal)  # it may pass: never told to the member as a no


def test_unavailable_may_pass_and_a_fault_of_the_server_is_no_answer(server: SmallServer, client: ApiClient) -> None:
    server.routes[REDEEM] = lambda _: a_problem(club_errors.Unavailable(), 503)
    with pytest.raises(club_errors.Unavailable):
        client.redeem(makers.a_redeem())
    server.routes[REDEEM] = lambda _: a_problem(club_errors.ClubError("bug"), 500, code="internal")
    with pytest.raises(errors.ServerConfused, match="internal"):
        client.redeem(makers.a_redeem())


@pytest.mark.parametrize(
    "junk",
    [
        Answer(200, b"<html>Welcome to the hotel's Wi-Fi</html>", "text/html"),
        Answer(200, b"{", "application/json"),
        Answer(200, b"\xff\xfe", "application/json"),
        Answer(200, b'{"epoch": 7}', "application/json"),
        Answer(200, b"[]", "application/json"),
        Answer(302, b"", "text/html", (("Location", "http://login.example/"),)),
        Answer(404, b"nginx", "text/html"),
        Answer(500, b"Internal Server Error", "text/plain"),
        Answer(502, b"<h1>Bad Gateway</h1>", "text/html"),
        Answer(409, b'{"title": 5}', "application/problem+json"),
        Answer(400, b'{"detail": "no code"}', "application/json"),
    ],
    ids=lambda junk: f"{junk.status} {junk.body[:12]!r}",
)
def test_whatever_else_answers_is_a_confused_server_and_so_an_unreachable_one(
    server: SmallServer, client: ApiClient, junk: Answer
) -> None:
    server.routes[SYNC] = lambda _: junk
    with pytest.raises(errors.ServerConfused):
        client.sync("e1", {})


@pytest.mark.parametrize("ask", ["answer", "stream"])
def test_a_server_that_says_nothing_is_waited_for_as_long_as_was_set(
    server: SmallServer, tmp_path: Path, ask: str
) -> None:
    given_up = threading.Event()

    def silent(_asked: Asked) -> Answer:
        given_up.wait(30)
        return Answer(204)

    server.routes[SYNC] = server.routes["GET /v1/stream"] = silent
    client = ApiClient(server.address, makers.an_identity(tmp_path), makers.a_clock(), timeouts=(3.0, 0.2))
    began = time.monotonic()
    with pytest.raises(errors.ServerUnreachable):
        client.sync("e1", {}) if ask == "answer" else client.stream()
    assert time.monotonic() - began < 10
    given_up.set()


@pytest.mark.parametrize("connection", ["keep-alive", "close"])
def test_a_stream_that_began_may_be_silent_for_longer_than_an_answer(
    server: SmallServer, tmp_path: Path, connection: str
) -> None:
    say = threading.Event()

    def pieces() -> Iterator[bytes]:
        yield b": begun\n\n"
        say.wait(30)
        yield b"event: nudge\ndata: {}\n\n"

    server.routes["GET /v1/stream"] = lambda _: Answer(
        200, kind="text/event-stream", pieces=pieces(), headers=(("Connection", connection),)
    )
    client = ApiClient(server.address, makers.an_identity(tmp_path), makers.a_clock(), timeouts=(3.0, 0.2))
    stream = client.stream()
    threading.Timer(0.6, say.set).start()
    assert [event.name for event in stream] == ["nudge"]


def test_nobody_there_is_unreachable_and_the_watcher_hears_both_ways(
    server: SmallServer, client: ApiClient, tmp_path: Path
) -> None:
    reached: list[bool] = []
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        nobody = ApiClient(f"http://127.0.0.1:{bound.getsockname()[1]}", client.identity, makers.a_clock())
        nobody.watch(reached.append)
        with pytest.raises(errors.ServerUnreachable) as caught:
            nobody.snapshot()
    assert not isinstance(caught.value, errors.ServerConfused)
    client.watch(reached.append)
    server.routes[SYNC] = _sync_answer
    client.sync("e1", {})
    server.routes[SYNC] = lambda _: Answer(200, b"<html>", "text/html")
    with pytest.raises(errors.ServerConfused):
        client.sync("e1", {})
    assert reached == [False, True, False]


def test_half_an_answer_is_no_answer(server: SmallServer, client: ApiClient) -> None:
    server.routes[SYNC] = lambda _: Answer(200, b'{"epoch":', cut=True)
    with pytest.raises(errors.ServerUnreachable):
        client.sync("e1", {})


def test_a_connection_dropped_before_any_answer_is_tried_once_more_but_a_pin_is_not(
    server: SmallServer, client: ApiClient
) -> None:
    def first_hangs_up(asked: Asked) -> Answer:
        if server.count(f"{asked.method} {asked.target.partition('?')[0]}") == 1:
            raise Hangup
        return _sync_answer(asked)

    server.routes[SYNC] = first_hangs_up
    assert client.sync("e1", {}).epoch == "e1"
    assert server.count(SYNC) == 2
    server.routes[STEP_UP] = first_hangs_up
    with pytest.raises(errors.ServerUnreachable):
        client.step_up(_a_step_up())
    assert server.count(STEP_UP) == 1  # a wrong PIN would count twice


def test_a_clock_that_is_off_is_corrected_by_the_servers_and_the_read_goes_through(
    server: SmallServer, tmp_path: Path
) -> None:
    clock = HandClock(makers.NOW - timedelta(hours=9))
    client = ApiClient(server.address, makers.an_identity(tmp_path), clock)

    def fresh_only(asked: Asked) -> Answer:
        if asked.headers[signing.SIGNED_AT_HEADER].startswith("2026-05-16T06:32:00"):
            return _sync_answer(asked)
        return a_problem(club_errors.ClockSkew(now=makers.NOW.isoformat(), seconds=32400), 401)

    server.routes[SYNC] = fresh_only
    client.sync("e1", {})
    client.sync("e1", {})
    assert server.count(SYNC) == 3  # wrong once, right ever after
    assert client.time.now() == makers.NOW


def test_a_clock_skew_that_stays_is_told_and_not_asked_for_ever(server: SmallServer, client: ApiClient) -> None:
    server.routes[SYNC] = lambda _: a_problem(club_errors.ClockSkew(now="never", seconds=1), 401)
    with pytest.raises(club_errors.ClockSkew):
        client.sync("e1", {})
    assert server.count(SYNC) == 2


def test_a_heartbeat_sets_the_programs_own_clock(server: SmallServer, tmp_path: Path) -> None:
    clock = SteadyClock()
    client = ApiClient(server.address, makers.an_identity(tmp_path), clock)
    ahead = clock.now() + timedelta(minutes=4)
    server.routes["POST /v1/heartbeats"] = lambda _: a_value(HeartbeatAnswer(now=ahead))
    client.heartbeat(Heartbeat(version="0.1.0", at=clock.now()))
    assert timedelta(minutes=3, seconds=50) < clock.against_machine() < timedelta(minutes=4, seconds=10)


def test_every_route_is_asked_as_the_contract_says(server: SmallServer, client: ApiClient) -> None:
    grant = Grant(grant="grant-00001", command_id="command-0001")
    server.routes |= {
        "POST /v1/devices/enrol": lambda _: a_value(makers.an_enrolled(), 201),
        "GET /v1/devices/self": lambda _: a_value(makers.an_enrolled()),
        STEP_UP: lambda _: a_value(grant),
        "DELETE /v1/card-sessions/session-0001": lambda _: Answer(204),
        "GET /v1/displays/self/manifest": lambda asked: (
            Answer(304) if "If-None-Match" in asked.headers else Answer(200, b"{}", headers=(("ETag", '"d1"'),))
        ),
    }
    key = client.identity.public_key
    wish = Enrol(code="123456", device_id=client.identity.device_id, kind="kiosk", public_key=key, version="0.1.0")
    assert client.enrol(wish) == makers.an_enrolled()
    assert client.myself() == makers.an_enrolled()
    assert client.step_up(_a_step_up()) == grant
    client.end_card_session("session-0001")
    found = client.manifest()
    assert found is not None
    assert (found.body, found.etag) == (b"{}", '"d1"')
    assert client.manifest('"d1"') is None
    evidence = Evidence(uid="04A1B2C3D4E5F6", family="ntag424")
    with pytest.raises(errors.ServerConfused):
        client.open_card_session(OpenCardSession(session_id="session-0001", evidence=evidence, tapped_at=makers.NOW))


@pytest.mark.parametrize(
    ("kind", "before", "query"),
    [("", "", ""), ("earned", "", "?kind=earned"), ("spent", "mv-0001", "?kind=spent&before=mv-0001")],
)
def test_a_page_of_the_history_is_asked_for_by_kind_and_place(
    server: SmallServer, client: ApiClient, kind: str, before: str, query: str
) -> None:
    page = makers.a_history(next_before="mv-0021")
    server.routes["GET /v1/card-sessions/session-0001/history"] = lambda _: a_value(page)
    assert client.history("session-0001", kind, before) == page
    assert server.asked[0].target == f"/v1/card-sessions/session-0001/history{query}"


def test_nothing_of_a_body_reaches_the_log_or_the_errors_words(
    server: SmallServer, client: ApiClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    secret = codec.encode(makers.a_redeemed("command-0001", code="SECRETCODE")).replace(
        b'"points":5780', b'"points":-1'
    )
    server.routes[REDEEM] = lambda _: Answer(200, secret)
    with pytest.raises(errors.ServerConfused) as caught:
        client.redeem(makers.a_redeem())
    with pytest.raises(errors.ServerConfused):
        client.step_up(_a_step_up())
    told = caplog.text + str(caught.value)
    assert "SECRETCODE" not in told
    assert PIN not in told


def test_each_thread_has_its_own_connection(server: SmallServer, client: ApiClient) -> None:
    server.routes[SYNC] = _sync_answer
    answers: list[str] = []
    threads = [threading.Thread(target=lambda: answers.append(client.sync("e1", {}).epoch)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert answers == ["e1"] * 8


def test_the_stream_gives_events_as_they_come_and_closing_wakes_its_reader(
    server: SmallServer, client: ApiClient
) -> None:
    release = threading.Event()

    def pieces() -> Iterator[bytes]:
        yield b": hello there\n\n"
        yield 'event: nudge\ndata: {"feed":"精洗\u2028"}\n\n'.encode()
        release.wait(10)

    server.routes["GET /v1/stream"] = lambda _: Answer(200, kind="text/event-stream; charset=utf-8", pieces=pieces())
    stream = client.stream()
    came: list[str] = []
    first = threading.Event()

    def read() -> None:
        try:
            for event in stream:
                came.append(event.data)
                first.set()
        except errors.ServerUnreachable:
            came.append("ended")

    reader = threading.Thread(target=read)
    reader.start()
    try:
        assert first.wait(10)
        stream.close()
        reader.join(20)
        assert not reader.is_alive()
    finally:
        release.set()
    assert msgspec.json.decode(came[0]) == {"feed": "精洗\u2028"}


def test_a_page_where_the_stream_should_be_is_a_confused_server(server: SmallServer, client: ApiClient) -> None:
    server.routes["GET /v1/stream"] = lambda _: Answer(200, b"<html>", "text/html")
    with pytest.raises(errors.ServerConfused):
        client.stream()
    server.routes["GET /v1/stream"] = lambda _: a_problem(club_errors.DeviceRevoked(), 401)
    with pytest.raises(club_errors.DeviceRevoked):
        client.stream()


@pytest.mark.parametrize("address", ["club.example", "ftp://club.example", ""])
def test_an_address_without_its_scheme_is_refused_at_once(tmp_path: Path, address: str) -> None:
    with pytest.raises(ValueError, match="https://club"):
        ApiClient(address, makers.an_identity(tmp_path), makers.a_clock())


def test_a_server_one_version_back_is_spoken_to_in_its_own(server: SmallServer, client: ApiClient) -> None:
    def of_before(asked: Asked) -> Answer:
        if asked.headers[signing.VERSION_HEADER] != "1":
            return a_problem(club_errors.WireUnknown(oldest=1, newest=1), 426)
        return _sync_answer(asked)

    server.routes[SYNC] = of_before
    client.sync("e1", {"global": 7})
    client.sync("e1", {"global": 7})
    assert [asked.headers[signing.VERSION_HEADER] for asked in server.asked] == ["2", "1", "1"]


def test_places_that_cannot_be_followed_are_told_by_a_problem_or_in_the_answer(
    server: SmallServer, client: ApiClient
) -> None:
    server.routes[SYNC] = lambda _: a_problem(club_errors.SnapshotNeeded(epoch="e2"), 410)
    found = client.sync("e1", {"global": 7})
    assert (found.snapshot_needed, found.epoch, found.changes) == (True, "e2", ())
