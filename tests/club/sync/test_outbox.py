"""The outbox: written before it is sent, the same bytes again, and gone from the disk once it was shown."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from club.model import errors
from club.sync.client import ApiClient, SignedRequest
from club.sync.outbox import Outbox
from club.sync.store import DeviceStore
from club.wire import codec
from club.wire.rewards import Redeem, Redeemed
from tests.club.sync import makers

MEMBER = "member-0001"


@pytest.fixture
def client(tmp_path: Path) -> ApiClient:
    return ApiClient("http://club.test", makers.an_identity(tmp_path), makers.a_clock())


def _add(store: DeviceStore, client: ApiClient, command: Redeem, points: int = 500) -> bool:
    return Outbox(store).add(command, client.prepare(command), member_id=MEMBER, hold_points=points, made_at=makers.NOW)


def _on_disk(store: DeviceStore) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(store.path.parent.iterdir()))


def test_the_intention_and_its_hold_are_one(store: DeviceStore, client: ApiClient) -> None:
    outbox = Outbox(store)
    assert _add(store, client, makers.a_redeem("command-0001"), 500)
    assert _add(store, client, makers.a_redeem("command-0002"), 700)
    assert [one.command_id for one in outbox.pending()] == ["command-0001", "command-0002"]
    assert outbox.held(MEMBER) == 1200
    assert outbox.held("somebody-else") == 0


def test_adding_again_changes_nothing_but_another_body_is_a_conflict(store: DeviceStore, client: ApiClient) -> None:
    command = makers.a_redeem("command-0001")
    assert _add(store, client, command)
    assert not _add(store, client, command)
    assert Outbox(store).held(MEMBER) == 500
    with pytest.raises(errors.IdempotencyConflict):
        _add(store, client, makers.a_redeem("command-0001", quantity=2))


def test_what_is_sent_again_after_a_restart_is_the_same_to_the_byte(store: DeviceStore, client: ApiClient) -> None:
    command = makers.a_redeem("command-0001")
    prepared = client.prepare(command)
    _add(store, client, command)
    again = DeviceStore(store.path)
    try:
        taken = Outbox(again).take("command-0001")
        assert taken == SignedRequest(prepared.method, prepared.target, dict(prepared.headers), prepared.body)
        assert [one.state for one in Outbox(again).pending()] == ["sent"]
    finally:
        again.close()


def test_settling_frees_the_hold_and_keeps_the_answer_until_it_was_shown(store: DeviceStore, client: ApiClient) -> None:
    outbox = Outbox(store)
    _add(store, client, makers.a_redeem("command-0001"))
    answer = makers.a_redeemed("command-0001")
    outbox.settle("command-0001", codec.encode(answer))
    assert outbox.held(MEMBER) == 0
    assert outbox.pending() == ()
    assert outbox.take("command-0001") is None
    assert outbox.answer("command-0001") == answer
    outbox.acknowledge("command-0001")
    assert outbox.answer("command-0001") is None


def test_a_refusal_comes_back_as_the_same_error(store: DeviceStore, client: ApiClient) -> None:
    outbox = Outbox(store)
    _add(store, client, makers.a_redeem("command-0001"))
    outbox.refuse("command-0001", errors.NotEnoughPoints("expected 500", balance=300, price=500))
    found = outbox.answer("command-0001")
    assert isinstance(found, errors.NotEnoughPoints)
    assert dict(found.facts) == {"balance": 300, "price": 500}
    assert outbox.held(MEMBER) == 0


def test_nothing_of_an_answered_command_stays_on_the_disk_k13(store: DeviceStore, client: ApiClient) -> None:
    outbox = Outbox(store)
    for number in range(1, 4):
        _add(store, client, makers.a_redeem(f"command-000{number}"))
    for number in range(1, 3):
        answer = makers.a_redeemed(f"command-000{number}", code=f"SHOWN000{number}0")
        outbox.settle(f"command-000{number}", codec.encode(answer))
    assert b"SHOWN00010" in _on_disk(store)

    outbox.acknowledge("command-0001")
    assert b"SHOWN00010" not in _on_disk(store)
    assert b"SHOWN00020" in _on_disk(store)

    outbox.forget_answered()
    left = _on_disk(store)
    for trace in (b"SHOWN", b"command-0001", b"command-0002", "精洗".encode()):
        assert trace not in left
    assert [one.command_id for one in outbox.pending()] == ["command-0003"]


def test_an_unsettled_command_cannot_be_acknowledged_away_x1(store: DeviceStore, client: ApiClient) -> None:
    outbox = Outbox(store)
    _add(store, client, makers.a_redeem("command-0001"))
    outbox.acknowledge("command-0001")
    outbox.forget_answered()
    assert len(outbox.pending()) == 1


def test_a_new_signature_keeps_body_and_key(store: DeviceStore, client: ApiClient) -> None:
    outbox = Outbox(store)
    _add(store, client, makers.a_redeem("command-0001"))
    before = outbox.take("command-0001")
    command = outbox.command("command-0001")
    assert before is not None
    assert command == makers.a_redeem("command-0001")
    outbox.resign("command-0001", {**before.headers, "Club-Signed-At": "2026-05-16T07:00:00.000+00:00"})
    after = outbox.take("command-0001")
    assert after is not None
    assert after.body == before.body
    assert after.headers["Idempotency-Key"] == before.headers["Idempotency-Key"]
    assert after.headers["Club-Signed-At"] != before.headers["Club-Signed-At"]


@settings(max_examples=20)  # each makes a database
@given(answers=st.lists(st.sampled_from(["settle", "refuse", "leave"]), min_size=1, max_size=6))
def test_held_points_are_those_of_open_commands_whatever_was_answered(
    tmp_path_factory: pytest.TempPathFactory, answers: list[str]
) -> None:
    folder = tmp_path_factory.mktemp("outbox")
    store = DeviceStore(folder / "device.db")
    try:
        client = ApiClient("http://club.test", makers.an_identity(folder), makers.a_clock())
        outbox = Outbox(store)
        for number, end in enumerate(answers):
            command = makers.a_redeem(f"command-{number:04d}")
            _add(store, client, command, 100 + number)
            if end == "settle":
                outbox.settle(command.command_id, codec.encode(makers.a_redeemed(command.command_id)))
            elif end == "refuse":
                outbox.refuse(command.command_id, errors.OutOfStock())
        left = [100 + number for number, end in enumerate(answers) if end == "leave"]
        assert outbox.held(MEMBER) == sum(left)
        assert len(outbox.pending()) == len(left)
        kinds = [type(outbox.answer(f"command-{number:04d}")) for number in range(len(answers))]
        named = {"settle": Redeemed, "refuse": errors.OutOfStock, "leave": type(None)}
        assert kinds == [named[end] for end in answers]
    finally:
        store.close()
