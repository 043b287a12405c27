import nfc
from kiosk_app.work.taps import Taps

UID, OTHER = bytes.fromhex("04A1B2C3D4E5F6"), bytes.fromhex("04112233445566")
ONE, TWO = "Reader 00 00", "Reader 00 01"


def evidence(uid: bytes = UID) -> nfc.Evidence:
    return nfc.Evidence(uid, nfc.Family.NTAG424, nfc.Assurance.UID, None, b"")


def test_a_tap_is_known_until_it_is_forgotten_and_then_nothing_of_its_card_is_left() -> None:
    taps = Taps()
    taps.tapped("tap-1", ONE, evidence())
    taps.tapped("tap-2", ONE, evidence())
    found = taps.get("tap-1")
    assert found is not None
    assert (found.reader, found.evidence.uid) == (ONE, UID)
    assert repr(UID) not in repr(found)
    taps.forget("tap-1")
    taps.forget("never there")
    assert (taps.get("tap-1"), len(taps)) == (None, 1)
    taps.forget("tap-2")
    assert len(taps) == 0


def test_only_another_card_on_the_same_reader_says_that_a_card_may_lie_there_no_more() -> None:
    taps = Taps()
    taps.tapped("tap-1", ONE, evidence())
    first = taps.get("tap-1")
    assert first is not None
    taps.tapped("tap-2", TWO, evidence(OTHER))
    taps.tapped("tap-3", ONE, evidence())
    assert taps.was_last(first)
    taps.tapped("tap-4", ONE, evidence(OTHER))
    assert not taps.was_last(first)
    taps.forget("tap-4")
    assert not taps.was_last(first), "that it was dropped does not take it off the reader"
