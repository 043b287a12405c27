"""A closer look at a card: product and signature, as frames and as nfc-cards prints them (N2)."""

from __future__ import annotations

import os
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

from nfc import families, spoken
from nfc.evidence import Assurance, Evidence, Family
from nfc.families.inspection import Inspection, inspect
from nfc.protocol import errors
from nfc.transcript import Replay, Transcript
from nfc.virtual.card import ATR_ISO14443_4, ATR_ULTRALIGHT, Card, UidOnly
from nfc.virtual.classic import Classic
from nfc.virtual.desfire import member_card as desfire_card
from nfc.virtual.ntag21x import GENUINE_UID, Ntag213
from nfc.virtual.pcscd import PrivatePcscd
from tests.nfc import transcript
from tests.nfc.test_families import version_of
from tests.support.rig import UID, member_card

EV3_UID = "04 44 8B D2 DB 6B 80"
EV3_SIGNATURE = (
    "5CBB5632795C8F15263FEFB095B51C7B541AFD914A1AE44EF6FB8AF605EDF13DBFEE6C3A2DB372245E671DFE0D42CB1F0D0B8FE67A89D2F6"
)


def ask(card: Card, command: bytes) -> bytes:
    return card.transmit(command) or b""


def look(card: Card) -> Inspection:
    card.power_on()
    evidence = families.read_evidence(partial(ask, card), card.atr)
    return inspect(partial(ask, card), evidence)


@pytest.mark.parametrize(
    ("card", "expected"),
    [
        (Ntag213(), Inspection("NTAG213", "NTAG21x")),
        (Ntag213(transparent=True), Inspection("NTAG213", "NTAG21x")),
        (Ntag213(uid=GENUINE_UID[::-1]), Inspection("NTAG213", None)),  # a copied signature fits no other UID
        (UidOnly(UID), Inspection()),  # a reader that passes nothing on
        (Classic(UID[:4]), Inspection()),
        (member_card(), Inspection("NTAG 424 DNA", None)),
        (desfire_card(UID, bytes(16), generation=1), Inspection("DESFire EV1", None)),
        (desfire_card(UID, bytes(16)), Inspection("DESFire EV3", None)),
    ],
)
def test_what_each_card_tells_of_itself(card: Card, expected: Inspection) -> None:
    assert look(card) == expected


def test_the_signature_of_a_real_desfire_ev3() -> None:
    card = transcript.Transcript(
        *version_of("04 01 01 33 00 18 05"), ("90 3C 00 00 01 00 00", EV3_SIGNATURE + " 91 90")
    )
    evidence = Evidence(bytes.fromhex(EV3_UID), Family.DESFIRE, Assurance.UID, None, ATR_ISO14443_4)
    assert inspect(card, evidence) == Inspection("DESFire EV3", "DESFire EV3")
    assert card.left == 0


def test_a_card_taken_away_is_told() -> None:
    evidence = Evidence(UID, Family.ULTRALIGHT, Assurance.UID, None, ATR_ULTRALIGHT)
    with pytest.raises(errors.CardLeft):
        inspect(lambda _: b"", evidence)


def test_it_is_said_in_plain_words() -> None:
    assert spoken.closer(Inspection("NTAG213", "NTAG21x")) == [
        "product     NTAG213",
        "signature   genuine NTAG21x, by NXP's signature over its UID",
    ]
    assert spoken.closer(Inspection()) == ["product     unknown", "signature   none that fits"]


@pytest.mark.reader
def test_identify_looks_closer_and_writes_the_tap_down(tmp_path: Path) -> None:
    file = tmp_path / "tap.txt"
    with PrivatePcscd() as pcscd, pcscd.slot() as slot:
        slot.insert(Ntag213())
        found = subprocess.run(
            [sys.executable, "-m", "nfc", "identify", "--record", str(file)],
            capture_output=True,
            text=True,
            check=True,
            timeout=30,
            env=os.environ | pcscd.env,
        )
    assert "signature   genuine NTAG21x, by NXP's signature over its UID" in found.stdout.splitlines()
    written = Transcript.parse(file.read_text(encoding="utf-8"))
    assert GENUINE_UID.hex(" ").upper() not in file.read_text(encoding="utf-8")
    assert families.read_evidence(Replay(written), written.atr).family is Family.ULTRALIGHT
