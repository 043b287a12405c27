"""Cards that mean harm: no exception gets out, the caller has an answer in time, one thread for each reader at most."""

from __future__ import annotations

import gc
import random
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import nfc
from nfc import families
from nfc.issuing import relay
from nfc.issuing.authority import AuthorityRefused, Purpose, Wish
from nfc.issuing.journal import Journal
from nfc.issuing.local import LocalAuthority
from nfc.protocol import apdu, errors
from nfc.protocol.ciphers import Algorithm
from nfc.protocol.kind import Kind
from nfc.virtual.card import Card
from nfc.virtual.classic import Classic
from nfc.virtual.cpu_card import CpuCard
from nfc.virtual.desfire import Desfire
from nfc.virtual.desfire import member_card as desfire_card
from nfc.virtual.faults import Hostile
from nfc.virtual.ntag424 import Ntag424
from nfc.virtual.phone import Phone
from nfc.virtual.slot import VirtualSlot
from tests.nfc.issuing.cards import a_key_file
from tests.support.rig import Inbox, card_rig, member_card

_PAGE = 4096
_FLAT_BYTES = 8 * 1024 * 1024
_STEP = 500


def read(transmit: apdu.Transmit, atr: bytes) -> None:
    """Read a card as a tap does; what a reader may meet is a protocol error or a card that is refused, nothing else."""
    try:
        families.read_evidence(transmit, atr)
    except (errors.ProtocolError, families.NotReadable):
        return


@given(st.binary(max_size=40), st.lists(st.binary(max_size=300), min_size=1, max_size=80))
def test_no_answers_and_no_atr_break_the_reading(atr: bytes, answers: list[bytes]) -> None:
    left = iter(answers)
    read(lambda _: next(left, b""), atr)


@given(
    st.lists(st.binary(max_size=64), min_size=1, max_size=60), st.sampled_from(list(Purpose)[:2]), st.sampled_from(Kind)
)
def test_no_answers_break_the_issuing(answers: list[bytes], purpose: Purpose, kind: Kind) -> None:
    left = iter(answers)
    issue(lambda _: next(left, b""), purpose, 1, kind)


def issue(transmit: apdu.Transmit, purpose: Purpose, seed: int, kind: Kind = Kind.NTAG424) -> None:
    authority = LocalAuthority(a_key_file(), NoJournal(), random.Random(seed).randbytes)
    try:
        relay.run(authority, Wish("run-00001", purpose, bytes.fromhex("04A1B2C3D4E5F6"), kind), transmit)
    except (AuthorityRefused, errors.CardLeft):
        return


def begun_as(seed: int) -> tuple[Card, Kind]:
    """What a hostile card begins as, each family in its turn, and what one would take it for when issuing."""
    uid = bytes.fromhex("04A1B2C3D4E5F6")
    made: tuple[Callable[[], tuple[Card, Kind]], ...] = (
        lambda: (member_card(), Kind.NTAG424),
        lambda: (Ntag424.blank(uid), Kind.NTAG424),
        lambda: (desfire_card(uid, bytes(16)), Kind.DESFIRE_EV3),
        lambda: (Desfire(uid, {}), Kind.DESFIRE_EV3),
        lambda: (Desfire(uid, {}, generation=1), Kind.DESFIRE_EV1),
        lambda: (Classic(uid), Kind.CLASSIC),
        lambda: (CpuCard(uid, Algorithm.SM4, {1: bytes(16)}), Kind.DESFIRE_EV2),
        lambda: (Phone(bytes.fromhex("C0FFEE0000000001")), Kind.NTAG424),
    )
    return made[seed % len(made)]()


def ask(card: Hostile, command: bytes) -> bytes:
    return card.transmit(command) or b""


class NoJournal(Journal):
    """Keeps nothing: a hundred thousand flushes to the disk are not what is tested."""

    def __init__(self) -> None:
        self._torn = {}
        self._now = str

    def _add(self, entry: dict[str, object]) -> None:
        self._take(entry)


def resident() -> int:
    gc.collect()
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * _PAGE


@pytest.mark.parametrize(
    "exchanges", [4_000, pytest.param(100_000, marks=[pytest.mark.long, pytest.mark.timeout(600)])]
)
def test_a_hostile_card_at_the_transport(exchanges: int) -> None:
    done, seed, warm = 0, 0, 0
    while done < exchanges:
        seed += 1
        chance = random.Random(seed)
        card, kind = begun_as(seed)
        hostile = Hostile(card, chance)
        hostile.power_on()
        if chance.random() < 0.5:
            read(partial(ask, hostile), card.atr)
        else:
            issue(partial(ask, hostile), chance.choice((Purpose.ISSUE, Purpose.RESET)), seed, kind)
        done += hostile.exchanges
        if seed == _STEP:
            warm = resident()
    if warm:
        assert resident() - warm < _FLAT_BYTES


class Villain:
    """Lays hostile cards on one reader and sees that each is answered in time."""

    def __init__(self, slot: VirtualSlot, name: str, seed: int) -> None:
        self._slot, self._name = slot, name
        self._chance = random.Random(seed)
        self._laid = 0
        self.exchanges = 0
        self.slowest_s = 0.0

    def lay_one(self, inbox: Inbox) -> None:
        card, kind = begun_as(self._laid)
        self._laid += 1
        if kind is Kind.CLASSIC:  # of which a tap asks the UID alone
            card, _ = begun_as(self._laid)
            self._laid += 1
        hostile = Hostile(card, random.Random(self._chance.random()), silent=True, slow_s=0.05)
        self._slot.insert(hostile)
        begun = time.monotonic()
        inbox.outcome(self._name)
        self.slowest_s = max(self.slowest_s, time.monotonic() - begun)
        self._slot.remove()
        inbox.next(nfc.CardGone, reader=self._name)
        self.exchanges += hostile.exchanges


@pytest.mark.reader
@pytest.mark.alone
@pytest.mark.parametrize("exchanges", [60, pytest.param(2_000, marks=[pytest.mark.long, pytest.mark.timeout(900)])])
def test_a_hostile_card_through_the_service(exchanges: int) -> None:
    timing = nfc.Timing(deadline_s=0.6, debounce_s=0.0)
    with card_rig(timing=timing) as rig:
        villain = Villain(rig.slot, rig.pcscd.readers[0], exchanges)
        warm = 0
        while villain.exchanges < exchanges:
            villain.lay_one(rig.inbox)
            parked = [thread for thread in threading.enumerate() if thread.name == "nfc-read"]
            assert len(parked) <= 1
            warm = warm or resident()
        # Until pcscd sees a card 0.4 s may pass, and on a busy machine some seconds until it lets us tell; a card that was
        # waited for would keep us for ever.
        assert villain.slowest_s < timing.deadline_s + 5.0
        assert resident() - warm < _FLAT_BYTES
        rig.slot.insert(member_card())
        assert rig.inbox.next(nfc.CardPresented).evidence.assurance is nfc.Assurance.CRYPTOGRAM
