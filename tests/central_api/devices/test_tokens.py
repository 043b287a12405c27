"""A device gets a token for its signature over our challenge; it does for its own reads, and for nothing else (ADR 0014)."""

from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from central_api.devices import service as devices
from central_api.devices import tokens
from club.model import errors
from club.wire.cards import OpenCardSession
from club.wire.codec import encode
from club.wire.devices import AskToken, Challenge, Enrolled, Heartbeat, HeartbeatAnswer, Token
from tests.support.central import Club, Device, code_of, new_id, read


def a_challenge(device: Device, at: datetime | None = None) -> Challenge:
    return read(device.send("POST", "/v1/devices/challenges", at=at), Challenge)


def a_token(club: Club, device: Device) -> Token:
    return read(device.post("/v1/devices/tokens", AskToken(challenge=a_challenge(device).challenge)), Token)


def with_token(club: Club, token: str, method: str, target: str, body: bytes = b"", **more: Any) -> httpx.Response:
    headers = {"Authorization": f"Club {token}", **({"Content-Type": "application/json"} if body else {}), **more}
    return club.http.request(method, target, content=body, headers=headers)


def test_a_signed_challenge_gives_a_token_for_reads_and_heartbeats(club: Club) -> None:
    device = club.device("tv-1")
    token = a_token(club, device)
    assert token.expires_at - club.clock.now() <= tokens.TOKEN_LIFE
    found = read(with_token(club, token.token, "GET", "/v1/devices/self"), Enrolled)
    assert found.device_id == device.identity.device_id
    for target in ("/v1/snapshot", "/v1/displays/self/manifest", "/v1/devices/self/commands"):
        assert with_token(club, token.token, "GET", target).status_code == 200, target
    beat = encode(Heartbeat(version="0.1.0", at=club.clock.now()))
    assert read(with_token(club, token.token, "POST", "/v1/heartbeats", beat), HeartbeatAnswer).now == club.clock.now()


def test_a_device_whose_clock_is_wrong_by_years_gets_in_by_a_challenge(club: Club) -> None:
    device = club.device("tv-1")
    wrong = club.clock.now() - timedelta(days=3000)
    assert code_of(device.send("GET", "/v1/devices/self", at=wrong)) == "clock_skew"
    body = encode(AskToken(challenge=a_challenge(device, wrong).challenge))
    token = read(device.send("POST", "/v1/devices/tokens", body, at=wrong), Token)
    assert token.now == club.clock.now()
    assert with_token(club, token.token, "GET", "/v1/devices/self").status_code == 200


def test_a_token_moves_no_points_and_opens_no_card(club: Club) -> None:
    device = club.device()
    token = a_token(club, device).token
    wish = OpenCardSession(session_id=new_id(), evidence=club.card().tap(), tapped_at=club.clock.now())
    for method, target, body in (
        ("POST", "/v1/card-sessions", encode(wish)),
        ("POST", "/v1/redemptions", b"{}"),
        ("POST", "/v1/devices/self/keys", b"{}"),
        ("POST", "/v1/devices/self/commands/command-0001/answer", b'{"state": "done"}'),
    ):
        answer = with_token(club, token, method, target, body, **{"Idempotency-Key": "command-0001"})
        assert (answer.status_code, code_of(answer)) in ((401, "signature_wrong"), (400, "malformed")), target
    answer = with_token(club, token, "POST", "/v1/card-sessions", encode(wish))
    assert (answer.status_code, code_of(answer)) == (401, "signature_wrong")


def test_a_token_ends_with_its_time_its_device_and_its_key(club: Club) -> None:
    device = club.device("tv-1")
    token = a_token(club, device).token
    club.clock.forward(tokens.TOKEN_LIFE.total_seconds())
    assert code_of(with_token(club, token, "GET", "/v1/snapshot")) == "signature_wrong"
    token = a_token(club, device).token
    with club.context.db.write() as tx:
        devices.revoke(tx, device.identity.device_id, club.clock.now(), by="staff:1000")
    assert code_of(with_token(club, token, "GET", "/v1/snapshot")) == "device_revoked"


@pytest.mark.parametrize("spoilt", ["x", "", "t1", "t1....", "t1.a.b.1.c", "c1.a.1.b", "t1." + "a" * 500])
def test_texts_that_are_no_tokens_and_no_challenges_of_ours(club: Club, spoilt: str) -> None:
    keyring, now = club.context.keyring, club.clock.now()
    with pytest.raises(errors.SignatureWrong):
        tokens.read(keyring, spoilt, now)
    with pytest.raises(errors.SignatureWrong):
        tokens.must_be_challenge(keyring, spoilt, now)
    good, _ = tokens.token(keyring, "dev-1", "A" * 43, now)
    for at in range(len(good)):
        bad = good[:at] + ("0" if good[at] != "0" else "1") + good[at + 1 :]
        with pytest.raises(errors.SignatureWrong):
            tokens.read(keyring, bad, now)
    assert tokens.read(keyring, good, now).device == "dev-1"


def test_a_challenge_is_good_for_a_minute_and_only_for_whoever_signs_it(club: Club) -> None:
    device = club.device("tv-1")
    old = a_challenge(device)
    club.clock.forward(tokens.CHALLENGE_LIFE.total_seconds())
    assert code_of(device.post("/v1/devices/tokens", AskToken(challenge=old.challenge))) == "signature_wrong"
    stranger = club.new_device()
    fresh = a_challenge(device).challenge
    assert code_of(stranger.post("/v1/devices/tokens", AskToken(challenge=fresh))) == "device_unknown"
    token, _ = tokens.token(club.context.keyring, device.identity.device_id, "A" * 43, club.clock.now())
    assert code_of(device.post("/v1/devices/tokens", AskToken(challenge=token))) == "signature_wrong"
