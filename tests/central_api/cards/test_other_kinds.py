"""DESFire and MIFARE Classic issued and reset through a kiosk that holds no key; torn at every command they end whole (N3, N6)."""

from __future__ import annotations

import secrets
from datetime import timedelta

import pytest
from sqlalchemy import delete, update

from central_api.cards import keys as card_keys
from central_api.cards import repository, runs
from central_api.cards.tables import card_masters, cards
from central_api.db import Tx
from central_api.devices import enrolled
from central_api.lifecycle import card_desk
from club.model import errors as refusals
from club.wire.card_runs import AnswerCardRun, BeginCardRun, CardRunStep
from club.wire.cards import CardSession, Evidence
from kiosk_app.work.card_runs import ServerAuthority
from nfc.issuing import relay
from nfc.issuing.authority import AuthorityRefused, Purpose, Wish
from nfc.protocol import classic, classic_issue, classic_record, errors
from nfc.protocol.applications import CLUB_DESFIRE_AID
from nfc.virtual.classic import Classic
from nfc.virtual.desfire import Desfire
from nfc.virtual.ntag424 import Ntag424
from tests.central_api.cards.test_runs import Counter, counter
from tests.nfc.issuing.cards import Card, Field, kind_of
from tests.support.central import WANG_UID, Club, code_of, new_id, read

__all__ = ["counter"]  # the fixture

DESFIRE_UID, CLASSIC_UID = "0444283CC4FBAA", "A1B2C3D4"  # the first is entered as desfire-ev3
KINDS = pytest.mark.parametrize("kind", ["desfire-ev1", "desfire-ev3", "mifare-classic"])
DONE = pytest.mark.parametrize("done", [False, True], ids=["command lost", "answer lost"])


def blank(kind: str, number: int = 0) -> Card:
    """A card as from the factory, of a number of its own that nobody entered."""
    if kind == "mifare-classic":
        return Classic(bytes.fromhex("C1A551") + bytes((number,)))
    return Desfire(bytes.fromhex("04C0FFEE1122") + bytes((number,)), {}, generation=int(kind[-1]))


def holds(club: Club, card: Card, version: int) -> bool:
    """Whether a card is a member card by the server's keys of a version; 0: as from the factory."""
    context = club.context
    with context.db.read() as tx:
        keyset = card_keys.StoredKeys(tx, context.keyring, context.vault)
        if isinstance(card, Desfire):
            if not version:
                return not card.applications
            own, made = keyset.desfire(version, card.uid), card.applications[CLUB_DESFIRE_AID]
            return (made.keys, made.versions) == ([own.issuer, own.proof], [version, version])
        assert isinstance(card, Classic)
        if not version:
            return card.blocks == Classic(card.uid).blocks
        held = keyset.classic(version, card.uid)
    for sector, pair in held.sectors.items():
        trailer = card.blocks[classic.trailer_of(sector)]
        if (trailer[:6], trailer[10:]) != pair:
            return False
    card.power_on()
    place = classic_issue.Plan(card.uid, held.sectors, held.code).place()
    return classic_record.read(lambda command: card.transmit(command) or b"", place) == b"XZCLUB"


def tears(club: Club, length: int) -> range:
    """Each command; on PostgreSQL, where the same code only takes longer, each fifth."""
    with club.context.db.read() as tx:
        return range(0, length, 1 if tx.dialect == "sqlite" else 5)


class Direct:
    """The central API without the wire, each run in one unit of work: thousands of requests are made here.

    All a run knows stands in the database, also between two requests of the same unit of work.
    """

    def __init__(self, club: Club) -> None:
        self._club = club
        own = club.device("kiosk-1")
        self.device = enrolled.Device(own.identity.device_id, "kiosk", "kiosk-1", "east")
        self._tx: Tx | None = None

    def permit(self, purpose: runs.Purpose) -> None:
        now = self._club.clock.now()
        until = now + timedelta(hours=8)
        with self._club.context.db.write() as tx:
            card_keys.ensure_first(tx, self._club.context.vault, now)
            permit = runs.Permit(new_id(), self.device.id, purpose, "2026-05", 1000, until, "staff:1001")
            runs.grant(tx, permit, now)

    def begin_card_run(self, request: BeginCardRun) -> CardRunStep:
        assert self._tx is not None
        seed = secrets.token_bytes(runs.SEED_BYTES)
        return runs.begin(self._tx, self._means(self._tx), self.device, request, seed=seed)

    def answer_card_run(self, run_id: str, request: AnswerCardRun) -> CardRunStep:
        assert self._tx is not None
        raw = bytes.fromhex(request.answer)
        found = runs.answer(self._tx, self._means(self._tx), self.device, run_id, request.index, raw)
        if isinstance(found, refusals.ClubError):
            raise found
        return found

    def run(self, card: Card, purpose: Purpose, at: int | None = None, done: bool = False) -> int:
        """Run once; how many commands it took, and 0 when the card was torn out."""
        wish, place = Wish(new_id(), purpose, card.uid, kind_of(card)), Field(card, at, done)
        with self._club.context.db.write() as self._tx:
            try:
                relay.run(ServerAuthority(self), wish, place.transmit)
            except errors.CardLeft:
                return 0
        return len(place.commands)

    def _means(self, tx: Tx) -> runs.Means:
        context = self._club.context
        keyset = card_keys.StoredKeys(tx, context.keyring, context.vault)
        return runs.Means(keyset, context.vault, context.settings.cards.url, self._club.clock.now())


@KINDS
@DONE
def test_torn_at_every_command_a_card_is_issued_by_the_next_run(club: Club, kind: str, done: bool) -> None:
    server = Direct(club)
    server.permit("issue")
    card = blank(kind, 255)
    length = server.run(card, Purpose.ISSUE)
    assert length >= 21
    assert holds(club, card, 1)
    for at in tears(club, length):
        card = blank(kind, at)
        assert server.run(card, Purpose.ISSUE, at, done) == 0
        assert server.run(card, Purpose.ISSUE)
        assert holds(club, card, 1), f"torn at command {at}, done: {done}"


@KINDS
@DONE
def test_torn_at_every_command_a_card_is_made_blank_by_the_next_run(club: Club, kind: str, done: bool) -> None:
    server = Direct(club)
    server.permit("issue")
    server.permit("reset")
    card = blank(kind)
    server.run(card, Purpose.ISSUE)
    length = server.run(card, Purpose.RESET)
    for at in tears(club, length):
        server.run(card, Purpose.ISSUE)
        assert server.run(card, Purpose.RESET, at, done) == 0
        assert server.run(card, Purpose.RESET)
        assert holds(club, card, 0), f"torn at command {at}, done: {done}"


@KINDS
def test_through_the_routes_a_card_is_issued_renewed_and_reset_and_counted(
    club: Club, counter: Counter, kind: str
) -> None:
    counter.permit(cards=2)
    counter.permit("reset", cards=1)
    card = blank(kind)
    assert counter.run(card).version == 1
    assert holds(club, card, 1)
    with club.context.db.write() as tx:
        assert card_keys.add_version(tx, club.context.vault, club.clock.now()) == 2
    assert counter.run(card).version == 2
    assert holds(club, card, 2)
    assert counter.run(card, Purpose.RESET).version == 0
    assert holds(club, card, 0)
    assert counter.left() == 0


def test_no_key_ever_passes_through_the_kiosk_in_the_clear(club: Club, counter: Counter) -> None:
    counter.permit()
    card = blank("desfire-ev3")
    counter.run(card)
    context = club.context
    with context.db.read() as tx:
        own = card_keys.StoredKeys(tx, context.keyring, context.vault).desfire(1, card.uid)
    said = "".join(step.command for step in counter.wire.steps)
    assert own.issuer.hex().upper() not in said
    assert own.proof.hex().upper() not in said


def enter(club: Club, family: str, uid: str) -> str:
    """Take a card into stock; its id."""
    context = club.context
    with context.db.write() as tx:
        desk = card_desk.Desk(context.vault, context.keyring, "staff:1001", club.clock.now())
        one = card_desk.Blank(uid, family, f"8899 {uid[-4:]}", "gold", "uid", "2026-05")
        return card_desk.take_in(tx, desk, one, new_id=new_id)


def test_an_issued_desfire_card_must_prove_itself_from_then_on_and_does(club: Club, counter: Counter) -> None:
    with club.context.db.write() as tx:  # one that a member has already, by its number alone
        tx.execute(update(cards).where(cards.c.uid == DESFIRE_UID).values(assurance="uid"))
    counter.permit()
    card = Desfire(bytes.fromhex(DESFIRE_UID), {})
    bare = Evidence(uid=DESFIRE_UID, family="desfire")
    assert read(counter.device.open(bare), CardSession).assurance == "uid"
    counter.run(card)
    assert code_of(counter.device.open(bare)) == "card_downgraded"
    proved = Evidence(uid=DESFIRE_UID, family="desfire", proof=counter.prove(card))
    assert read(counter.device.open(proved), CardSession).assurance == "cryptogram"


def test_an_issued_classic_card_stays_what_it_is_a_number(club: Club, counter: Counter) -> None:
    card_id = enter(club, "mifare-classic", CLASSIC_UID)
    counter.permit()
    counter.run(Classic(bytes.fromhex(CLASSIC_UID)))
    with club.context.db.read() as tx:
        row = repository.card_by_id(tx, card_id)
    assert (row.assurance, row.key_version) == ("uid", 1)
    begin = BeginCardRun(run_id=new_id(), purpose="prove", uid=CLASSIC_UID)
    assert code_of(counter.device.post("/v1/card-runs", begin)) == "card_not_fit"


def test_a_card_written_before_it_comes_into_stock_is_known_there(club: Club, counter: Counter) -> None:
    counter.permit()
    card = blank("desfire-ev3")
    counter.run(card)
    with club.context.db.write() as tx:
        card_keys.add_version(tx, club.context.vault, club.clock.now())
    card_id = enter(club, "desfire-ev3", card.uid.hex().upper())
    with club.context.db.read() as tx:
        row = repository.card_by_id(tx, card_id)
    assert (row.key_version, row.assurance) == (1, "cryptogram")  # whatever it is entered as


def test_a_card_is_issued_as_what_it_was_entered_as_and_nothing_else(counter: Counter) -> None:
    counter.permit()
    for card in (Desfire(bytes.fromhex(WANG_UID), {}), Desfire(bytes.fromhex(DESFIRE_UID), {}, generation=1)):
        with pytest.raises(AuthorityRefused) as refused:
            counter.run(card)
        assert refused.value.code == "card_not_fit"
        assert not card.applications
    with pytest.raises(AuthorityRefused):
        counter.run(Ntag424.blank(bytes.fromhex(DESFIRE_UID)))
    assert counter.left() == 5


@pytest.mark.parametrize(
    ("family", "uid"),
    [("cpu-sm4", "04C0FFEE112233"), ("", "A1B2C3D4"), ("desfire-ev3", "A1B2C3D4"), ("mifare-classic", "08B2C3D4")],
)
def test_what_cannot_be_issued_is_refused(counter: Counter, family: str, uid: str) -> None:
    counter.permit()
    begin = BeginCardRun(run_id=new_id(), purpose="issue", uid=uid, family=family)
    assert code_of(counter.device.post("/v1/card-runs", begin)) == "card_not_fit"


@KINDS
def test_another_programmes_card_is_refused_and_left_as_it_was(club: Club, counter: Counter, kind: str) -> None:
    counter.permit()
    card = blank(kind)
    counter.run(card)
    context = club.context
    with context.db.write() as tx:
        for purpose in ("app", "write"):  # other masters, as another programme has
            tx.execute(delete(card_masters).where(card_masters.c.purpose == purpose))
        card_keys.ensure_first(tx, context.vault, club.clock.now())
    with pytest.raises(AuthorityRefused) as refused:
        counter.run(card)
    assert refused.value.code == "card_not_fit"
