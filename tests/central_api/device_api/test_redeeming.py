"""The shorter way of a redemption answers as the framework does, whatever comes."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

import httpx
import pytest
from litestar.types import Receive, Scope, Send
from prometheus_client import REGISTRY

from central_api import problems
from central_api.device_api import redeeming
from club.model import errors
from club.wire import signing
from club.wire.codec import encode
from tests.support.central import Club, Device, a_redeem

Sent = tuple[Mapping[str, str], bytes]
"""Headers and body."""


def signed(device: Device, body: bytes, key: str) -> dict[str, str]:
    headers = device.identity.sign(method="POST", target=redeeming.PATH, body=body, at=device.clock.now(), key=key)
    return {**headers, "Content-Type": "application/json"}


def good(club: Club) -> Sent:
    device = club.device()
    command = club.granted(device, a_redeem(device.session(club.card())))
    body = encode(command)
    return signed(device, body, command.command_id), body


def too_dear(club: Club) -> Sent:
    device = club.device()
    command = club.granted(device, a_redeem(device.session(club.card()), quantity=9))
    body = encode(command)
    return signed(device, body, command.command_id), body


def without_pin(club: Club) -> Sent:
    device = club.device()
    command = a_redeem(device.session(club.card()))
    body = encode(command)
    return signed(device, body, command.command_id), body


def other_key(club: Club) -> Sent:
    device = club.device()
    body = encode(a_redeem(device.session(club.card())))
    return signed(device, body, "a-key-of-another"), body


def no_json(club: Club) -> Sent:
    return signed(club.device(), b"{", "aaaaaaaaaaaa"), b"{"


def nothing(club: Club) -> Sent:
    return signed(club.device(), b"", "aaaaaaaaaaaa"), b""


def unsigned(club: Club) -> Sent:
    headers, body = good(club)
    return {"Content-Type": headers["Content-Type"]}, body


def forged(club: Club) -> Sent:
    headers, body = good(club)
    return {**headers, signing.SIGNATURE_HEADER: "A" * 86}, body


def display(club: Club) -> Sent:
    body = good(club)[1]
    return signed(club.device("tv-1"), body, "aaaaaaaaaaaa"), body


def from_the_future(club: Club) -> Sent:
    headers, body = good(club)
    return {**headers, signing.VERSION_HEADER: "999"}, body


CASES: list[Callable[[Club], Sent]] = [
    good,
    too_dear,
    without_pin,
    other_key,
    no_json,
    nothing,
    unsigned,
    forged,
    display,
    from_the_future,
]


def shortly(club: Club, sent: Sent) -> httpx.Response:
    return club.http.post(redeeming.PATH, headers=sent[0], content=sent[1])


def by_the_framework(club: Club, sent: Sent) -> httpx.Response:
    """In pieces, so that it does not say how long it is."""
    answer = club.http.post(redeeming.PATH, headers=sent[0], content=iter([sent[1]]))
    assert "content-length" not in answer.request.headers
    return answer


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
@pytest.mark.parametrize("ways", [(shortly, by_the_framework), (by_the_framework, shortly)], ids=["short", "long"])
def test_both_ways_answer_alike(
    club: Club, case: Callable[[Club], Sent], ways: tuple[Callable[[Club, Sent], httpx.Response], ...]
) -> None:
    sent = case(club)
    one, other = (way(club, sent) for way in ways)
    assert (one.status_code, one.content) == (other.status_code, other.content)
    assert set(one.headers) == set(other.headers)
    for name in ("content-type", "content-length"):
        assert one.headers[name] == other.headers[name]
    assert (one.status_code == 200) is (case is good)


def test_who_asks_when_nothing_can_be_done_is_told_when_to_come_back(
    club: Club, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(ask: object) -> object:
        raise errors.Unavailable("the database is away")

    monkeypatch.setattr(type(club.context.redeems), "submit", lambda _, ask: away(ask))
    sent = good(club)
    for way in (shortly, by_the_framework):
        answer = way(club, sent)
        assert (answer.status_code, answer.headers["retry-after"]) == (503, str(problems.RETRY_S))


def test_what_nobody_foresaw_is_told_by_a_reference_alone(
    club: Club, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def broken(ask: object) -> object:
        raise LookupError("a secret")

    monkeypatch.setattr(type(club.context.redeems), "submit", lambda _, ask: broken(ask))
    answer = shortly(club, good(club))
    assert answer.status_code == 500
    assert "secret" not in answer.text
    assert answer.json()["reference"] in caplog.text


def scope_of(**others: Any) -> Any:
    return {"type": "http", "method": "POST", "path": redeeming.PATH, "headers": [(b"content-length", b"5")], **others}


@pytest.mark.parametrize(
    "scope",
    [
        *(scope_of(headers=[(b"content-length", length)]) for length in (b"5000", b"99999", b"0", b"+5", b"x", b"")),
        scope_of(headers=[]),
        scope_of(headers=[(b"content-length", b"5"), (b"content-length", b"5")]),
        scope_of(method="GET"),
        scope_of(path="/v1/redemptions/"),
        scope_of(type="websocket"),
    ],
)
def test_what_is_unusual_is_left_to_the_framework(scope: Any) -> None:
    passed: list[Any] = []

    async def framework(scope: Scope, receive: Receive, send: Send) -> None:
        passed.append(scope)

    async def never(*message: Any) -> Any:
        raise AssertionError("expected nothing to be read or sent")

    asyncio.run(redeeming.PlainRedemptions(framework, None)(scope, never, never))  # type: ignore[arg-type]
    assert passed == [scope]


def test_nobody_is_answered_who_has_gone_in_the_middle() -> None:
    messages: list[Any] = [{"type": "http.request", "body": b"{", "more_body": True}, {"type": "http.disconnect"}]

    async def framework(scope: Scope, receive: Receive, send: Send) -> None:
        raise AssertionError("expected the shorter way")

    async def receive() -> Any:
        return messages.pop(0)

    async def never(message: Any) -> None:
        raise AssertionError("expected nothing to be sent")

    asyncio.run(redeeming.PlainRedemptions(framework, None)(scope_of(), receive, never))  # type: ignore[arg-type]
    assert not messages


def test_requests_are_counted_by_either_way(club: Club) -> None:
    def counted() -> float:
        labels = {"method": "POST", "route": redeeming.PATH}
        return REGISTRY.get_sample_value("club_request_seconds_count", labels) or 0

    before, sent = counted(), unsigned(club)
    for way in (shortly, by_the_framework):
        assert way(club, sent).headers["server-timing"].startswith("app;dur=")
    assert counted() == before + 2
