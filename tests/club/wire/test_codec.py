"""The codec: what goes out comes back, and nothing that is only nearly right gets in (X3)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from club.model import errors
from club.wire import codec
from club.wire.cards import Evidence, StepUp
from club.wire.changes import Change, SyncAnswer
from club.wire.rewards import Redeem, Redeemed, step_up_digest
from tests.club.sync import makers

_ids = st.from_regex(r"[A-Za-z0-9_-]{8,64}", fullmatch=True)
_slugs = st.from_regex(r"[a-z0-9][a-z0-9-]{0,63}", fullmatch=True)
_redeems = st.builds(
    Redeem,
    command_id=_ids,
    session_id=_ids,
    reward=_slugs,
    quantity=st.integers(1, 20),
    unit_points=st.integers(0, 1_000_000_000),
    grant=st.none() | _ids,
)
GOOD = codec.encode(makers.a_redeem("command-0001"))


@given(command=_redeems)
def test_a_command_comes_back_and_the_same_value_gives_the_same_bytes(command: Redeem) -> None:
    body = codec.encode(command)
    assert codec.decode(body, Redeem) == command
    assert codec.encode(codec.decode(body, Redeem)) == body


@given(junk=st.binary(min_size=1, max_size=3), at=st.integers(0, len(GOOD)))
def test_junk_in_the_middle_is_malformed_or_read(junk: bytes, at: int) -> None:
    body = GOOD[:at] + junk + GOOD[at:]
    try:
        codec.decode(body, Redeem)
    except errors.Malformed:
        return
    assert body.decode("utf-8"), "what is read is UTF-8 throughout"


def test_a_text_that_is_no_utf_8_is_malformed() -> None:
    with pytest.raises(errors.Malformed, match="expected Redeem"):
        codec.decode(GOOD.replace(b'"reward":"', b'"reward":"\xff'), Redeem)


@given(body=st.binary(max_size=200))
def test_junk_is_malformed_and_nothing_else(body: bytes) -> None:
    with pytest.raises(errors.Malformed, match="expected Redeem"):
        codec.decode(body, Redeem)


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        (b'"quantity":1', b'"quantity":2.0'),
        (b'"quantity":1', b'"quantity":true'),
        (b'"quantity":1', b'"quantity":"1"'),
        (b'"quantity":1', b'"quantity":0'),
        (b'"quantity":1', b'"quantity":21'),
        (b'"unit_points":500', b'"unit_points":-1'),
        (b'"unit_points":500', b'"unit_points":1000000001'),
        (b'"unit_points":500', b'"unit_points":1e3'),
        (b'"reward":"car-wash"', b'"reward":"Car Wash"'),
        (b'"reward":"car-wash"', b'"reward":"../etc"'),
        (b'"command_id":"command-0001"', b'"command_id":"short"'),
        (b'"quantity":1', b'"quantity":1,"discount":100'),
        (b'"quantity":1,', b""),
    ],
)
def test_numbers_are_bounded_and_strict_and_unknown_fields_refused(good: bytes, bad: bytes) -> None:
    assert codec.decode(GOOD, Redeem).quantity == 1
    assert good in GOOD
    with pytest.raises(errors.Malformed):
        codec.decode(GOOD.replace(good, bad), Redeem)


@pytest.mark.parametrize("pin", ["40721", "4072188", "40721x", "４０７２１８", ""])
def test_a_pin_is_six_digits(pin: str) -> None:
    body = b'{"command_id":"command-0001","session_id":"session-0001","body_sha256":"%b","pin":"%b"}'
    assert codec.decode(body % (b"0" * 64, b"407218"), StepUp).pin == "407218"
    with pytest.raises(errors.Malformed):
        codec.decode(body % (b"0" * 64, pin.encode()), StepUp)


@pytest.mark.parametrize(
    ("uid", "good"),
    [("04A1B2C3", True), ("04A1B2C3D4E5F6", True), ("04A1B2C3D4E5F607", True), ("04a1b2c3", False), ("04A1B2", False)],
)
def test_a_uid_has_the_length_of_a_card(uid: str, good: bool) -> None:
    body = codec.encode({"uid": uid, "family": "ntag424"})
    if good:
        assert codec.decode(body, Evidence).uid == uid
    else:
        with pytest.raises(errors.Malformed):
            codec.decode(body, Evidence)


def test_a_device_one_version_behind_reads_a_newer_answer() -> None:
    body = codec.encode(makers.a_redeemed("command-0001"))
    newer = body[:-1] + b',"carbon_saved_g":12}'
    assert codec.decode(newer, Redeemed) == makers.a_redeemed("command-0001")


def test_a_change_carries_its_entity_whole_or_says_that_it_is_gone() -> None:
    rows = (
        makers.a_change("store-east", 1, "reward", "wash", makers.a_reward("wash")),
        makers.a_change("store-east", 2, "reward", "wash", None),
    )
    answer = SyncAnswer(epoch="e1", now=makers.NOW, cursors={"store-east": 2}, changes=rows)
    came = codec.decode(codec.encode(answer), SyncAnswer).changes
    assert [type(row) for row in came] == [Change, Change]
    assert bytes(came[0].payload) == codec.encode(makers.a_reward("wash"))
    assert [row.is_gone for row in came] == [False, True]


@given(command=_redeems, other=_redeems, grant=_ids)
def test_the_pin_is_bound_to_the_command_without_its_grant(command: Redeem, other: Redeem, grant: str) -> None:
    bare = Redeem(**{name: getattr(command, name) for name in command.__struct_fields__} | {"grant": None})
    granted = Redeem(**{name: getattr(command, name) for name in command.__struct_fields__} | {"grant": grant})
    assert step_up_digest(bare) == step_up_digest(granted) == step_up_digest(command)
    same = all(getattr(command, name) == getattr(other, name) for name in command.__struct_fields__ if name != "grant")
    assert (step_up_digest(command) == step_up_digest(other)) == same
