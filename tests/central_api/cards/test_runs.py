"""Cards issued, reset and proved through a kiosk that carries bytes and holds no key, on both databases (N3, N6)."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from central_api.cards import keys as card_keys
from central_api.cards import repository, runs, sessions
from central_api.cards.tables import card_masters, card_permits, card_runs
from central_api.lifecycle import card_desk
from central_api.security import rotation
from central_api.staff.tables import audit
from club.model import errors as refusals
from club.wire.card_runs import AnswerCardRun, BeginCardRun, CardRunStep
from club.wire.cards import CardSession, Evidence
from kiosk_app.work.card_runs import ServerAuthority
from nfc import families
from nfc.issuing import relay
from nfc.issuing.authority import AuthorityRefused, Outcome, Purpose, Wish
from nfc.protocol import errors, keys
from nfc.virtual.ntag424 import Ntag424
from tests.nfc.issuing.cards import Card, Field, kind_of, torn
from tests.support.central import WANG_UID, Club, Device, code_of, new_id, read

NEW_UID = "04C0FFEE112233"


class Wire:
    """What the kiosk's authority asks, sent signed through the real routes."""

    def __init__(self, device: Device) -> None:
        self.device = device
        self.steps: list[CardRunStep] = []

    def begin_card_run(self, request: BeginCardRun) -> CardRunStep:
        return self._read(self.device.post("/v1/card-runs", request))

    def answer_card_run(self, run_id: str, request: AnswerCardRun) -> CardRunStep:
        return self._read(self.device.post(f"/v1/card-runs/{run_id}/answers", request))

    def _read(self, answer: Any) -> CardRunStep:
        if answer.status_code != 200:
            kind = {"card_not_fit": refusals.CardNotFit, "not_allowed": refusals.NotAllowed}
            raise kind.get(code_of(answer), refusals.Refusal)(code_of(answer))
        self.steps.append(read(answer, CardRunStep))
        return self.steps[-1]


class Counter:
    """A kiosk at which cards are handled."""

    def __init__(self, club: Club, place: str = "kiosk-1") -> None:
        self.club = club
        self.device = club.device(place)
        self.wire = Wire(self.device)

    def permit(self, purpose: Any = "issue", cards: int = 5, hours: int = 8) -> None:
        now = self.club.clock.now()
        given = runs.Permit(
            new_id(),
            self.device.identity.device_id,
            purpose,
            "2026-05",
            cards,
            now + timedelta(hours=hours),
            "staff:1001",
        )
        with self.club.context.db.write() as tx:
            runs.grant(tx, given, now)

    def run(self, card: Card, purpose: Purpose = Purpose.ISSUE, at: int | None = None, done: bool = False) -> Outcome:
        wish = Wish(new_id(), purpose, card.uid, kind_of(card))
        return relay.run(ServerAuthority(self.wire), wish, Field(card, at, done).transmit)

    def prove(self, card: Card) -> str:
        """Have a card prove itself; the run's id."""
        self.run(card, Purpose.PROVE)
        return self.wire.steps[-1].run_id

    def left(self) -> int:
        with self.club.context.db.read() as tx:
            return int(tx.scalar(select(func.sum(card_permits.c.left))))

    def holds(self, card: Ntag424, version: int) -> bool:
        """Whether a card holds the server's keys of a version."""
        context = self.club.context
        with context.db.read() as tx:
            return card.holds(card_keys.StoredKeys(tx, context.keyring, context.vault).card(version, card.uid))


@pytest.fixture
def counter(club: Club) -> Counter:
    return Counter(club)


def evidence_of(card: Ntag424) -> Evidence:
    """A tap, as the kiosk sends it."""
    card.power_on()
    found = families.read_evidence(lambda command: card.transmit(command) or b"", card.atr)
    return Evidence(uid=found.uid.hex().upper(), family=found.family.value, sun_url=found.sun_url)


def a_blank(uid: str = WANG_UID) -> Ntag424:
    return Ntag424.blank(bytes.fromhex(uid))


def acts(club: Club) -> list[str]:
    with club.context.db.read() as tx:
        return [row.act for row in tx.rows(select(audit.c.act).where(audit.c.act.like("card.%")).order_by(audit.c.id))]


def test_a_blank_card_is_issued_and_opens_its_members_session(club: Club, counter: Counter) -> None:
    counter.permit()
    card = a_blank()
    assert counter.run(card) == Outcome(Purpose.ISSUE, 1, 1)
    assert counter.holds(card, 1)
    session = read(counter.device.open(evidence_of(card)), CardSession)
    assert (session.member.member_id, session.assurance) == ("m0001", "cryptogram")
    assert acts(club)[-3:] == ["card.permit", "card.issue-begin", "card.issue-done"]
    assert counter.left() == 4


def test_the_message_read_while_issuing_is_no_tap(counter: Counter) -> None:
    counter.permit()
    card = a_blank()
    counter.run(card)
    card.counter = 0
    assert code_of(counter.device.open(evidence_of(card))) == "cryptogram_replayed"


def test_a_new_card_comes_into_stock_with_what_was_written_to_it(club: Club, counter: Counter) -> None:
    counter.permit()
    counter.run(a_blank(NEW_UID))
    context = club.context
    blank = card_desk.Blank(NEW_UID, "ntag424", "8800 0127 9999", "gold", "cryptogram", "2026-05")
    with context.db.write() as tx:
        desk = card_desk.Desk(context.vault, context.keyring, "staff:1001", club.clock.now())
        card_desk.take_in(tx, desk, blank, new_id=new_id)
        row = repository.card(tx, NEW_UID)
        assert (row.state, row.key_version, row.last_counter) == ("stock", 1, 1)
        assert [(line.batch, line.cards) for line in repository.stock(tx) if line.batch == "2026-05"] == [
            ("2026-05", 1)
        ]


def test_keys_are_renewed_and_older_cards_stay_good(club: Club, counter: Counter) -> None:
    counter.permit()
    card = a_blank()
    counter.run(card)
    with club.context.db.write() as tx:
        assert card_keys.add_version(tx, club.context.vault, club.clock.now()) == 2
    read(counter.device.open(evidence_of(card)), CardSession)
    assert counter.run(card).version == 2
    assert counter.holds(card, 2)
    read(counter.device.open(evidence_of(card)), CardSession)
    assert read(counter.device.open(club.card("045DDFD4CDC112").tap()), CardSession).member.member_id == "m0016"


def test_masters_lie_sealed_and_survive_new_data_keys(club: Club, counter: Counter) -> None:
    counter.permit()
    card, context = a_blank(), club.context
    counter.run(card)
    with context.db.read() as tx:
        stored = b"".join(row.secret for row in tx.rows(select(card_masters.c.secret)))
        seeds = tx.rows(select(card_runs.c.seed))
    assert len(stored) > 2 * 32
    assert len(seeds) == 1
    rotation.seal_anew(context.db, context.vault, context.keyring, club.clock.now())
    assert counter.holds(card, 1)
    counter.run(card)


def test_without_a_permit_nothing_is_changed(counter: Counter) -> None:
    card = a_blank()
    for _ in range(2):
        with pytest.raises(AuthorityRefused) as refused:
            counter.run(card)
        assert refused.value.code == "not_allowed"
    assert card.holds(keys.FACTORY)


def test_a_permit_ends_is_used_up_and_is_one_kiosks(club: Club, counter: Counter) -> None:
    counter.permit(cards=1)
    counter.run(a_blank())
    with pytest.raises(AuthorityRefused):
        counter.run(a_blank(NEW_UID))
    counter.permit(hours=1)
    with pytest.raises(AuthorityRefused):
        Counter(club, "kiosk-2").run(a_blank(NEW_UID))
    club.clock.forward(2 * 3600)
    with pytest.raises(AuthorityRefused):
        counter.run(a_blank(NEW_UID))


def test_a_torn_card_is_finished_by_the_next_run_and_counted_once(counter: Counter) -> None:
    tears = [(0, False), (5, True), (9, True), (17, False), (20, True), (25, True), (34, False)]
    counter.permit(cards=len(tears))
    for number, (at, done) in enumerate(tears, 1):
        card = a_blank(f"04C0FFEE1122{number:02X}")
        with torn():
            counter.run(card, at=at, done=done)
        assert counter.run(card).version == 1
        assert counter.holds(card, 1)
        assert counter.left() == len(tears) - number


def test_a_card_in_stock_is_reset_one_in_use_is_not(club: Club, counter: Counter) -> None:
    counter.permit()
    counter.permit("reset")
    card = a_blank()
    counter.run(card)
    with pytest.raises(AuthorityRefused) as refused:
        counter.run(card, Purpose.RESET)
    assert refused.value.code == "card_not_fit"
    context = club.context
    with context.db.write() as tx:
        desk = card_desk.Desk(context.vault, context.keyring, "staff:1001", club.clock.now())
        card_desk.bring_back(tx, desk, repository.card(tx, WANG_UID).id)
    assert counter.run(card, Purpose.RESET).version == 0
    assert card.holds(keys.FACTORY)


def test_another_programmes_card_is_refused_and_the_failure_kept(club: Club, counter: Counter) -> None:
    counter.permit()
    card = Ntag424(bytes.fromhex(WANG_UID), bytes(16), bytes(16))
    card._chip.keys = [(bytes((7,)) * 16, 9)] * 5
    with pytest.raises(AuthorityRefused):
        counter.run(card)
    with club.context.db.read() as tx:
        [row] = tx.rows(select(card_runs))
        assert (row.state, row.reason) == ("failed", "not_ours")
    assert acts(club)[-1] == "card.issue-failed"


def test_the_same_request_again_gets_the_same_step(counter: Counter) -> None:
    counter.permit()
    card = a_blank()
    card.power_on()
    begin = BeginCardRun(run_id=new_id(), purpose="issue", uid=WANG_UID)
    step = counter.wire.begin_card_run(begin)
    assert counter.wire.begin_card_run(begin) == step
    while not step.done:
        answer = AnswerCardRun(
            index=step.index, answer=(card.transmit(bytes.fromhex(step.command)) or b"").hex().upper()
        )
        step = counter.wire.answer_card_run(begin.run_id, answer)
        assert counter.wire.answer_card_run(begin.run_id, answer) == step
        other = AnswerCardRun(index=answer.index, answer="9000AA9100")
        target = f"/v1/card-runs/{begin.run_id}/answers"
        assert code_of(counter.device.post(target, other)) in ("idempotency_conflict", "session_ended")
    assert counter.holds(card, 1)
    assert counter.left() == 4


def test_a_run_belongs_to_its_kiosk_and_its_card(club: Club, counter: Counter) -> None:
    counter.permit()
    begin = BeginCardRun(run_id=new_id(), purpose="issue", uid=WANG_UID)
    counter.wire.begin_card_run(begin)
    other = club.device("kiosk-2")
    answer = AnswerCardRun(index=0, answer="9000")
    assert other.post(f"/v1/card-runs/{begin.run_id}/answers", answer).status_code == 404
    assert code_of(other.post("/v1/card-runs", begin)) == "idempotency_conflict"
    swapped = BeginCardRun(run_id=begin.run_id, purpose="issue", uid=NEW_UID)
    assert code_of(counter.device.post("/v1/card-runs", swapped)) == "idempotency_conflict"


def test_a_run_is_over_when_its_card_lies_there_anew_and_after_a_while(club: Club, counter: Counter) -> None:
    counter.permit()
    first = BeginCardRun(run_id=new_id(), purpose="issue", uid=WANG_UID)
    second = BeginCardRun(run_id=new_id(), purpose="issue", uid=WANG_UID)
    counter.wire.begin_card_run(first)
    counter.wire.begin_card_run(second)
    answer = AnswerCardRun(index=0, answer="9000")
    assert code_of(counter.device.post(f"/v1/card-runs/{first.run_id}/answers", answer)) == "session_ended"
    club.clock.forward(11 * 60)
    assert code_of(counter.device.post(f"/v1/card-runs/{second.run_id}/answers", answer)) == "session_ended"


def test_a_display_carries_nothing(club: Club) -> None:
    begin = BeginCardRun(run_id=new_id(), purpose="prove", uid=WANG_UID)
    assert code_of(club.device("tv-1").post("/v1/card-runs", begin)) == "not_allowed"


def test_a_challenge_proves_a_card_once_at_the_kiosk_that_carried_it(club: Club, counter: Counter) -> None:
    counter.permit()
    card = a_blank()
    counter.run(card)
    proof = counter.prove(card)
    evidence = Evidence(uid=WANG_UID, family="ntag424", proof=proof)
    assert code_of(club.device("kiosk-2").open(evidence)) == "cryptogram_wrong"
    wrong_card = Evidence(uid="045DDFD4CDC112", family="ntag424", proof=proof)
    assert code_of(counter.device.open(wrong_card)) == "cryptogram_wrong"
    session_id = new_id()
    session = read(counter.device.open(evidence, session_id), CardSession)
    assert (session.assurance, session.member.member_id) == ("cryptogram", "m0001")
    assert read(counter.device.open(evidence, session_id), CardSession).session_id == session_id
    assert code_of(counter.device.open(evidence)) == "cryptogram_wrong"


def test_an_old_proof_and_a_made_up_one_are_refused(club: Club, counter: Counter) -> None:
    counter.permit()
    card = a_blank()
    counter.run(card)
    proof = counter.prove(card)
    club.clock.forward(61)
    for one in (proof, new_id()):
        assert code_of(counter.device.open(Evidence(uid=WANG_UID, family="ntag424", proof=one))) == "cryptogram_wrong"


def test_proofs_do_not_pile_up(club: Club, counter: Counter) -> None:
    counter.permit()
    card = a_blank()
    counter.run(card)
    for _ in range(3):
        counter.prove(card)
        club.clock.forward(11 * 60)
    with club.context.db.read() as tx:
        assert sorted(row.purpose for row in tx.rows(select(card_runs.c.purpose))) == ["issue", "prove"]


def test_evidence_without_a_proof_is_remembered_as_before_there_were_any() -> None:
    evidence = Evidence(uid="A1B2C3D4", family="mifare_classic")
    written = b'{"uid":"A1B2C3D4","family":"mifare_classic","sun_url":null}'
    assert sessions.evidence_digest(evidence) == hashlib.sha256(written).hexdigest()


def test_an_issue_is_no_proof(counter: Counter) -> None:
    counter.permit()
    counter.run(a_blank())
    evidence = Evidence(uid=WANG_UID, family="ntag424", proof=counter.wire.steps[-1].run_id)
    assert code_of(counter.device.open(evidence)) == "cryptogram_wrong"


def test_a_card_with_other_keys_proves_nothing(counter: Counter) -> None:
    with pytest.raises(AuthorityRefused):
        counter.run(a_blank(), Purpose.PROVE)


def test_nobodys_card_has_nothing_to_prove(counter: Counter) -> None:
    begin = BeginCardRun(run_id=new_id(), purpose="prove", uid=NEW_UID)
    assert code_of(counter.device.post("/v1/card-runs", begin)) == "card_unknown"


def test_a_forged_answer_ends_the_run(counter: Counter) -> None:
    counter.permit()
    card = a_blank()
    card.power_on()
    begin = BeginCardRun(run_id=new_id(), purpose="issue", uid=WANG_UID)
    step = counter.wire.begin_card_run(begin)
    for _ in range(2):
        answer = (card.transmit(bytes.fromhex(step.command)) or b"").hex().upper()
        step = counter.wire.answer_card_run(begin.run_id, AnswerCardRun(index=step.index, answer=answer))
    forged = AnswerCardRun(index=step.index, answer="00" * 32 + "9100")
    target = f"/v1/card-runs/{begin.run_id}/answers"
    assert code_of(counter.device.post(target, forged)) == "card_not_fit"
    assert code_of(counter.device.post(target, forged)) == "session_ended"


def test_a_card_that_left_is_told_as_such(counter: Counter) -> None:
    counter.permit()
    with pytest.raises(errors.CardLeft):
        counter.run(a_blank(), at=4)
