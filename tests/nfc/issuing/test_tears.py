"""A card torn at every command, before and after the card has done it, ends issued, or can be issued again (spec N6)."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from nfc import families
from nfc.evidence import Assurance
from nfc.issuing.authority import AuthorityRefused, Purpose
from nfc.protocol import keys, sun
from nfc.virtual.ntag424 import Ntag424
from tests.nfc.issuing.cards import UID, Lab, every_tear, keys_of, masters, torn


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    return Lab(tmp_path)


def blank() -> Ntag424:
    return Ntag424.blank(UID)


def issued(folder: Path, version: int = 1) -> Ntag424:
    card = blank()
    Lab(folder).run(card, Purpose.ISSUE, version)
    return card


def must_be(card: Ntag424, version: int) -> None:
    """The card holds exactly these keys, and reads as a member card does, or as a blank one."""
    assert card.holds(keys_of(version))
    card.power_on()
    evidence = families.read_evidence(lambda command: card.transmit(command) or b"", card.atr)
    assert evidence.uid == UID
    if version == keys.FACTORY_VERSION:
        assert evidence.sun_url is None
        return
    assert evidence.assurance is Assurance.CRYPTOGRAM
    assert evidence.sun_url is not None
    held = masters(version)
    assert sun.verify(sun.parse(evidence.sun_url), held.meta, partial(keys.file_key, held.file)).uid == UID


def test_a_blank_card_is_issued_and_read_back(lab: Lab) -> None:
    card = blank()
    outcome = lab.run(card, Purpose.ISSUE)
    assert (outcome.purpose, outcome.version, outcome.counter) == (Purpose.ISSUE, 1, 1)
    must_be(card, 1)


def test_an_issued_card_is_only_checked(lab: Lab) -> None:
    card = blank()
    fresh, again = lab.length(card, Purpose.ISSUE), lab.length(card, Purpose.ISSUE)
    assert again < fresh
    assert not [step for step in lab.steps[fresh:] if step.startswith(("change", "write"))]


def test_a_card_of_older_keys_gets_the_newest(lab: Lab) -> None:
    card = issued(lab.folder)
    assert lab.run(card, Purpose.ISSUE, current=2).version == 2
    must_be(card, 2)


def test_a_member_card_becomes_blank(lab: Lab) -> None:
    card = issued(lab.folder)
    assert lab.run(card, Purpose.RESET).version == 0
    must_be(card, 0)


@pytest.mark.parametrize("watched", [False, True])
@pytest.mark.parametrize(
    ("purpose", "before", "after"),
    [(Purpose.ISSUE, 0, 1), (Purpose.ISSUE, 1, 1), (Purpose.ISSUE, 1, 2), (Purpose.RESET, 1, 0), (Purpose.RESET, 2, 0)],
)
def test_torn_at_every_command_it_is_finished_by_the_next_run(
    tmp_path: Path, purpose: Purpose, before: int, after: int, watched: bool
) -> None:
    """What a watch read in between was made of the keys of then: it says nothing of the card once it is finished."""
    current = max(before, after)

    def a_card(name: str) -> tuple[Lab, Ntag424]:
        folder = tmp_path / name
        folder.mkdir()
        return Lab(folder, watched=watched), issued(folder, before) if before else blank()

    lab, card = a_card("whole")
    length = lab.length(card, purpose, current)
    must_be(card, after)
    for at, done in every_tear(length):
        lab, card = a_card(f"{at}-{done}")
        with torn():
            lab.run(card, purpose, current, at, done)
        lab.run(card, purpose, current)
        must_be(card, after)


@pytest.mark.parametrize("done", [False, True])
def test_torn_again_and_again_it_is_finished_all_the_same(lab: Lab, done: bool) -> None:
    length = lab.length(blank(), Purpose.ISSUE)
    card = blank()
    for at in range(length - 1, 0, -1):
        with torn():
            lab.run(card, Purpose.ISSUE, at=min(at, 12), done=done)
    lab.run(card, Purpose.ISSUE)
    must_be(card, 1)


@pytest.mark.parametrize("done", [False, True])
def test_a_card_torn_while_issued_can_be_made_blank_instead(tmp_path: Path, done: bool) -> None:
    length = Lab(tmp_path).length(blank(), Purpose.ISSUE)
    for at in range(length):
        folder = tmp_path / str(at)
        folder.mkdir()
        lab, card = Lab(folder), blank()
        with torn():
            lab.run(card, Purpose.ISSUE, at=at, done=done)
        lab.run(card, Purpose.RESET)
        must_be(card, 0)


def test_without_its_journal_a_torn_card_is_finished_too(tmp_path: Path) -> None:
    length = Lab(tmp_path).length(blank(), Purpose.ISSUE)
    for at, done in every_tear(length):
        lab, card = Lab(tmp_path), blank()
        with torn():
            lab.run(card, Purpose.ISSUE, at=at, done=done)
        (tmp_path / "cards.journal").unlink()
        lab.run(card, Purpose.ISSUE)
        must_be(card, 1)


def test_another_programmes_card_is_refused_and_left_as_it_was(lab: Lab) -> None:
    card = Ntag424(UID, bytes(16), bytes(16))
    card._chip.keys = [(bytes((number + 7,)) * 16, 3) for number in range(5)]
    before = list(card._chip.keys)
    with pytest.raises(AuthorityRefused, match="not our card") as refused:
        lab.run(card, Purpose.ISSUE)
    assert refused.value.code == "not_ours"
    assert card._chip.keys == before


def test_a_key_of_a_version_nobody_holds_is_refused(lab: Lab) -> None:
    card = blank()
    card._chip.keys[3] = (bytes(16), 9)
    with pytest.raises(AuthorityRefused, match="version 9"):
        lab.run(card, Purpose.ISSUE)


def test_a_key_with_the_right_version_and_a_wrong_value_is_found_out(lab: Lab) -> None:
    card = issued(lab.folder)
    card._chip.keys[4] = (bytes(16), 1)
    with pytest.raises(AuthorityRefused) as refused:
        lab.run(card, Purpose.ISSUE)
    assert refused.value.code == "not_proved"


def test_a_card_that_forgets_what_is_written_is_found_out(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    def forget(number: int, offset: int, data: bytes) -> None:
        """Take the bytes and keep none."""

    card = blank()
    monkeypatch.setattr(card._chip, "write", forget)
    with pytest.raises(AuthorityRefused) as refused:
        lab.run(card, Purpose.ISSUE)
    assert refused.value.code == "not_as_written"
    assert card.holds(keys.FACTORY)


def test_keys_that_were_thrown_away_leave_a_torn_card_named(lab: Lab) -> None:
    card = blank()
    with torn():
        lab.run(card, Purpose.ISSUE, current=2, at=18)
    with pytest.raises(AuthorityRefused, match="version 2") as refused:
        lab.run(card, Purpose.ISSUE, current=1)
    assert refused.value.code == "version_gone"
