"""DESFire and MIFARE Classic by a key file: torn at every command, before and after the card did it, they end whole (spec N6)."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from nfc.issuing.authority import AuthorityRefused, Purpose
from nfc.protocol import apdu, classic, classic_issue, classic_record, errors, keys
from nfc.protocol.applications import CLUB_DESFIRE_AID
from nfc.virtual.card import UidOnly
from nfc.virtual.classic import Classic
from nfc.virtual.desfire import Desfire
from tests.nfc.issuing.cards import UID, Card, Lab, every_tear, kind_of, masters, torn

UID4 = bytes.fromhex("A1B2C3D4")
KINDS = pytest.mark.parametrize("kind", ["desfire-ev1", "desfire-ev2", "desfire-ev3", "mifare-classic", "classic-7"])
CHANGES = pytest.mark.parametrize(
    ("purpose", "before", "after"),
    [(Purpose.ISSUE, 0, 1), (Purpose.ISSUE, 1, 1), (Purpose.ISSUE, 1, 2), (Purpose.RESET, 1, 0), (Purpose.RESET, 2, 0)],
)


def blank(kind: str) -> Card:
    match kind:
        case "mifare-classic":
            return Classic(UID4)
        case "classic-7":
            return Classic(UID)
    return Desfire(UID, {}, generation=int(kind[-1]))


def ask(card: Card, command: bytes) -> bytes:
    return card.transmit(command) or b""


def must_be(card: Card, version: int) -> None:
    """The card is a member card by exactly these keys, or as from the factory."""
    if isinstance(card, Desfire):
        _must_be_desfire(card, version)
    else:
        assert isinstance(card, Classic)
        _must_be_classic(card, version)


def _must_be_desfire(card: Desfire, version: int) -> None:
    if version == keys.FACTORY_VERSION:
        assert not card.applications
        return
    own, held = keys.desfire_keys(masters(version), UID), card.applications[CLUB_DESFIRE_AID]
    assert (held.keys, held.versions) == ([own.issuer, own.proof], [version, version])
    assert held.files[1].content == (b"XZCLUB" + UID).ljust(32, b"\x00")


def _must_be_classic(card: Classic, version: int) -> None:
    if version == keys.FACTORY_VERSION:
        assert card.blocks == Classic(card.uid).blocks
        return
    own = keys.classic_keys(masters(version), card.uid)
    for sector, pair in own.sectors.items():
        trailer = card.blocks[classic.trailer_of(sector)]
        assert (trailer[:6], trailer[10:]) == pair
        assert classic.conditions(trailer[6:9]) == (*(classic.Condition.READ_A_WRITE_B,) * 3, classic.TRAILER_ISSUED)
    card.power_on()
    place = classic_issue.Plan(card.uid, own.sectors, own.code).place()
    assert classic_record.read(partial(ask, card), place) == b"XZCLUB"


def a_card(folder: Path, kind: str, version: int) -> tuple[Lab, Card]:
    """A laboratory, and a card that has these keys already."""
    folder.mkdir()
    lab, card = Lab(folder), blank(kind)
    if version:
        lab.run(card, Purpose.ISSUE, version)
    return lab, card


@KINDS
@CHANGES
def test_torn_at_every_command_it_is_finished_by_the_next_run(
    tmp_path: Path, kind: str, purpose: Purpose, before: int, after: int
) -> None:
    current = max(before, after)
    lab, card = a_card(tmp_path / "whole", kind, before)
    length = lab.length(card, purpose, current)
    must_be(card, after)
    for at, done in every_tear(length):
        lab, card = a_card(tmp_path / f"{at}-{done}", kind, before)
        with torn():
            lab.run(card, purpose, current, at, done)
        assert lab.run(card, purpose, current).version == after
        must_be(card, after)


@KINDS
@pytest.mark.parametrize("done", [False, True])
def test_torn_while_issued_it_can_be_made_blank_instead_also_without_a_journal(
    tmp_path: Path, kind: str, done: bool
) -> None:
    lab, card = a_card(tmp_path / "whole", kind, 0)
    for at in range(lab.length(card, Purpose.ISSUE)):
        lab, card = a_card(tmp_path / str(at), kind, 0)
        with torn():
            lab.run(card, Purpose.ISSUE, at=at, done=done)
        (tmp_path / str(at) / "cards.journal").unlink()
        lab.run(card, Purpose.RESET)
        must_be(card, 0)


@KINDS
def test_torn_again_and_again_it_is_finished_all_the_same(tmp_path: Path, kind: str) -> None:
    lab, card = a_card(tmp_path / "whole", kind, 0)
    length = lab.length(card, Purpose.ISSUE)
    lab, card = a_card(tmp_path / "torn", kind, 0)
    for at in range(length - 1, 0, -1):
        with torn():
            lab.run(card, Purpose.ISSUE, at=min(at, 8), done=True)
    lab.run(card, Purpose.ISSUE)
    must_be(card, 1)


@KINDS
def test_a_member_card_issued_again_is_only_checked(tmp_path: Path, kind: str) -> None:
    lab, card = a_card(tmp_path / "lab", kind, 1)
    lab.steps.clear()
    lab.run(card, Purpose.ISSUE)
    assert lab.steps
    assert not [step for step in lab.steps if step.startswith(("change", "write", "make"))]


@pytest.mark.parametrize("done", [False, True])
def test_a_classic_record_written_anew_is_the_old_one_or_the_new_one_at_every_tear(tmp_path: Path, done: bool) -> None:
    own = keys.classic_keys(masters(1), UID4)
    place = classic_issue.Plan(UID4, own.sectors, own.code).place()
    at, found = 0, set()
    while True:
        _, card = a_card(tmp_path / f"{at}", "mifare-classic", 1)
        assert isinstance(card, Classic)
        card.power_on()
        commands: list[bytes] = []
        try:
            classic_record.write(_torn(card, at, done, commands), place, b"new")
        except errors.CardLeft:
            card.power_on()
        else:
            break
        found.add(classic_record.read(partial(ask, card), place))
        at += 1
    assert found == {b"XZCLUB", b"new"}
    assert at == len(commands) >= 10


def _torn(card: Classic, at: int, done: bool, commands: list[bytes]) -> apdu.Transmit:
    def transmit(command: bytes) -> bytes:
        commands.append(command)
        if len(commands) > at:
            if done and len(commands) == at + 1:
                card.transmit(command)
            return b""
        return card.transmit(command) or b""

    return transmit


@KINDS
def test_another_programmes_card_is_refused_and_left_as_it_was(tmp_path: Path, kind: str) -> None:
    _, card = a_card(tmp_path / "theirs", kind, 2)
    lab, _ = a_card(tmp_path / "ours", kind, 0)
    for purpose in (Purpose.ISSUE, Purpose.RESET):
        with pytest.raises(AuthorityRefused) as refused:
            lab.run(card, purpose, current=1)
        assert refused.value.code == "not_ours"
        must_be(card, 2)


@pytest.mark.parametrize("generation", [1, 2, 3])
def test_a_desfire_key_of_the_right_version_and_a_wrong_value_is_found_out(tmp_path: Path, generation: int) -> None:
    lab, card = a_card(tmp_path / "lab", f"desfire-ev{generation}", 1)
    assert isinstance(card, Desfire)
    card.applications[CLUB_DESFIRE_AID].keys[1] = bytes(16)
    with pytest.raises(AuthorityRefused) as refused:
        lab.run(card, Purpose.ISSUE)
    assert refused.value.code == "not_ours"


def test_a_card_that_forgets_what_is_written_is_found_out(tmp_path: Path) -> None:
    lab, card = a_card(tmp_path / "lab", "mifare-classic", 0)
    honest = card.transmit

    def forgetful(command: bytes) -> bytes | None:
        return b"\x90\x00" if command[1] == 0xD6 and command[3] % 4 != 3 else honest(command)

    card.transmit = forgetful  # type: ignore[method-assign]
    with pytest.raises(AuthorityRefused) as refused:
        lab.run(card, Purpose.ISSUE)
    assert refused.value.code == "not_as_written"


def test_keys_that_were_thrown_away_leave_a_torn_card_named(tmp_path: Path) -> None:
    lab, card = a_card(tmp_path / "lab", "desfire-ev3", 0)
    with torn():
        lab.run(card, Purpose.ISSUE, current=2, at=9)
    with pytest.raises(AuthorityRefused, match="version 2") as refused:
        lab.run(card, Purpose.ISSUE, current=1)
    assert refused.value.code == "version_gone"


def test_a_number_made_up_for_the_tap_is_no_card_to_issue(tmp_path: Path) -> None:
    with pytest.raises(AuthorityRefused, match="stays the same"):
        Lab(tmp_path).run(Classic(bytes.fromhex("08A1B2C3")), Purpose.ISSUE)


@pytest.mark.parametrize(
    "hardware", ["04010100001805", "04080130001605"]
)  # DESFire of the first generation; DESFire Light
def test_what_we_cannot_issue_is_named(hardware: str) -> None:
    card = Desfire(UID, {})
    honest = card.transmit

    def told(command: bytes) -> bytes | None:
        return bytes.fromhex(hardware) + b"\x91\xaf" if command[1] == 0x60 else honest(command)

    card.transmit = told  # type: ignore[method-assign]
    for one in (card, UidOnly(UID)):
        with pytest.raises(
            AuthorityRefused, match="expected an NTAG 424 DNA, a DESFire EV1 to EV3 or a MIFARE Classic"
        ):
            kind_of(one)  # type: ignore[arg-type]


@KINDS
def test_what_is_written_into_the_journal_holds_no_key(tmp_path: Path, kind: str) -> None:
    a_card(tmp_path / "lab", kind, 1)
    written = (tmp_path / "lab" / "cards.journal").read_text(encoding="ascii").upper()
    held = masters(1)
    assert '"END":TRUE' in written
    assert not any(key.hex().upper() in written for key in (held.meta, held.file, held.app, held.write))
