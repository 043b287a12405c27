"""Requests that no device of ours sends are refused by name, never by an accident of ours (X5)."""

import json

import pytest

from tests.support.central import Club, code_of

HEARTBEAT = {"version": "0.1.0", "at": "2026-05-16T06:32:00Z"}
TAP = {
    "session_id": "aaaaaaaaaaaa",
    "evidence": {"uid": "04BF3929190E8A", "family": "ntag424"},
    "tapped_at": "2026-05-16T06:32:00Z",
}


def test_a_version_of_thousands_of_digits_is_refused(club: Club) -> None:
    answer = club.http.get("/v1/devices/self", headers={"Club-Wire": "9" * 5000})
    assert (answer.status_code, code_of(answer)) == (400, "malformed")


def test_a_range_of_thousands_of_digits_is_no_range(club: Club) -> None:
    tv = club.device("tv-1")
    picture = next(club.demo.folder.glob("media/??/*")).name
    headers = tv.identity.sign(method="GET", target=f"/v1/media/{picture}", body=b"", at=club.clock.now())
    answer = club.http.get(f"/v1/media/{picture}", headers={**headers, "Range": "bytes=" + "9" * 5000 + "-"})
    assert answer.status_code == 200


@pytest.mark.parametrize(
    "change",
    [
        {"at": "2026-05-16T06:32:00"},
        {"version": "\0"},
        {"reader": "a\0b"},
        {"on_glass": {"what": "home", "since": "2026-05-16T06:32:00"}},
        {"on_glass": {"what": "home", "since": "0001-01-01T00:00:00+14:00"}},
        {"on_glass": {"what": "home", "since": "9999-12-31T23:59:59-14:00"}},
        {"manifest_revision": 2**63},
        {"outbox": 1.0},
    ],
)
def test_a_heartbeat_that_cannot_be_kept_is_malformed(club: Club, change: dict[str, object]) -> None:
    answer = club.device().send("POST", "/v1/heartbeats", json.dumps({**HEARTBEAT, **change}).encode())
    assert (answer.status_code, code_of(answer)) == (400, "malformed")


@pytest.mark.parametrize(
    "change",
    [
        {"session_id": "aaaaaaaaaaaa\n"},
        {"session_id": "aaaaaaaaaaaa\0"},
        {"evidence": {"uid": "04BF3929190E8A\n", "family": "ntag424"}},
        {"evidence": {"uid": "04BF3929190E8A", "family": "\0"}},
        {"tapped_at": "2026-05-16T06:32:00"},
    ],
)
def test_a_tap_that_cannot_be_kept_is_malformed(club: Club, change: dict[str, object]) -> None:
    answer = club.device().send("POST", "/v1/card-sessions", json.dumps({**TAP, **change}).encode())
    assert (answer.status_code, code_of(answer)) == (400, "malformed")


@pytest.mark.parametrize("path", ["%00", "aaaaaaaa%00", "%ff%fe", "a" * 64, "..%2f..%2fkeys.toml"])
def test_a_strange_session_is_no_session(club: Club, path: str) -> None:
    kiosk = club.device()
    answers = [kiosk.get(f"/v1/card-sessions/{path}"), kiosk.send("DELETE", f"/v1/card-sessions/{path}")]
    assert all(answer.status_code < 500 for answer in answers), [answer.text for answer in answers]
