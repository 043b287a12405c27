"""A device's reads go by a token, are signed where none is to be had or one is refused, and what moves points is signed always."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from club.model import errors as club_errors
from club.model.clock import HandClock
from club.sync import errors
from club.sync.client import ApiClient
from club.wire import codec, signing
from club.wire.changes import SyncAnswer
from club.wire.devices import AskToken, Challenge, Heartbeat, HeartbeatAnswer, Token
from tests.club.sync import makers
from tests.club.sync.small_server import Answer, Asked, Hangup, SmallServer, a_problem, a_value, serving

CHALLENGES, TOKENS, SYNC = "POST /v1/devices/challenges", "POST /v1/devices/tokens", "GET /v1/sync"
LIFE = timedelta(minutes=15)


@pytest.fixture
def server() -> Iterator[SmallServer]:
    with serving() as small:
        small.routes[CHALLENGES] = lambda _: a_value(Challenge(challenge="c1.x", expires_at=makers.NOW))
        small.routes[TOKENS] = lambda _: a_value(
            Token(token=f"t1.{small.count(TOKENS)}", expires_at=makers.NOW + LIFE, now=makers.NOW)
        )
        small.routes[SYNC] = lambda _: a_value(SyncAnswer(epoch="e1", now=makers.NOW, cursors={}))
        yield small


@pytest.fixture
def clock() -> HandClock:
    return makers.a_clock()


@pytest.fixture
def client(server: SmallServer, tmp_path: Path, clock: HandClock) -> ApiClient:
    return ApiClient(server.address, makers.an_identity(tmp_path), clock, by_token=True)


def proofs(server: SmallServer, route: str) -> list[str]:
    """By what each request of a route was proved: its token, or `signed`."""
    return [
        one.headers.get("Authorization", "signed" if signing.SIGNATURE_HEADER in one.headers else "by nothing")
        for one in server.asked
        if f"{one.method} {one.target.partition('?')[0]}" == route
    ]


def test_one_token_does_for_many_reads_until_a_minute_before_its_end(
    server: SmallServer, client: ApiClient, clock: HandClock
) -> None:
    for _ in range(3):
        client.sync("e1", {})
    clock.forward(LIFE.total_seconds() - 61)
    client.sync("e1", {})
    assert proofs(server, SYNC) == ["Club t1.1"] * 4
    clock.forward(2)
    client.sync("e1", {})
    assert proofs(server, SYNC)[-1] == "Club t1.2"
    assert proofs(server, CHALLENGES) == proofs(server, TOKENS) == ["signed"] * 2
    asked = next(one for one in server.asked if one.target == "/v1/devices/tokens")
    assert codec.decode(asked.body, AskToken).challenge == "c1.x"


def test_what_moves_points_or_answers_an_order_is_signed(server: SmallServer, client: ApiClient) -> None:
    client.sync("e1", {})
    server.routes["POST /v1/redemptions"] = lambda _: a_value(makers.a_redeemed("command-0001"), 201)
    client.redeem(makers.a_redeem("command-0001"))
    server.routes["POST /v1/devices/self/commands/o-1/picture"] = lambda _: Answer(204)
    client.bring_shot("o-1", b"picture")
    assert proofs(server, "POST /v1/redemptions") == ["signed"]
    assert proofs(server, "POST /v1/devices/self/commands/o-1/picture") == ["signed"]


def test_a_heartbeat_by_token_says_when_it_was_sent(server: SmallServer, client: ApiClient, clock: HandClock) -> None:
    server.routes["POST /v1/heartbeats"] = lambda _: a_value(HeartbeatAnswer(now=makers.NOW))
    client.heartbeat(Heartbeat(version="0.1.0", at=clock.now()))
    (beat,) = [one for one in server.asked if one.target == "/v1/heartbeats"]
    assert (beat.headers["Authorization"], beat.headers["Content-Type"]) == ("Club t1.1", "application/json")
    assert beat.headers[signing.SIGNED_AT_HEADER] == "2026-05-16T06:32:00.000+00:00"
    assert signing.SIGNATURE_HEADER not in beat.headers


@pytest.mark.parametrize(
    "refusal", [club_errors.SignatureWrong(), club_errors.DeviceUnknown()], ids=lambda one: one.code
)
def test_a_refused_token_is_dropped_and_the_same_request_signed(
    server: SmallServer, client: ApiClient, clock: HandClock, refusal: club_errors.ClubError
) -> None:
    def answer(asked: Asked) -> Answer:
        if asked.headers.get("Authorization") == "Club t1.1":
            return a_problem(refusal, 401)
        return a_value(SyncAnswer(epoch="e1", now=makers.NOW, cursors={}))

    server.routes[SYNC] = answer
    assert client.sync("e1", {}).epoch == client.sync("e1", {}).epoch == "e1"
    assert proofs(server, SYNC) == ["Club t1.1", "signed", "signed"]
    clock.forward(60)
    client.sync("e1", {})
    assert proofs(server, SYNC)[-1] == "Club t1.2"


@pytest.mark.parametrize("refused", [CHALLENGES, TOKENS])
@pytest.mark.parametrize(
    "answer",
    [
        a_problem(club_errors.NotFound(kind="route"), 404),
        a_problem(club_errors.Unavailable(), 503),
        Answer(404, b"nothing", "text/html"),
    ],
    ids=["an older service", "not now", "none of ours"],
)
def test_where_no_token_is_to_be_had_each_request_is_signed_and_one_is_asked_for_later(
    server: SmallServer, client: ApiClient, clock: HandClock, refused: str, answer: Answer
) -> None:
    usual, server.routes[refused] = server.routes[refused], lambda _: answer
    for _ in range(3):
        client.sync("e1", {})
    assert (proofs(server, SYNC), server.count(refused)) == (["signed"] * 3, 1)
    server.routes[refused] = usual
    clock.forward(301)
    client.sync("e1", {})
    assert proofs(server, SYNC)[-1].startswith("Club t1.")


def test_a_revoked_device_is_told_so_by_what_it_asked_for(server: SmallServer, client: ApiClient) -> None:
    for route in (CHALLENGES, SYNC):
        server.routes[route] = lambda _: a_problem(club_errors.DeviceRevoked(), 403)
    with pytest.raises(club_errors.DeviceRevoked):
        client.sync("e1", {})


def test_no_answer_to_a_challenge_is_no_answer(server: SmallServer, client: ApiClient) -> None:
    def hang_up(asked: Asked) -> Answer:
        raise Hangup

    reached: list[bool] = []
    client.watch(reached.append)
    server.routes[CHALLENGES] = hang_up
    with pytest.raises(errors.ServerUnreachable):
        client.sync("e1", {})
    assert (reached, server.count(SYNC)) == ([False], 0)


def test_streams_and_files_go_by_token_too_and_are_signed_when_it_is_refused(
    server: SmallServer, client: ApiClient
) -> None:
    sha256 = "a" * 64
    media = f"GET /v1/media/{sha256}"

    def file(asked: Asked) -> Answer:
        if "Authorization" in asked.headers:
            return a_problem(club_errors.SignatureWrong(), 401)
        return Answer(200, b"picture", "image/webp")

    server.routes[media] = file
    server.routes["GET /v1/stream"] = lambda _: Answer(200, kind="text/event-stream", pieces=iter((b": beat\n\n",)))
    with_token = client.stream()
    assert list(with_token) == []
    with_token.close()
    reply = client.media(sha256)
    assert (reply.whole(), proofs(server, media)) == (b"picture", ["Club t1.1", "signed"])
    reply.close()
    assert proofs(server, "GET /v1/stream") == ["Club t1.1"]
