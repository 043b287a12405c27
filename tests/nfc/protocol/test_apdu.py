"""APDUs, status words and chained answers, with the traps of two-byte answers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nfc.protocol import apdu, errors
from tests.nfc.transcript import Transcript

READ = apdu.Command(0x00, 0xB0, le=16)


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        (apdu.Command(0x00, 0xA4), "00A40000"),
        (apdu.Command(0xFF, 0xCA, le=256), "FFCA000000"),
        (apdu.Command(0x00, 0xB0, 0x01, 0x02, le=16), "00B0010210"),
        (apdu.Command(0x00, 0xA4, 0x00, 0x0C, b"\xe1\x04"), "00A4000C02E104"),
        (apdu.Command(0x90, 0x71, data=b"\x00\x00", le=256), "9071000002000000"),
    ],
)
def test_commands_in_all_four_cases(command: apdu.Command, expected: str) -> None:
    assert command.to_bytes().hex().upper() == expected


@given(st.tuples(*[st.integers(0, 255)] * 4), st.binary(max_size=255), st.one_of(st.none(), st.integers(1, 256)))
def test_a_command_is_read_as_it_is_written(header: tuple[int, int, int, int], data: bytes, le: int | None) -> None:
    command = apdu.Command(*header, data, le)
    assert apdu.Command.parse(command.to_bytes()) == command


@pytest.mark.parametrize("raw", ["", "00A404", "00A4040002AA", "00A4040001AABBCC", "00A404000000AA"])
def test_bytes_that_are_no_command_are_refused(raw: str) -> None:
    with pytest.raises(ValueError, match="expected"):
        apdu.Command.parse(bytes.fromhex(raw))


@pytest.mark.parametrize(
    "wrong", [{"ins": 256}, {"ins": -1}, {"ins": 0, "data": bytes(256)}, {"ins": 0, "le": 0}, {"ins": 0, "le": 257}]
)
def test_a_command_that_does_not_fit_is_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="found"):
        apdu.Command(0x00, **wrong)  # type: ignore[arg-type]  # one case gives bytes


@pytest.mark.parametrize("raw", [b"", b"\x90"])
def test_an_answer_without_status_means_the_card_left(raw: bytes) -> None:
    with pytest.raises(errors.CardLeft, match=f"found {len(raw)}"):
        apdu.Response.parse(raw)


@pytest.mark.parametrize(
    ("sw", "kind"),
    [
        (0x6982, errors.NotAuthorised),
        (0x63C2, errors.NotAuthorised),
        (0x6983, errors.TooManyFailures),
        (0x91AD, errors.TooManyFailures),
        (0x91AE, errors.WrongKey),
        (0x6A82, errors.NotFound),
        (0x6D00, errors.NotSupported),
        (0x911C, errors.NotSupported),
        (0x6C10, errors.WrongLength),
        (0x6F00, errors.StatusError),
    ],
)
def test_a_refusal_has_a_name_and_keeps_its_word(sw: int, kind: type[errors.StatusError]) -> None:
    with pytest.raises(kind, match=f"{sw:04X}") as refusal:
        apdu.Response(b"", sw).require()
    assert type(refusal.value) is kind
    assert refusal.value.sw == sw


def test_more_data_are_fetched() -> None:
    card = Transcript(
        ("00 B0 00 00 10", "01 02 61 02"),  # two bytes, two more wait
        ("00 C0 00 00 02", "03 04 90 00"),  # GET RESPONSE
    )
    assert apdu.exchange(card, READ).require() == bytes.fromhex("01020304")
    assert card.left == 0


def test_native_frames_are_joined() -> None:
    card = Transcript(
        ("90 60 00 00 00", "01 91 AF"),
        ("90 AF 00 00 00", "02 91 AF"),
        ("90 AF 00 00 00", "03 91 00"),
    )
    assert apdu.exchange(card, apdu.Command(0x90, 0x60, le=256)) == apdu.Response(b"\x01\x02\x03", 0x9100)


def test_a_wrong_le_is_corrected_once() -> None:
    card = Transcript(("00 B0 00 00 10", "6C 02"), ("00 B0 00 00 02", "AA BB 90 00"))
    assert apdu.exchange(card, READ).require() == b"\xaa\xbb"


def test_a_card_that_corrects_for_ever_is_refused() -> None:
    card = Transcript(("00 B0 00 00 10", "6C 02"), ("00 B0 00 00 02", "6C 03"))
    with pytest.raises(errors.WrongLength):
        apdu.exchange(card, READ).require()


@pytest.mark.parametrize("more", ["61FF", "91AF"])
def test_a_card_that_never_ends_is_stopped(more: str) -> None:
    asked = 0

    def endless(command: bytes) -> bytes:
        nonlocal asked
        asked += 1
        return bytes(255) + bytes.fromhex(more)

    with pytest.raises(errors.EndlessAnswer):
        apdu.exchange(endless, READ)
    assert asked == apdu.MAX_LINKS


@given(st.lists(st.binary(max_size=300), min_size=1, max_size=80))
def test_no_answers_break_an_exchange(answers: list[bytes]) -> None:
    script = iter(answers)
    try:
        response = apdu.exchange(lambda _: next(script, b""), READ)
    except (errors.CardLeft, errors.EndlessAnswer):
        return
    assert 0 <= response.sw <= 0xFFFF
