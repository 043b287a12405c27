import pytest

import nfc
from kiosk_app.flow import events as ev
from kiosk_app.work.card_events import CardEvents
from tests.support import kiosk_values as make

ATR = bytes.fromhex("3B8180018080")


def the_events(secret: bytes = b"secret") -> CardEvents:
    ids = iter(f"session-{place:04d}" for place in range(1, 10))
    return CardEvents(lambda: next(ids), lambda: make.DRAWN, secret)


def presented(uid: str = "04BF3929190E8A") -> nfc.CardPresented:
    evidence = nfc.Evidence(
        bytes.fromhex(uid), nfc.Family.NTAG424, nfc.Assurance.CRYPTOGRAM, "https://club.invalid/t?e=AA&c=BB", ATR
    )
    return nfc.CardPresented("reader 0", evidence)


def test_a_card_becomes_a_tap_with_evidence_for_the_central_api() -> None:
    told = the_events().flow_event(presented())
    assert isinstance(told, ev.CardTapped)
    assert (told.session_id, told.evidence, told.at) == ("session-0001", make.an_evidence(), make.DRAWN)
    assert told.note == "NTAG424 · ATR 3B 81 80 01 80 80"


def test_a_token_tells_cards_apart_and_names_none() -> None:
    events = the_events()
    first, again, other = (
        events.flow_event(presented(uid)) for uid in ("04BF3929190E8A", "04BF3929190E8A", "040ED46D921861")
    )
    elsewhere = the_events(b"another run").flow_event(presented())
    assert isinstance(first, ev.CardTapped)
    assert isinstance(again, ev.CardTapped)
    assert isinstance(other, ev.CardTapped)
    assert isinstance(elsewhere, ev.CardTapped)
    assert first.card == again.card
    assert len({first.card, other.card, elsewhere.card}) == 3
    assert "04BF" not in repr(first).upper()


@pytest.mark.parametrize(
    ("reason", "fault"),
    [
        (nfc.UnreadableReason.REMOVED, ev.ReadFault.REMOVED),
        (nfc.UnreadableReason.TIMEOUT, ev.ReadFault.UNREADABLE),
        (nfc.UnreadableReason.GARBAGE, ev.ReadFault.UNREADABLE),
        (nfc.UnreadableReason.UNRESPONSIVE, ev.ReadFault.STACKED),
        (nfc.UnreadableReason.RANDOM_UID, ev.ReadFault.PHONE),
        (nfc.UnreadableReason.NO_IDENTITY, ev.ReadFault.FOREIGN),
    ],
)
def test_each_reason_has_its_fault(reason: nfc.UnreadableReason, fault: ev.ReadFault) -> None:
    assert the_events().flow_event(nfc.CardUnreadable("reader 0", reason, ATR)) == ev.CardFailed(
        fault, "ATR 3B 81 80 01 80 80"
    )


def test_every_reason_is_mapped() -> None:
    for reason in nfc.UnreadableReason:
        told = the_events().flow_event(nfc.CardUnreadable("reader 0", reason, b""))
        assert isinstance(told, ev.CardFailed)
        assert told.note == ""


def test_a_card_that_goes() -> None:
    assert the_events().flow_event(nfc.CardGone("reader 0")) == ev.CardLeft()


def test_of_two_readers_one_is_enough() -> None:
    events = the_events()
    assert events.flow_event(nfc.ReaderReady("reader 0")) == ev.ReaderCame()
    assert events.flow_event(nfc.ReaderReady("reader 1")) == ev.ReaderCame()
    assert events.flow_event(nfc.ReaderLost("reader 0", nfc.LostReason.UNPLUGGED)) is None
    assert events.flow_event(nfc.ReaderLost("reader 1", nfc.LostReason.NO_SERVICE)) == ev.ReaderWent()


def test_no_reader_at_all() -> None:
    assert the_events().flow_event(nfc.ReaderLost("", nfc.LostReason.NO_READER)) == ev.ReaderWent()
