"""A stream that is refused for now is asked for later, each time after a longer draw; nothing else of the device waits for it."""

import threading
from pathlib import Path

import pytest

from club.model import errors as club_errors
from club.sync import engine, steps
from club.sync.client import ApiClient
from club.sync.state import BACKOFF_HIGH_S, BACKOFF_LOW_S
from club.sync.stream import StreamReader
from tests.club.sync import makers
from tests.club.sync.small_server import Answer, a_problem, serving

ROUTE = "GET /v1/stream"
WITHIN_S = 60.0


def later() -> Answer:
    """As the central API answers while it has no connection to its database, or ends."""
    problem = a_problem(club_errors.Unavailable("not now"), 503)
    return Answer(503, problem.body, problem.kind, headers=(("Retry-After", "5"),))


@pytest.mark.parametrize(
    ("answer", "reached"),
    [
        pytest.param(later(), True, id="503 of the central API"),
        pytest.param(a_problem(club_errors.ClubError("unforeseen"), 500), True, id="500 of the central API"),
        pytest.param(Answer(503, b"Service Unavailable", "text/plain"), False, id="503 of a proxy"),
    ],
)
def test_a_refused_stream_is_closed_for_now_and_the_server_is_not_taken_for_gone(
    tmp_path: Path, answer: Answer, reached: bool
) -> None:
    told: list[steps.Input] = []
    contacts: list[bool] = []
    closed = threading.Event()

    def tell(event: steps.Input) -> None:
        told.append(event)
        closed.set()

    with serving() as server:
        server.routes[ROUTE] = lambda _: answer
        client = ApiClient(server.address, makers.an_identity(tmp_path), makers.a_clock())
        client.watch(contacts.append)
        reader = StreamReader(client, tell)
        reader.start()
        reader.open()
        assert closed.wait(WITHIN_S)
        reader.close()
        reader.thread.join(WITHIN_S)
        assert len(server.asked) == 1, "it is not asked again at once"
    assert (told, contacts) == ([steps.StreamClosed(steps.Fault.CONFUSED)], [reached])


def test_each_refusal_is_followed_by_a_longer_draw_and_by_no_other_call() -> None:
    state = engine.State(kind="kiosk", enrolled=True, online=True, stream="opening", epoch="e1", places={"global": 1})
    highest = []
    for _ in range(8):
        state, _effects = engine.step(state, steps.Contact(ok=True))
        state, effects = engine.step(state, steps.StreamClosed(steps.Fault.CONFUSED))
        (timer,) = effects
        assert isinstance(timer, steps.StartTimer), "neither the stream nor anything else is asked for at once"
        assert (timer.name, timer.low_s, state.online) == ("stream", BACKOFF_LOW_S, True)
        highest.append(timer.high_s)
        state, effects = engine.step(state, steps.TimedOut("stream"))
        assert effects == (steps.OpenStream(),)
    assert highest == sorted(highest)
    assert highest[-1] == BACKOFF_HIGH_S
    state, _effects = engine.step(state, steps.StreamOpened("e1", {"global": 1}))
    assert "stream" not in state.failures, "once it is open the next refusal is the first again"
