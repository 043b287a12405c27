"""The service describes itself truly: OpenAPI 3.1, and whatever is sent, it never stumbles."""

import json
from typing import Any
from urllib.parse import urlencode

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.central import Club, Device

DEVICE_ROUTES = {
    "/v1/devices/enrol": "post",
    "/v1/devices/self": "get",
    "/v1/heartbeats": "post",
    "/v1/snapshot": "get",
    "/v1/sync": "get",
    "/v1/card-sessions": "post",
    "/v1/phone-sessions": "post",
    "/v1/code-sessions": "post",
    "/v1/card-sessions/{session_id}": "get",
    "/v1/step-ups": "post",
    "/v1/redemptions": "post",
    "/v1/offline-redemptions": "post",
    "/v1/consent-texts": "get",
    "/v1/members/registrations": "post",
    "/v1/members/activations": "post",
    "/v1/members/self/phone": "post",
    "/v1/displays/self/manifest": "get",
    "/v1/media/{sha256}": "get",
}


def description(club: Club) -> dict[str, Any]:
    found: dict[str, Any] = club.http.get("/openapi.json").json()
    return found


def test_the_description_names_every_route_of_devices_with_its_bodies(club: Club) -> None:
    found = description(club)
    assert found["openapi"] == "3.1.0"
    for path, method in DEVICE_ROUTES.items():
        assert method in found["paths"][path], path
    body = found["paths"]["/v1/redemptions"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    name = body["$ref"].rpartition("/")[2]
    quantity = found["components"]["schemas"][name]["properties"]["quantity"]
    assert (quantity["type"], quantity["minimum"], quantity["maximum"]) == ("integer", 1, 20)


def test_what_does_not_exist_is_a_problem_too(club: Club) -> None:
    for target in ("/no-such-path", "/v1/no-such-path"):
        answer = club.http.get(target)
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    answer = club.http.post("/healthz")
    assert (answer.status_code, answer.headers["content-type"]) == (405, "application/problem+json")


def test_health_and_figures_are_open_and_tell_nothing_of_members(club: Club) -> None:
    health = club.http.get("/healthz").json()
    assert (health["status"], health["database"]) == ("ok", "ok")
    assert health["feed"]["global"] > 0
    figures = club.http.get("/metrics").text
    assert "club_open_streams" in figures
    assert "m0001" not in figures


def test_what_nobody_foresaw_gives_a_reference_and_no_traceback(
    club: Club, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    device = club.device()

    def broken(*_: object) -> None:
        raise ZeroDivisionError("the inside of the service")

    monkeypatch.setattr("central_api.feed.service.snapshot", broken)
    answer = device.get("/v1/snapshot")
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (500, "club_error")
    assert "inside" not in answer.text
    assert f"reference {problem['reference']}" in caplog.text
    assert "ZeroDivisionError" in caplog.text


@settings(max_examples=25, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_whatever_a_device_sends_is_answered_and_never_with_a_fault_of_ours(
    fuzzed: Device, data: st.DataObject
) -> None:
    schema = schemathesis.openapi.from_dict(json.loads(fuzzed.http.get("/openapi.json").content))
    path = data.draw(st.sampled_from(sorted(DEVICE_ROUTES)))
    case = data.draw(schema[path][DEVICE_ROUTES[path].upper()].as_strategy())
    body = json.dumps(case.body).encode() if isinstance(case.body, dict | list | str | int) else b""
    query = urlencode({name: value for name, value in (case.query or {}).items() if str(value).isascii()})
    target = case.formatted_path + (f"?{query}" if query else "")
    answer = fuzzed.http.request(
        case.method,
        target,
        content=body,
        headers=fuzzed.identity.sign(
            method=case.method, target=target, body=body, at=fuzzed.clock.now(), key="key-00000001"
        ),
    )
    assert answer.status_code < 500, (target, body, answer.text)


@pytest.fixture
def fuzzed(club: Club) -> Device:
    """A device of a club that is used up by what is thrown at it."""
    return club.device()
