"""The shorter way of a redemption answers as the framework does, whatever comes."""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
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

Headers = Mapping[str, str] | Sequence[tuple[str, str]]
Sent = tuple[Headers, bytes]


GOOD = ("good", "something_else")


def signed(device: Device, body: bytes, key: str) -> dict[str, str]:
    headers = device.identity.sign(method="POST", target=redeeming.PATH, body=body, at=device.clock.now(), key=key)
    return {**headers, "Content-Type": "application/json"}


def good(club: Club) -> tuple[dict[str, str], bytes]:
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


def no_text(club: Club) -> Sent:
    headers, body = good(club)
    return headers, body.replace(b'"reward":"', b'"reward":"\xff')


def something_else(club: Club) -> Sent:
    headers, body = good(club)
    return {**headers, "Content-Type": "text/plain"}, body


def beyond_ascii(club: Club) -> Sent:
    headers, body = good(club)
    return {**headers, signing.DEVICE_HEADER: "k\xfc"}, body


def two_devices(club: Club) -> Sent:
    headers, body = good(club)
    return [*headers.items(), (signing.DEVICE_HEADER, "another")], body


def two_devices_the_wrong_one_first(club: Club) -> Sent:
    headers, body = good(club)
    return [(signing.DEVICE_HEADER, "another"), *headers.items()], body


def unsigned(club: Club) -> Sent:
    return {"Content-Type": "application/json"}, good(club)[1]


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
    no_text,
    something_else,
    beyond_ascii,
    two_devices,
    two_devices_the_wrong_one_first,
    unsigned,
    forged,
    display,
    from_the_future,
]


def post(club: Club, sent: Sent, content: bytes | Iterator[bytes]) -> tuple[httpx.Response, int]:
    """The answer, and how many bodies were read before the framework saw them."""
    read: list[object] = []

    async def body(receive: Receive) -> bytes | None:
        read.append(receive)
        return await redeeming_body(receive)

    redeeming_body = redeeming._body
    headers = [
        (name.encode(), value.encode("latin-1"))
        for name, value in (sent[0].items() if isinstance(sent[0], Mapping) else sent[0])
    ]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(redeeming, "_body", body)
        return club.http.post(redeeming.PATH, headers=headers, content=content), len(read)


def shortly(club: Club, sent: Sent) -> httpx.Response:
    answer, read = post(club, sent, sent[1])
    assert read == 1
    return answer


def by_the_framework(club: Club, sent: Sent) -> httpx.Response:
    """In pieces, so that it does not say how long it is."""
    answer, read = post(club, sent, iter([sent[1]]))
    assert "content-length" not in answer.request.headers
    assert read == 0
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
    assert (one.status_code == 200) is (case.__name__ in GOOD)


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
        *(scope_of(headers=[(b"content-length", length)]) for length in (b"4097", b"99999", b"0", b"+5", b"x", b"")),
        scope_of(headers=[(b"content-length", b"5"), (b"transfer-encoding", b"chunked")]),
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
