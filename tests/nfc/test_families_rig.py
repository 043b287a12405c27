"""Every family through a real pcscd: laid on a reader, told as what it is; records and issuing torn there too (N1, N2, N6)."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

import pytest

import nfc
from nfc import pcsc, service
from nfc.evidence import Assurance, Challenge
from nfc.protocol import classic_issue, classic_record, desfire_issue, errors, keys, scripts
from nfc.protocol.apdu import Transmit
from nfc.protocol.ciphers import Algorithm
from nfc.protocol.proofs import Proof, desfire_ev2, selected
from nfc.virtual.card import ATR_CONTACT, ATR_FELICA, ATR_ISO14443_4, Card, UidOnly
from nfc.virtual.classic import Classic
from nfc.virtual.cpu_card import CpuCard
from nfc.virtual.desfire import Desfire
from nfc.virtual.desfire import member_card as desfire_card
from nfc.virtual.faults import Garbage, PulledAway
from nfc.virtual.ntag21x import Ntag213
from nfc.virtual.phone import Phone
from tests.support.rig import UID, CardRig, card_rig, member_card

pytestmark = pytest.mark.reader

UID4, KEY = bytes.fromhex("A1B2C3D4"), bytes(range(16))
NUMBER = bytes.fromhex("C0FFEE0000000001")
CLASSIC = classic_issue.Plan(UID4, {sector: keys.sector_keys(KEY, UID4, sector) for sector in (1, 2)}, KEY[::-1])
DESFIRE = desfire_issue.Plan((bytes(range(1, 17)), bytes(range(17, 33))), version=1, content=b"8800")

CARDS: dict[nfc.Family, tuple[Callable[[], Card], Assurance, Challenge | None]] = {
    nfc.Family.NTAG424: (member_card, Assurance.CRYPTOGRAM, None),
    nfc.Family.DESFIRE: (lambda: desfire_card(UID, KEY), Assurance.UID, Challenge.DESFIRE),
    nfc.Family.CPU: (lambda: CpuCard(UID4, Algorithm.SM4, {1: KEY}), Assurance.UID, Challenge.CPU),
    nfc.Family.PHONE: (lambda: Phone(NUMBER), Assurance.UID, Challenge.PHONE),
    nfc.Family.CLASSIC: (lambda: Classic(UID4), Assurance.UID, None),
    nfc.Family.ULTRALIGHT: (Ntag213, Assurance.UID, None),
    nfc.Family.FELICA: (lambda: UidOnly(bytes(range(1, 9)), ATR_FELICA), Assurance.UID, None),
    nfc.Family.ISO14443_4: (lambda: UidOnly(UID, ATR_ISO14443_4), Assurance.UID, None),
}


@pytest.fixture
def rig() -> Iterator[CardRig]:
    """A rig that tells the same card each time it is laid down."""
    with card_rig(timing=nfc.Timing(debounce_s=0.0)) as running:
        yield running


def test_every_family_is_told_by_what_it_is(rig: CardRig) -> None:
    for family, (make, assurance, challenge) in CARDS.items():
        rig.slot.insert(make())
        evidence = rig.inbox.next(nfc.CardPresented).evidence
        assert (evidence.family, evidence.assurance, evidence.challenge) == (family, assurance, challenge)
        rig.slot.remove()
        rig.inbox.next(nfc.CardGone)


@pytest.mark.parametrize(
    ("card", "reason"),
    [
        (lambda: Phone(None), nfc.UnreadableReason.RANDOM_UID),
        (lambda: desfire_card(UID, KEY, random_uid=True), nfc.UnreadableReason.RANDOM_UID),
        (lambda: Garbage(lambda _: b"\x6d\x00", ATR_CONTACT), nfc.UnreadableReason.NO_IDENTITY),
    ],
    ids=["a stranger's phone", "a hidden number", "a contact card"],
)
def test_what_has_no_identity_is_refused_kindly(
    rig: CardRig, card: Callable[[], Card], reason: nfc.UnreadableReason
) -> None:
    rig.slot.insert(card())
    assert rig.inbox.next(nfc.CardUnreadable).reason is reason


def test_a_desfire_card_is_issued_and_proves_itself_on_a_reader(rig: CardRig) -> None:
    card = Desfire(UID, {})
    _on_reader(rig, card, lambda transmit: desfire_issue.issue(transmit, DESFIRE, os.urandom))
    proof = desfire_ev2(desfire_issue.PROOF_KEY, DESFIRE.keys[1], os.urandom(16), ask_uid=True)
    found: list[Proof] = []
    _on_reader(rig, card, lambda transmit: found.append(scripts.play(selected(proof), transmit)))
    assert found == [Proof(UID)]


@pytest.mark.parametrize("exchange", [3, 11, 17])
def test_a_classic_record_torn_on_a_reader_is_the_old_or_the_new(rig: CardRig, exchange: int) -> None:
    card = Classic(UID4)
    _on_reader(rig, card, lambda transmit: classic_issue.issue(transmit, CLASSIC, b"old"))
    place = CLASSIC.place()
    with pytest.raises((errors.CardLeft, service.ServiceError)):
        _on_reader(rig, PulledAway(card, exchange), lambda transmit: _write_twice(transmit, place))
    card.power_on()
    found: list[bytes] = []
    _on_reader(rig, card, lambda transmit: found.append(classic_record.read(transmit, place)))
    assert found[0] in {b"old", b"new"}


def _write_twice(transmit: Transmit, place: classic_record.Place) -> None:
    for _ in range(2):
        classic_record.write(transmit, place, b"new")


def _on_reader(rig: CardRig, card: Card, work: Callable[[Transmit], object]) -> None:
    """Lay a card down, do the work as a program of its own does, and take it away."""
    rig.slot.insert(card)
    rig.inbox.next(nfc.CardPresented)
    context = pcsc.open_context()
    try:
        with context.card(rig.pcscd.readers[0]) as transmit:
            work(transmit)
    finally:
        context.release()
        rig.slot.remove()
        rig.inbox.next(nfc.CardGone)
