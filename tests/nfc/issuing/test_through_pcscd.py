"""Issuing through a real pcscd: the commands as a technician meets them, and cards torn out of a reader (spec N6)."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from nfc import naming, one_card, reader, service
from nfc.issuing import bench, key_file
from nfc.issuing.authority import AuthorityRefused, Purpose
from nfc.protocol import apdu, classic, classic_issue, classic_record, errors, keys, ntag424
from nfc.protocol.applications import CLUB_DESFIRE_AID
from nfc.protocol.ciphers import Algorithm
from nfc.virtual.card import UidOnly
from nfc.virtual.classic import Classic
from nfc.virtual.cpu_card import CpuCard
from nfc.virtual.desfire import Desfire
from nfc.virtual.faults import PulledAway
from nfc.virtual.ntag424 import URL_TEMPLATE, Ntag424
from nfc.virtual.pcscd import PrivatePcscd
from tests.nfc.issuing.cards import UID
from tests.support.rig import private_pcscd

pytestmark = pytest.mark.reader

UID4 = bytes.fromhex("A1B2C3D4")
_PAUSE = threading.Event()  # never set
COMMAND = [sys.executable, "-m", "nfc"]


@dataclass
class Lab:
    """A laboratory with a key file and a private service."""

    folder: Path
    pcscd: PrivatePcscd
    steps: list[str] = field(default_factory=list)

    @property
    def key_path(self) -> Path:
        return self.folder / "keys.toml"

    def held(self) -> keys.KeySet:
        """The keys a card of this laboratory has."""
        content = key_file.load(self.key_path)
        return keys.key_set(content.versions[content.current], UID)

    def change(self, purpose: Purpose) -> None:
        """Issue or reset whatever card is laid down next."""
        with (
            bench.Bench(self.key_path, self.folder / "journal", lambda: "now") as work,
            reader.connected() as context,
        ):
            work.change(context, naming.choice("pcsc"), purpose, 10.0, self.steps.append)

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run nfc-cards."""
        env = os.environ | self.pcscd.env
        return subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, check=False, env=env, timeout=60)


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    bench.new_keys(tmp_path / "keys.toml", URL_TEMPLATE)
    with private_pcscd() as pcscd:
        yield Lab(tmp_path, pcscd)


_GONE = (errors.CardLeft, service.CardRemoved, service.CardReset)


@contextmanager
def laid_down() -> Iterator[apdu.Transmit]:
    """The card that was laid down last, alone; for pcscd the one before lies there some moments longer."""
    give_up = time.monotonic() + 60.0
    while True:
        with ExitStack() as stack:
            context = stack.enter_context(reader.connected())
            try:
                name, _ = one_card.wait(context, naming.choice("pcsc"), give_up - time.monotonic())
                transmit = stack.enter_context(one_card.alone(context, name))
                assert ntag424.get_uid(transmit) == UID4
            except (service.CardSilent, *_GONE):
                assert time.monotonic() < give_up
                _PAUSE.wait(0.1)
                continue
            yield transmit
            return


def test_the_commands_issue_identify_and_reset_a_card(lab: Lab) -> None:
    card = Ntag424.blank(UID)
    with lab.pcscd.slot() as slot:
        slot.insert(card)
        issued = lab.command("issue", "--keys", str(lab.key_path), "--steps")
        assert (issued.returncode, issued.stdout.splitlines()[-1]) == (
            0,
            "a member card, keys of version 1, checked by reading it back",
        )
        assert "change key 0" in issued.stdout
        assert card.holds(lab.held())
        found = lab.command("identify", "--full")
        assert found.returncode == 0
        assert "family      ntag424" in found.stdout
        assert UID.hex().upper() in found.stdout
        assert "SUN message yes" in found.stdout
        reset = lab.command("reset", "--keys", str(lab.key_path))
        assert (reset.returncode, reset.stdout) == (0, "a blank card, keys of version 0, checked by reading it back\n")
        assert card.holds(keys.FACTORY)
    assert not any(key.hex() in (issued.stdout + issued.stderr).lower() for key in lab.held().keys)


@dataclass(frozen=True)
class Sample:
    """A kind of card as it is issued here: what it says it is, and whether it holds the laboratory's keys."""

    family: str
    blank: Callable[[], Classic | Desfire]
    issued: Callable[[Classic | Desfire, keys.Masters], bool]


def _desfire_issued(card: Classic | Desfire, held: keys.Masters) -> bool:
    assert isinstance(card, Desfire)
    own, made = keys.desfire_keys(held, UID), card.applications.get(CLUB_DESFIRE_AID)
    return made is not None and (made.keys, made.versions) == ([own.issuer, own.proof], [1, 1])


def _classic_issued(card: Classic | Desfire, held: keys.Masters) -> bool:
    assert isinstance(card, Classic)
    own = keys.classic_keys(held, UID4)
    trailers = {sector: card.blocks[classic.trailer_of(sector)] for sector in own.sectors}
    return all((trailers[sector][:6], trailers[sector][10:]) == pair for sector, pair in own.sectors.items())


SAMPLES = {
    "desfire": Sample("desfire", lambda: Desfire(UID, {}), _desfire_issued),
    "classic": Sample("mifare_classic", lambda: Classic(UID4), _classic_issued),
}


@pytest.mark.parametrize("sample", SAMPLES.values(), ids=SAMPLES)
def test_the_commands_issue_identify_and_reset_the_other_kinds(lab: Lab, sample: Sample) -> None:
    card, [held] = sample.blank(), key_file.load(lab.key_path).versions.values()
    with lab.pcscd.slot() as slot:
        slot.insert(card)
        issued = lab.command("issue", "--keys", str(lab.key_path), "--steps")
        assert (issued.returncode, issued.stderr.count("Traceback")) == (0, 0), issued.stderr
        assert issued.stdout.endswith("a member card, keys of version 1, checked by reading it back\n")
        assert sample.issued(card, held)
        found = lab.command("identify", "--full")
        assert f"family      {sample.family}" in found.stdout
        reset = lab.command("reset", "--keys", str(lab.key_path))
        assert (reset.returncode, reset.stdout) == (0, "a blank card, keys of version 0, checked by reading it back\n")
        assert not sample.issued(card, held)
    shown = (issued.stdout + issued.stderr).lower()
    assert not any(key.hex() in shown for key in (held.meta, held.file, held.app, held.write))


@pytest.mark.parametrize("answered", [5, 12, 19])
@pytest.mark.parametrize("sample", SAMPLES.values(), ids=SAMPLES)
def test_the_other_kinds_torn_out_of_the_reader_are_finished_when_they_come_back(
    lab: Lab, sample: Sample, answered: int
) -> None:
    card, [held] = sample.blank(), key_file.load(lab.key_path).versions.values()
    with lab.pcscd.slot() as slot:
        slot.insert(PulledAway(card, answered))
        with pytest.raises((errors.CardLeft, service.CardRemoved, service.CardReset)):
            lab.change(Purpose.ISSUE)
        with bench.Bench(lab.key_path, lab.folder / "journal", lambda: "now") as torn:
            [line] = torn.torn()
        assert ": issue to version 1, torn at '" in line
        slot.insert(card)
        lab.change(Purpose.ISSUE)
        assert sample.issued(card, held)
        with bench.Bench(lab.key_path, lab.folder / "journal", lambda: "now") as after:
            assert after.torn() == []


@pytest.mark.parametrize("answered", [1, 4, 7, 9])
def test_a_classic_record_torn_out_of_the_reader_is_the_old_one_or_the_new_one(lab: Lab, answered: int) -> None:
    card, content = Classic(UID4), key_file.load(lab.key_path)
    own = content.classic(content.current, UID4)
    where = classic_issue.Plan(UID4, own.sectors, own.code).place()
    with lab.pcscd.slot() as slot:
        slot.insert(card)
        lab.change(Purpose.ISSUE)
        slot.remove()
        torn = PulledAway(card, answered)
        slot.insert(torn)
        with pytest.raises(_GONE), laid_down() as transmit:
            classic_record.write(transmit, where, b"new")
        slot.insert(card)
        with laid_down() as transmit:
            assert classic_record.read(transmit, where) in (b"XZCLUB", b"new")
            classic_record.write(transmit, where, b"newer")
            assert classic_record.read(transmit, where) == b"newer"


@pytest.mark.parametrize("answered", [4, 13, 22, 29])
def test_a_card_torn_out_of_the_reader_is_finished_when_it_comes_back(lab: Lab, answered: int) -> None:
    card = Ntag424.blank(UID)
    with lab.pcscd.slot() as slot:
        slot.insert(PulledAway(card, answered))
        with pytest.raises((errors.CardLeft, service.CardRemoved, service.CardReset)):
            lab.change(Purpose.ISSUE)
        torn = bench.Bench(lab.key_path, lab.folder / "journal", lambda: "now")
        with torn:
            [line] = torn.torn()
        assert line.startswith(f"card ··{UID.hex().upper()[-4:]}: issue to version 1, torn at")
        slot.insert(card)
        lab.change(Purpose.ISSUE)
        assert card.holds(lab.held())
        with bench.Bench(lab.key_path, lab.folder / "journal", lambda: "now") as after:
            assert after.torn() == []


def test_a_card_of_another_kind_is_refused_kindly(lab: Lab) -> None:
    with lab.pcscd.slot() as slot:
        slot.insert(UidOnly(bytes.fromhex("A1B2C3D4")))
        found = lab.command("issue", "--keys", str(lab.key_path))
        assert found.returncode == 1
        assert "expected an NTAG 424 DNA, a DESFire EV1 to EV3 or a MIFARE Classic, found ultralight" in found.stderr
        assert "Traceback" not in found.stderr


def test_a_cpu_card_is_refused_with_who_gives_it_its_keys(lab: Lab) -> None:
    with lab.pcscd.slot() as slot:
        slot.insert(CpuCard(UID4, Algorithm.SM4, {1: bytes(16)}))
        found = lab.command("issue", "--keys", str(lab.key_path))
        assert (found.returncode, "Traceback" in found.stderr) == (1, False)
        assert "a CPU card has its keys from its maker, and a phone is enrolled by the central API" in found.stderr


def test_another_program_is_kept_away_while_a_card_is_issued(lab: Lab) -> None:
    with lab.pcscd.slot() as slot, reader.connected() as mine, reader.connected() as theirs:
        slot.insert(Ntag424.blank(UID))
        name, _ = one_card.wait(mine, naming.choice("pcsc"), 10.0)
        with one_card.alone(mine, name), pytest.raises(service.CardBusy), theirs.card(name):
            raise AssertionError("expected to be kept away")


def test_no_card_no_reader_and_no_keys_are_told(lab: Lab) -> None:
    for arguments, said in (
        (("issue", "--keys", str(lab.key_path), "--seconds", "0.3"), "no card came within 0 s"),
        (
            ("issue", "--keys", str(lab.key_path), "--seconds", "0.3", "--reader", "pcsc:ACR122"),
            "no reader matches ACR122",
        ),
        (("reset", "--keys", str(lab.folder / "none")), "cannot be read"),
        (("new-keys", str(lab.key_path), "--url", URL_TEMPLATE), "File exists"),
    ):
        found = lab.command(*arguments)
        assert (found.returncode, said in found.stderr) == (1, True), found.stderr


def test_the_doctor_finds_the_readers(lab: Lab) -> None:
    found = lab.command("doctor")
    assert "good  the PC/SC service runs and lets this account in" in found.stdout
    assert f"good  reader {lab.pcscd.readers[0]}" in found.stdout


def test_a_card_that_is_refused_changes_nothing(lab: Lab) -> None:
    card = Ntag424(UID, bytes(16), bytes(16))
    card._chip.keys = [(bytes((9,)) * 16, 7)] * 5
    with lab.pcscd.slot() as slot:
        slot.insert(card)
        with pytest.raises(AuthorityRefused, match="not our card"):
            lab.change(Purpose.ISSUE)
    assert card._chip.keys == [(bytes((9,)) * 16, 7)] * 5
