"""Cards as transcripts: what the reader sees of each family, one commented frame per line (spec N2, N3)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nfc import families
from nfc.events import UnreadableReason
from nfc.evidence import Assurance, Challenge, Family, is_identity, short_hash
from nfc.protocol import errors, ndef
from nfc.virtual.card import ATR_CLASSIC_1K, ATR_CONTACT, ATR_FELICA, ATR_ISO14443_4, ATR_ULTRALIGHT
from tests.nfc.transcript import Transcript

GET_UID = "FF CA 00 00 00"
SELECT_NDEF = "00 A4 04 0C 07 D2 76 00 00 85 01 01 00"
READ_DATA_128 = "90 AD 00 00 07 02 00 00 00 80 00 00 00"
SELECT_FILE_E104 = "00 A4 00 0C 02 E1 04"
READ_128 = "00 B0 00 00 80"
SELECT_CLUB = "00 A4 04 00 07 F0 58 5A 43 4C 55 42 00"
GET_VERSION, MORE = "90 60 00 00 00", "90 AF 00 00 00"
SUN_URL = "https://c.example.invalid/t?e=EF963FF7828658A599F3041510671E88&c=94EED9EE65337086"


def version_of(hardware: str) -> tuple[tuple[str, str], ...]:
    return (
        (GET_VERSION, hardware + " 91 AF"),
        (MORE, "04 04 02 01 02 11 05 91 AF"),
        (MORE, "04 A1 B2 C3 D4 E5 F6 CF 39 D4 49 80 19 22 91 00"),
    )


def ndef_of(url: str) -> str:
    return ndef.build_file(url).ljust(128, b"\x00").hex(" ")


def test_ntag_424_with_sun_is_read_in_three_steps() -> None:
    card = Transcript(
        (GET_UID, "04 A1 B2 C3 D4 E5 F6 90 00"),
        (SELECT_NDEF, "90 00"),
        (READ_DATA_128, ndef_of(SUN_URL) + " 91 00"),
    )
    evidence = families.read_evidence(card, ATR_ISO14443_4)
    assert card.left == 0
    assert evidence.family is Family.NTAG424
    assert evidence.assurance is Assurance.CRYPTOGRAM
    assert evidence.sun_url == SUN_URL
    assert evidence.uid.hex() == "04a1b2c3d4e5f6"
    assert evidence.challenge is None


def test_a_long_ndef_file_is_read_in_two_steps() -> None:
    url = SUN_URL + "&m=" + "x" * 60
    content = ndef.build_file(url)
    card = Transcript(
        (GET_UID, "04 A1 B2 C3 D4 E5 F6 90 00"),
        (SELECT_NDEF, "90 00"),
        (READ_DATA_128, content[:128].hex() + "91 00"),
        (f"90 AD 00 00 07 02 80 00 00 {len(content) - 128:02X} 00 00 00", content[128:].hex() + "91 00"),
    )
    assert families.read_evidence(card, ATR_ISO14443_4).sun_url == url
    assert card.left == 0


def test_sun_is_read_the_type_4_way_where_the_chip_wants_it_so() -> None:
    card = Transcript(
        (GET_UID, "04 A1 B2 C3 D4 E5 F6 90 00"),
        (SELECT_NDEF, "90 00"),
        (READ_DATA_128, "91 1C"),
        (SELECT_FILE_E104, "90 00"),
        (READ_128, ndef_of(SUN_URL) + " 90 00"),
    )
    assert families.read_evidence(card, ATR_ISO14443_4).sun_url == SUN_URL
    assert card.left == 0


@pytest.mark.parametrize(
    "answers",
    [
        [(READ_DATA_128, "91 F0"), (SELECT_FILE_E104, "6A 82")],  # no NDEF file
        [(READ_DATA_128, "91 9D"), (SELECT_FILE_E104, "90 00"), (READ_128, "69 82")],  # locked
        [(READ_DATA_128, "00 00 91 00")],  # blank, as from the factory
        [(READ_DATA_128, "FF FF 91 00")],  # a length beyond the file
        [(READ_DATA_128, "91 00")],  # not even a length
        [(READ_DATA_128, ndef_of("https://example.invalid/") + " 91 00")],  # another's URL
    ],
)
def test_ntag_424_without_sun_claims_only_its_uid(answers: list[tuple[str, str]]) -> None:
    card = Transcript(
        (GET_UID, "04 A1 B2 C3 D4 E5 F6 90 00"),
        (SELECT_NDEF, "90 00"),
        *answers,
        (SELECT_CLUB, "6A 82"),
        *version_of("04 04 02 30 00 11 05"),
    )
    evidence = families.read_evidence(card, ATR_ISO14443_4)
    assert (evidence.family, evidence.assurance, evidence.sun_url) == (Family.NTAG424, Assurance.UID, None)
    assert card.left == 0


@pytest.mark.parametrize(
    "hardware", ["04 01 01 01 00 18 05", "04 01 01 12 00 18 05", "04 01 01 33 00 18 05", "04 81 01 33 00 18 05"]
)
def test_a_foreign_desfire_of_all_generations(hardware: str) -> None:
    card = Transcript(
        (GET_UID, "04 11 22 33 44 55 66 90 00"), (SELECT_NDEF, "6A 82"), (SELECT_CLUB, "6A 82"), *version_of(hardware)
    )
    evidence = families.read_evidence(card, ATR_ISO14443_4)
    assert (evidence.family, evidence.assurance, evidence.challenge) == (Family.DESFIRE, Assurance.UID, None)
    assert card.left == 0


@pytest.mark.parametrize(
    ("uid", "answer", "family", "challenge", "told"),
    [
        ("04 11 22 33 44 55 66", "90 00", Family.DESFIRE, Challenge.DESFIRE, "04 11 22 33 44 55 66"),
        ("A1 B2 C3 D4", "6F 09 84 07 F0 58 5A 43 4C 55 42 90 00", Family.CPU, Challenge.CPU, "A1 B2 C3 D4"),
        # a phone's UID is made up; what it tells of itself is its credential
        (
            "08 11 22 33",
            "6F 15 84 07 F0 58 5A 43 4C 55 42 A5 0A C0 08 C0 FF EE 00 00 00 00 01 90 00",
            Family.PHONE,
            Challenge.PHONE,
            "C0 FF EE 00 00 00 00 01",
        ),
    ],
)
def test_our_application_is_found_in_three_steps_and_can_be_challenged(
    uid: str, answer: str, family: Family, challenge: Challenge, told: str
) -> None:
    card = Transcript((GET_UID, uid + " 90 00"), (SELECT_NDEF, "6A 82"), (SELECT_CLUB, answer))
    evidence = families.read_evidence(card, ATR_ISO14443_4)
    assert (evidence.family, evidence.challenge, evidence.uid) == (family, challenge, bytes.fromhex(told))
    assert evidence.assurance is Assurance.UID  # until it was challenged
    assert card.left == 0


@pytest.mark.parametrize("answer", ["90 00", "6F 09 84 07 F0 58 5A 43 4C 55 42 90 00", "6F 02 C0 00 90 00"])
def test_a_random_uid_is_no_identity_in_any_of_our_applications_but_a_phones(answer: str) -> None:
    card = Transcript((GET_UID, "08 11 22 33 90 00"), (SELECT_NDEF, "6A 82"), (SELECT_CLUB, answer))
    with pytest.raises(families.NotReadable) as refusal:
        families.read_evidence(card, ATR_ISO14443_4)
    assert refusal.value.reason is UnreadableReason.RANDOM_UID


def test_a_random_uid_does_no_harm_beside_a_sun_message_which_holds_the_real_one() -> None:
    card = Transcript(
        (GET_UID, "08 11 22 33 90 00"), (SELECT_NDEF, "90 00"), (READ_DATA_128, ndef_of(SUN_URL) + " 91 00")
    )
    assert families.read_evidence(card, ATR_ISO14443_4).assurance is Assurance.CRYPTOGRAM


def test_another_makers_type_4_tag() -> None:
    card = Transcript(
        (GET_UID, "02 11 22 33 44 55 66 90 00"),
        (SELECT_NDEF, "90 00"),
        (READ_DATA_128, "6E 00"),
        (SELECT_FILE_E104, "90 00"),
        (READ_128, ndef_of("https://example.invalid/") + " 90 00"),
        (SELECT_CLUB, "6A 82"),
        (GET_VERSION, "6E 00"),
    )
    assert families.read_evidence(card, ATR_ISO14443_4).family is Family.TYPE4
    assert card.left == 0


def test_a_bank_card_that_knows_none_of_it() -> None:
    card = Transcript(
        (GET_UID, "A1 B2 C3 D4 90 00"), (SELECT_NDEF, "6A 82"), (SELECT_CLUB, "6A 82"), (GET_VERSION, "6D 00")
    )
    evidence = families.read_evidence(card, ATR_ISO14443_4)
    assert (evidence.family, evidence.assurance) == (Family.ISO14443_4, Assurance.UID)
    assert card.left == 0


@pytest.mark.parametrize(
    ("atr", "uid", "family"),
    [
        (ATR_CLASSIC_1K, "A1 B2 C3 D4", Family.CLASSIC),
        (ATR_ULTRALIGHT, "04 11 22 33 44 55 66", Family.ULTRALIGHT),
        (ATR_FELICA, "01 02 03 04 05 06 07 08", Family.FELICA),
    ],
)
def test_storage_cards_give_their_uid_in_one_step(atr: bytes, uid: str, family: Family) -> None:
    card = Transcript((GET_UID, uid + " 90 00"))
    evidence = families.read_evidence(card, atr)
    assert (evidence.family, evidence.assurance, evidence.uid) == (family, Assurance.UID, bytes.fromhex(uid))


@pytest.mark.parametrize("uid", ["08 11 22 33", "00 00 00 00", "FF FF FF FF"])
def test_a_random_uid_is_never_an_identity(uid: str) -> None:
    card = Transcript((GET_UID, uid + " 90 00"), (SELECT_NDEF, "6A 82"), (SELECT_CLUB, "6A 82"), (GET_VERSION, "6D 00"))
    with pytest.raises(families.NotReadable) as refusal:
        families.read_evidence(card, ATR_ISO14443_4)
    assert refusal.value.reason is UnreadableReason.RANDOM_UID


def test_an_idm_made_up_for_a_moment_is_no_identity() -> None:
    with pytest.raises(families.NotReadable) as refusal:
        families.read_evidence(Transcript((GET_UID, "01 FE 03 04 05 06 07 08 90 00")), ATR_FELICA)
    assert refusal.value.reason is UnreadableReason.RANDOM_UID


def test_seven_bytes_beginning_with_08_are_an_identity() -> None:
    assert is_identity(bytes.fromhex("08112233445566"))


@pytest.mark.parametrize("refusal", ["6A 81", "6D 00", "6E 00", "63 00"])
def test_a_contact_card_is_refused_politely(refusal: str) -> None:
    card = Transcript((GET_UID, refusal))
    with pytest.raises(families.NotReadable) as fault:
        families.read_evidence(card, ATR_CONTACT)
    assert (fault.value.reason, fault.value.family) == (UnreadableReason.NO_IDENTITY, Family.CONTACT)


def test_a_uid_of_odd_length_is_garbage() -> None:
    with pytest.raises(errors.Malformed, match="found 5"):
        families.read_evidence(Transcript((GET_UID, "01 02 03 04 05 90 00")), ATR_ISO14443_4)


@pytest.mark.parametrize("frames", range(7))
def test_a_card_pulled_away_at_any_step_is_a_card_that_left(frames: int) -> None:
    lines = [
        (GET_UID, "04 A1 B2 C3 D4 E5 F6 90 00"),
        (SELECT_NDEF, "90 00"),
        (READ_DATA_128, "00 00 91 00"),
        (SELECT_CLUB, "6A 82"),
        *version_of("04 04 02 30 00 11 05"),
    ]
    lines[frames:] = [(lines[frames][0], "")]
    with pytest.raises(errors.CardLeft):
        families.read_evidence(Transcript(*lines), ATR_ISO14443_4)


@given(st.lists(st.binary(max_size=260), max_size=12), st.binary(max_size=33))
def test_no_card_breaks_the_reading(answers: list[bytes], atr: bytes) -> None:
    script = iter(answers)
    try:
        evidence = families.read_evidence(lambda _: next(script, b""), atr)
    except (families.NotReadable, errors.ProtocolError):
        return
    assert is_identity(evidence.uid) or evidence.assurance is Assurance.CRYPTOGRAM


def test_evidence_keeps_itself_out_of_logs() -> None:
    card = Transcript((GET_UID, "04 11 22 33 44 55 66 90 00"))
    evidence = families.read_evidence(card, ATR_ULTRALIGHT)
    assert "112233" not in repr(evidence)
    assert short_hash(evidence.uid) in repr(evidence)
