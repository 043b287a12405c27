"""Taps written down and played again: the file's form, the recorder, and a real reader's tap (N1)."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import nfc
from nfc import families, pcsc
from nfc.evidence import Evidence
from nfc.protocol import errors
from nfc.transcript import BadTranscript, Recorder, Replay, Strayed, Transcript
from nfc.virtual import deck
from nfc.virtual.card import ATR_ISO14443_4, Card, UidOnly
from nfc.virtual.desfire import member_card as desfire_card
from nfc.virtual.replay import Recorded
from tests.support.rig import UID, CardRig, member_card

TEXT = """\
# a blank tag
atr 3B 81 80 01 80 80
> FF CA 00 00 00
< 04 A1 B2 C3 D4 E5 F6 90 00
> 00 A4 04 0C 07 D2 76 00 00 85 01 01 00
<
"""


def ask(card: Card, command: bytes) -> bytes:
    return card.transmit(command) or b""


def recorded(card: Card) -> tuple[Transcript, Evidence]:
    recorder = Recorder(partial(ask, card), card.atr, ["a tap"])
    evidence = families.read_evidence(recorder, card.atr)
    return recorder.transcript, evidence


def test_the_form_of_the_file() -> None:
    found = Transcript.parse(TEXT)
    assert found.atr == ATR_ISO14443_4
    assert found.remarks == ("a blank tag",)
    assert [len(answer) for _, answer in found.lines] == [9, 0]
    assert found.to_text() == TEXT


lines = st.lists(st.tuples(st.binary(min_size=1, max_size=40), st.binary(max_size=40)), max_size=8)


@given(st.binary(max_size=33), lines)
def test_what_is_written_is_read(atr: bytes, pairs: list[tuple[bytes, bytes]]) -> None:
    transcript = Transcript(atr, tuple(pairs), ("first", "second"))
    assert Transcript.parse(transcript.to_text()) == transcript


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("", "expected an 'atr' line"),
        ("atr 3B\n> 00", "an answer to every command"),
        ("> 00\n< 90 00", "line 1"),
        ("atr 3B\n< 90 00", "line 2"),
        ("atr 3B\n> 00\n> 01", "line 3"),
        ("atr 3B\natr 3B", "line 2"),
        ("atr 3Q", "line 1: expected hexadecimal"),
        ("card 3B", "line 1"),
    ],
)
def test_what_is_no_transcript_is_named_by_its_line(text: str, place: str) -> None:
    with pytest.raises(BadTranscript, match=place):
        Transcript.parse(text)


@pytest.mark.parametrize(
    "card", [member_card(), desfire_card(UID, bytes(16)), UidOnly(UID)], ids=["sun", "desfire", "uid"]
)
def test_a_tap_played_again_gives_the_same_evidence(card: Card) -> None:
    transcript, evidence = recorded(card)
    replay = Replay(Transcript.parse(transcript.to_text()))
    assert families.read_evidence(replay, transcript.atr) == evidence
    assert replay.left == 0


def test_a_card_that_left_is_played_as_one_that_left() -> None:
    with pytest.raises(errors.CardLeft):
        families.read_evidence(Replay(Transcript.parse(TEXT)), ATR_ISO14443_4)


def test_a_fault_of_the_reader_is_written_down_as_an_empty_answer() -> None:
    def broken(command: bytes) -> bytes:
        raise OSError("unplugged")

    recorder = Recorder(broken, ATR_ISO14443_4)
    with pytest.raises(OSError, match="unplugged"):
        recorder(b"\xff\xca")
    assert recorder.transcript.lines == ((b"\xff\xca", b""),)


def test_another_command_than_was_recorded_strays() -> None:
    with pytest.raises(Strayed, match="expected FF CA 00 00 00, found 00 A4"):
        Replay(Transcript.parse(TEXT))(b"\x00\xa4")
    with pytest.raises(Strayed, match="no further command"):
        Replay(Transcript(b"", ()))(b"\x00\xa4")


def test_a_transcript_can_be_told_without_the_cards_number() -> None:
    transcript, evidence = recorded(UidOnly(UID))
    told = transcript.pseudonymous(evidence.uid)
    assert UID.hex(" ").upper() not in told.to_text()
    again = families.read_evidence(Replay(told), told.atr)
    assert (len(again.uid), again.uid[0], again.uid == UID) == (7, UID[0], False)


def test_a_recorded_card_in_a_deck_is_tapped_like_any_other(tmp_path: Path) -> None:
    transcript, evidence = recorded(member_card())
    (tmp_path / "tap.txt").write_text(transcript.to_text(), encoding="utf-8")
    path = tmp_path / "cards.toml"
    path.write_text('[[card]]\nname = "old"\nkind = "transcript"\nfile = "tap.txt"\n', encoding="utf-8")
    card = deck.load(path)["old"]
    for _ in range(2):
        card.power_on()
        assert families.read_evidence(partial(ask, card), card.atr) == evidence


@pytest.mark.reader
def test_a_tap_on_a_reader_is_recorded_and_laid_there_again(rig: CardRig) -> None:
    rig.slot.insert(member_card())
    tap = rig.inbox.next(nfc.CardPresented)
    context = pcsc.open_context()
    try:
        with context.card(tap.reader) as transmit:
            recorder = Recorder(transmit, tap.evidence.atr)
            evidence = families.read_evidence(recorder, tap.evidence.atr)
    finally:
        context.release()
    rig.second.insert(Recorded(recorder.transcript))
    again = rig.inbox.next(nfc.CardPresented, reader=rig.pcscd.readers[1])
    assert again.evidence == evidence
