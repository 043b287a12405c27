"""No route of devices runs before its caller is proved: not by forgetting, not by a wrong name, not by a wrong key."""

from collections.abc import Callable
from typing import Any

import pytest
from litestar import Litestar, get
from litestar.exceptions import ImproperlyConfiguredException

from central_api.context import Served
from central_api.device_api import cards, history, orders, routes, screens, staff_mode
from central_api.device_api.caller import (
    EnrolledDevice,
    Kiosk,
    all_proved,
    for_commands,
    for_devices,
    for_gathered_commands,
    for_kiosks,
)
from central_api.devices import repository
from central_api.devices import service as devices
from central_api.lane import Lane
from club.wire.codec import decode, encode
from club.wire.rewards import Redeem
from club.wire.signing import DEVICE_HEADER, KEY_HEADER
from tests.support.central import Club, a_redeem, code_of

JSON = {"Content-Type": "application/json"}
OPEN_TO_STRANGERS = {
    "/devices/enrol",  # signed too, with the key they bring
    "/devices/pairings",
}
BODIES = {
    "/v1/heartbeats": b'{"version":"1","at":"2026-05-16T06:32:00Z"}',
    "/v1/card-sessions": b'{"session_id":"aaaaaaaaaaaa","evidence":{"uid":"04BF3929190E8A","family":"ntag424"},'
    b'"tapped_at":"2026-05-16T06:32:00Z"}',
    "/v1/phone-sessions": b'{"session_id":"aaaaaaaaaaaa","phone":"13800000000","pin":"123456"}',
    "/v1/code-sessions": b'{"session_id":"aaaaaaaaaaaa","code":"00112233445566778899AABBCCDDEEFF"}',
    "/v1/staff-sessions": b'{"session_id":"aaaaaaaaaaaa","evidence":{"uid":"04BF3929190E8A","family":"ntag424"},"pin":"123456"}',
    "/v1/staff-sessions/session_id/members": b'{"query":"0001"}',
    "/v1/staff-sessions/session_id/issues": b'{"issue_id":"aaaaaaaaaaaa","member_id":"m0001","uid":"04BF3929190E8A",'
    b'"identity":"id-card"}',
    "/v1/staff-sessions/session_id/issues/issue_id/end": b'{"run_id":"aaaaaaaaaaaa"}',
    "/v1/staff-sessions/session_id/issues/issue_id/drop": b'{"reason":"other-kind"}',
    "/v1/staff-sessions/session_id/pins": b'{"card_id":"c","pin":"493817","again":"493817","identity":"id-card"}',
    "/v1/staff-sessions/session_id/cards": b'{"card_id":"c","act":"block","identity":"id-card"}',
    "/v1/step-ups": b'{"command_id":"aaaaaaaaaaaa","session_id":"aaaaaaaaaaaa","body_sha256":"' + b"0" * 64 + b'",'
    b'"pin":"123456"}',
    "/v1/redemptions": b'{"command_id":"aaaaaaaaaaaa","session_id":"aaaaaaaaaaaa","reward":"x","quantity":1,'
    b'"unit_points":1}',
    "/v1/devices/challenges": b"",
    "/v1/devices/tokens": b'{"challenge":"c1.a.1.b"}',
    "/v1/devices/self/keys": b'{"public_key":"' + b"A" * 43 + b'","proof":"' + b"A" * 86 + b'"}',
    "/v1/devices/self/commands/command_id/answer": b'{"state":"done"}',
    "/v1/devices/self/commands/command_id/picture": b"x",
}
"""What each route that takes a body can read: it is read before its sender is proved."""


def test_a_route_that_takes_a_device_without_its_proof_keeps_the_service_from_starting() -> None:
    @get("/kiosk", sync_to_thread=False)
    def forgotten(kiosk: Kiosk) -> str:
        return kiosk.id

    @get("/device", sync_to_thread=False)
    def forgotten_too(device: EnrolledDevice) -> str:
        return device.id

    for route in (forgotten, forgotten_too):
        with pytest.raises(ImproperlyConfiguredException):
            Litestar([route])


def test_a_proof_for_another_caller_than_the_route_takes_is_refused_at_once() -> None:
    def of_a_kiosk(context: Served, kiosk: Kiosk) -> None: ...

    def of_a_device(context: Served, device: EnrolledDevice) -> None: ...

    with pytest.raises(TypeError, match="expected a parameter 'device'"):
        for_devices(of_a_kiosk)
    proofs: list[Callable[..., Any]] = [for_kiosks, for_commands, for_gathered_commands]
    for proof in proofs:
        with pytest.raises(TypeError, match="expected a parameter 'kiosk'"):
            proof(of_a_device)


def test_a_route_that_proves_nobody_keeps_the_service_from_starting_unless_it_is_named() -> None:
    @get("/open", sync_to_thread=False)
    def careless(context: Served) -> str:
        return context.settings.programme.slug

    @get("/closed")
    @for_devices
    def careful(context: Served, device: EnrolledDevice) -> str:
        return device.id

    with pytest.raises(TypeError, match=r"@for_devices.* on .*careless, found none"):
        all_proved([careful, careless], besides=[])
    assert all_proved([careful, careless], besides=[careless]) == [careful, careless]


def test_every_route_of_devices_refuses_who_did_not_sign(club: Club) -> None:
    handlers: list[Any] = [
        *routes.handlers,
        *orders.handlers,
        *cards.handlers,
        *history.handlers,
        *screens.handlers,
        *staff_mode.handlers,
    ]
    asked = 0
    for handler in handlers:
        for path in handler.paths - OPEN_TO_STRANGERS:
            for method in handler.http_methods - {"OPTIONS", "HEAD"}:
                target = "/v1" + path.replace(":str", "").replace("{", "").replace("}", "")
                body = BODIES[target] if method == "POST" else None
                answer = club.http.request(method, target, content=body, headers=JSON if body else {})
                assert (answer.status_code, code_of(answer)) == (401, "device_unknown"), path
                asked += 1
    assert asked == len(handlers) - len(OPEN_TO_STRANGERS)


@pytest.mark.parametrize("path", BODIES)
def test_a_body_is_answered_for_no_signature_but_its_own(club: Club, path: str) -> None:
    kiosk, other = club.device("kiosk-1"), club.device("kiosk-2")
    body = BODIES[path]
    signed = kiosk.identity.sign(method="POST", target=path, body=body, at=club.clock.now(), key="aaaaaaaaaaaa")
    forged = {**signed, "Club-Device": other.identity.device_id}
    for headers in (forged, {**signed, KEY_HEADER: "bbbbbbbbbbbb"}):
        answer = club.http.post(path, content=body, headers={**headers, **JSON})
        assert (answer.status_code, code_of(answer)) == (401, "signature_wrong")


def test_a_tap_is_proved_and_answered_in_one_job(club: Club, monkeypatch: pytest.MonkeyPatch) -> None:
    kiosk, run = club.device(), Lane.run
    jobs: list[Callable[[], Any]] = []

    async def counted(lane: Lane, job: Callable[[], Any]) -> Any:
        jobs.append(job)
        return await run(lane, job)

    monkeypatch.setattr(Lane, "run", counted)
    assert kiosk.open(club.card().tap()).status_code == 200
    assert len(jobs) == 1


def test_a_kept_device_that_is_revoked_redeems_nothing_from_that_commit_on(club: Club) -> None:
    device = club.device()
    session = device.session(club.card())
    assert device.redeem(club.granted(device, a_redeem(session))).status_code == 200
    command, first = club.granted(device, a_redeem(session, "detail-wash", 600)), device.identity.device_id
    with club.context.db.write() as tx:
        devices.revoke(tx, first, club.clock.now(), by="staff:1000")
    for _ in range(2):
        assert code_of(device.redeem(command)) == "device_revoked"


def test_a_kept_device_that_has_a_new_key_is_known_by_that_alone(club: Club) -> None:
    device, other = club.device(), club.device("kiosk-2")
    session = device.session(club.card())
    assert device.redeem(club.granted(device, a_redeem(session))).status_code == 200
    command = club.granted(device, a_redeem(session, "detail-wash", 600))
    with club.context.db.write() as tx:
        repository.change_device(tx, device.identity.device_id, {"public_key": other.identity.public_key})
    assert code_of(device.redeem(command)) == "signature_wrong"
    with club.context.db.write() as tx:
        repository.change_device(tx, device.identity.device_id, {"public_key": device.identity.public_key})
    assert device.redeem(command).status_code == 200


def test_a_kept_device_proves_each_command_anew(club: Club) -> None:
    device, other = club.device(), club.device("kiosk-2")
    session = device.session(club.card())
    assert device.redeem(club.granted(device, a_redeem(session))).status_code == 200
    body = encode(a_redeem(session, "detail-wash", 600))
    key = decode(body, Redeem).command_id
    signed = other.identity.sign(method="POST", target="/v1/redemptions", body=body, at=club.clock.now(), key=key)
    headers = {**JSON, **signed, DEVICE_HEADER: device.identity.device_id}
    for _ in range(2):
        assert code_of(club.http.post("/v1/redemptions", content=body, headers=headers)) == "signature_wrong"
