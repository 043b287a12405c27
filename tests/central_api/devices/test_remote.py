"""Staff ask, the device is told, does it and answers: once, from a closed list, on the record (C9)."""

from io import BytesIO

import pytest
from PIL import Image
from sqlalchemy import select

from central_api.background import tend_devices
from central_api.devices import remote, repository
from central_api.devices import service as devices
from central_api.feed.notes import Closed, CommandHint
from central_api.staff.tables import audit
from club.model import errors
from club.wire.devices import CommandAnswer, CommandAnswered, DeviceCommands, Heartbeat, HeartbeatAnswer
from tests.support.central import Club, Device, code_of, read


def ask(club: Club, device: Device, kind: str = "reload", command_id: str = "command-0001") -> None:
    with club.context.db.write() as tx:
        remote.ask(tx, device.identity.device_id, kind, command_id=command_id, by="staff:1001", now=club.clock.now())


def waiting(device: Device) -> list[tuple[str, str]]:
    found = read(device.get("/v1/devices/self/commands"), DeviceCommands)
    return [(command.command_id, command.kind) for command in found.commands]


def answer(device: Device, state: str = "done", command_id: str = "command-0001", detail: str = "") -> str:
    said = CommandAnswer(state=state, detail=detail)  # type: ignore[arg-type]
    return read(device.post(f"/v1/devices/self/commands/{command_id}/answer", said), CommandAnswered).state


def state(club: Club, command_id: str = "command-0001") -> str:
    with club.context.db.read() as tx:
        return str(repository.command(tx, command_id).state)


def test_a_command_is_pushed_fetched_answered_and_on_the_record(club: Club) -> None:
    device, told = club.device("tv-1"), list[object]()
    name = device.identity.device_id
    club.context.db.after_commit(told.extend)
    ask(club, device, "identify")
    assert told == [CommandHint(name, 1)]
    beat = Heartbeat(version="0.1.0", at=club.clock.now())
    assert read(device.post("/v1/heartbeats", beat), HeartbeatAnswer).commands == 1, "a lost push costs half a minute"
    assert waiting(device) == waiting(device) == [("command-0001", "identify")]
    assert [answer(device), answer(device), answer(device, "refused")] == ["done"] * 3, "it ended once"
    assert waiting(device) == []
    assert read(device.post("/v1/heartbeats", beat), HeartbeatAnswer).commands == 0
    with club.context.db.read() as tx:
        rows = tx.rows(select(audit).where(audit.c.act.like("device.command%")).order_by(audit.c.id))
    assert [(row.actor, row.act, row.subject, row.facts["kind"]) for row in rows] == [
        ("staff:1001", "device.command", "place:tv-1", "identify"),
        (f"device:{name}", "device.command-done", "place:tv-1", "identify"),
    ]


def test_the_same_id_asks_once_and_never_for_something_else(club: Club) -> None:
    device, other = club.device("tv-1"), club.device("tv-2")
    ask(club, device)
    ask(club, device)
    assert waiting(device) == [("command-0001", "reload")]
    for whom, kind in ((device, "wipe"), (other, "reload")):
        with pytest.raises(errors.IdempotencyConflict):
            ask(club, whom, kind)
    answer(device, "refused", detail="not while a member is signed in")
    ask(club, device)
    assert waiting(device) == [], "asked again after it ended, it stays ended"


def test_the_list_is_closed(club: Club) -> None:
    device = club.device("tv-1")
    for kind in ("shell", "", "reload; reboot", "open https://example.invalid"):
        with pytest.raises(errors.Malformed):
            ask(club, device, kind)
    with pytest.raises(errors.NotFound), club.context.db.write() as tx:
        remote.ask(tx, "nobody-at-all", "reload", command_id="command-0001", by="staff:1001", now=club.clock.now())
    for number in range(20):
        ask(club, device, "identify", f"command-{number:04d}")
    with pytest.raises(errors.Unavailable, match="fewer than 20"):
        ask(club, device, "identify", "command-0020")


def test_what_nobody_fetches_in_time_is_over_and_a_wipe_waits_a_month(club: Club) -> None:
    device = club.device("tv-1")
    ask(club, device, "screen-off")
    ask(club, device, "wipe", "command-0002")
    club.clock.forward(remote.LIFE.total_seconds())
    assert waiting(device) == [("command-0002", "wipe")]
    tend_devices(club.context)
    assert (state(club), state(club, "command-0002")) == ("expired", "open")
    assert answer(device) == "expired", "too late changes nothing"
    club.clock.forward(remote.WIPE_LIFE.total_seconds())
    tend_devices(club.context)
    assert state(club, "command-0002") == "expired"


def test_an_answer_after_its_time_changes_nothing_also_where_nobody_has_looked_since(club: Club) -> None:
    device = club.device("tv-1")
    ask(club, device, "restart-app")
    club.clock.forward(remote.LIFE.total_seconds())
    assert answer(device) == "expired", "the service was away, perhaps, and has not tended its devices yet"
    assert state(club) == "expired"


def test_nobody_answers_for_another_device(club: Club) -> None:
    device, other = club.device("tv-1"), club.device("tv-2")
    ask(club, device)
    said = CommandAnswer(state="done")
    for command_id in ("command-0001", "command-0002"):
        answered = other.post(f"/v1/devices/self/commands/{command_id}/answer", said)
        assert (answered.status_code, code_of(answered)) == (404, "not_found")
    assert state(club) == "open"


def test_a_device_that_is_shut_out_is_told_nothing_more_and_its_streams_end(club: Club) -> None:
    device, told = club.device("tv-1"), list[object]()
    ask(club, device)
    club.context.db.after_commit(told.extend)
    with club.context.db.write() as tx:
        devices.revoke(tx, device.identity.device_id, club.clock.now(), by="staff:1000")
    assert told == [Closed(device.identity.device_id)]
    assert state(club) == "cancelled"


def a_picture(kind: str = "PNG", size: tuple[int, int] = (64, 36)) -> bytes:
    written = BytesIO()
    Image.new("RGB", size, "#14532D").save(written, kind)
    return written.getvalue()


def bring(device: Device, data: bytes, command_id: str = "command-0001") -> int:
    return device.send("POST", f"/v1/devices/self/commands/{command_id}/picture", data).status_code


@pytest.mark.parametrize(("kind", "media_type"), [("PNG", "image/png"), ("JPEG", "image/jpeg")])
def test_a_picture_of_the_screen_is_kept_for_a_day_and_looking_is_on_the_record(
    club: Club, kind: str, media_type: str
) -> None:
    device, data = club.device("tv-1"), a_picture(kind)
    name = device.identity.device_id
    ask(club, device, "screenshot")
    assert [bring(device, data), bring(device, a_picture(kind, (32, 18)))] == [204, 204]
    answer(device)
    with club.context.db.write() as tx:
        found = remote.shot(tx, name, "command-0001", by="staff:1001", now=club.clock.now())
        assert remote.shot(tx, "another-device", "command-0001", by="staff:1001", now=club.clock.now()) is None
    assert (found.media_type, bytes(found.picture)) == (media_type, data), "the first one stays"
    with club.context.db.read() as tx:
        looked = tx.rows(select(audit).where(audit.c.act == "device.look"))
    assert [(row.actor, row.subject) for row in looked] == [("staff:1001", f"device:{name}")]
    club.clock.forward(remote.SHOT_LIFE.total_seconds() + 1)
    tend_devices(club.context)
    with club.context.db.read() as tx:
        assert repository.shot(tx, "command-0001") is None


def test_only_pictures_that_were_asked_for_are_taken(club: Club) -> None:
    device = club.device("tv-1")
    ask(club, device, "reload")
    ask(club, device, "screenshot", "command-0002")
    assert bring(device, a_picture()) == 404
    assert bring(device, b"GIF89a" + b"\0" * 50, "command-0002") == 400
    assert bring(device, b"", "command-0002") == 400
    assert bring(device, a_picture("PNG", (9000, 10)), "command-0002") == 400
    assert bring(device, b"\x89PNG" + b"\0" * remote.LARGEST_SHOT, "command-0002") == 413
    answer(device, command_id="command-0002")
    assert bring(device, a_picture(), "command-0002") == 404, "it is over"
