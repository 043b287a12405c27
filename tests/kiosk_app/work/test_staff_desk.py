"""What staff mode asks of the central API and of the card, each answer posted, a real virtual card written (K12, N6)."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

import nfc
from club.model import errors
from club.sync.errors import ServerUnreachable
from club.wire import card_runs
from club.wire import staff_mode as wire
from kiosk_app.flow import effects as ef
from kiosk_app.flow import events as ev
from kiosk_app.flow.state import Digits
from kiosk_app.work.staff_desk import StaffDesk, phase_of
from kiosk_app.work.taps import Taps
from nfc import service
from nfc.issuing.authority import AuthorityRefused, Purpose, Step, Wish
from nfc.issuing.local import LocalAuthority
from nfc.protocol.kind import Kind
from nfc.virtual.desfire import Desfire
from nfc.virtual.ntag424 import Ntag424
from tests.nfc.issuing.cards import UID, Card, Field, a_key_file
from tests.support import kiosk_staff as desk
from tests.support import kiosk_values as make
from tests.support.kiosk_house import Posted

READER = "Virtual reader 00 00"
WRITE = ef.WriteCard(desk.STAFF, desk.ISSUE, "tap-0001", "m-0018", "id-card", None)


class NoJournal:
    """A journal that keeps nothing."""

    def begun(self, *_: object) -> None: ...

    def step(self, *_: object) -> None: ...

    def ended(self, *_: object) -> None: ...

    def torn(self, _: bytes) -> None:
        return None


@dataclass
class Server:
    """A central API that issues by keys of a laboratory."""

    error: Exception | None = None
    ends: wire.IssueState = "done"
    asked: list[tuple[str, object]] = field(default_factory=list)
    spoils_at: int = -1
    family: str = "ntag424"

    def __post_init__(self) -> None:
        self.authority = LocalAuthority(a_key_file(), NoJournal())  # type: ignore[arg-type]

    def _take(self, what: str, request: object) -> None:
        self.asked.append((what, request))
        if self.error is not None:
            raise self.error

    def open_staff_session(self, request: wire.OpenStaffSession) -> wire.StaffSession:
        self._take("open", request)
        return desk.SESSION

    def end_staff_session(self, session_id: str) -> None:
        self._take("end", session_id)

    def staff_ask(self, session_id: str, what: str, request: object, kind: type[Any]) -> Any:
        self._take(what, request)
        match what:
            case "members":
                return wire.FoundMembers(members=(desk.a_member(),))
            case "issues":
                return desk.an_issue(family=self.family)
            case "vouchers" | "vouchers/fulfil":
                return desk.a_voucher("fulfilled" if "/" in what else "issued")
            case "pins" | "cards":
                return wire.CardNow(card_id="card-0001", state="active")
            case _ if what.endswith("/drop"):
                return wire.CardNow(card_id="card-0001", state="stock")
            case _:
                return desk.an_issue(self.ends, family=self.family)

    def begin_card_run(self, request: card_runs.BeginCardRun) -> card_runs.CardRunStep:
        return _wire(
            request.run_id,
            self.authority.begin(Wish(request.run_id, Purpose.ISSUE, UID, Kind(request.family or "ntag424"))),
        )

    def answer_card_run(self, run_id: str, request: card_runs.AnswerCardRun) -> card_runs.CardRunStep:
        if request.index == self.spoils_at:
            raise errors.CardNotFit(state="not_as_written", needs="card")
        try:
            return _wire(run_id, self.authority.answer(run_id, request.index, bytes.fromhex(request.answer)))
        except AuthorityRefused as refused:
            raise errors.CardNotFit(state=refused.code, needs="card") from refused


def _wire(run_id: str, step: Step) -> card_runs.CardRunStep:
    command = step.command.hex().upper() if step.command else ""
    return card_runs.CardRunStep(
        run_id=run_id, index=step.index, command=command, what=step.what, done=step.outcome is not None
    )


@dataclass
class House:
    """A desk, its server and a card."""

    server: Server = field(default_factory=Server)
    card: Card = field(default_factory=lambda: Ntag424.blank(UID))
    torn_at: int | None = None
    busy: int = 0

    def __post_init__(self) -> None:
        self.posted = Posted()
        self.connections = 0
        self.taps = Taps()
        self.desk = StaffDesk(
            self.server, self.posted, self.taps, self._connect, lambda: f"run-{self.connections:04d}", 60.0
        )
        self.tapped("tap-0001")

    def tapped(self, tap: str, uid: bytes = UID) -> None:
        evidence = nfc.Evidence(uid, nfc.Family.NTAG424, nfc.Assurance.UID, None, self.card.atr)
        self.taps.tapped(tap, READER, evidence)

    @contextmanager
    def _connect(self, reader: str) -> Iterator[Callable[[bytes], bytes]]:
        assert reader == READER
        self.connections += 1
        if self.busy:
            self.busy -= 1
            raise service.CardBusy("another program has it")
        self.card.power_on()
        yield Field(self.card, self.torn_at).transmit

    @property
    def told(self) -> list[ev.Event]:
        return [event for event in self.posted.events if not isinstance(event, ev.IssueStep)]

    @property
    def steps(self) -> list[ev.IssueStep]:
        return [event for event in self.posted.events if isinstance(event, ev.IssueStep)]


def test_a_card_is_written_with_each_step_told_and_then_activated() -> None:
    house = House()
    house.desk.do(WRITE)
    assert house.told == [ev.IssueMoved(desk.an_issue()), ev.IssueMoved(desk.an_issue("done"))]
    assert [step.phase for step in house.steps] == sorted(step.phase for step in house.steps)
    assert {step.phase for step in house.steps} == set(range(5))
    assert [step.percent for step in house.steps] == sorted(step.percent for step in house.steps)
    assert house.steps[-1].percent < 100
    assert [what for what, _ in house.server.asked] == ["issues", f"issues/{desk.ISSUE}/end"]


def test_a_card_that_the_watch_still_holds_is_waited_for() -> None:
    house = House(busy=2)
    house.desk.do(WRITE)
    assert house.told[-1] == ev.IssueMoved(desk.an_issue("done"))


def test_a_card_taken_away_is_torn_and_goes_on_when_it_is_back() -> None:
    house = House(torn_at=14)
    house.desk.do(WRITE)
    assert house.told == [ev.IssueMoved(desk.an_issue()), ev.IssueTorn(desk.ISSUE)]
    house.torn_at = None
    house.desk.do(WRITE)
    assert house.told[-1] == ev.IssueMoved(desk.an_issue("done"))


def test_a_run_that_failed_is_for_the_central_api_to_judge() -> None:
    house = House(Server(ends="spoiled", spoils_at=20))
    house.desk.do(WRITE)
    assert house.told[-1] == ev.IssueMoved(desk.an_issue("spoiled"))


def test_a_refused_card_and_a_network_that_is_gone_are_told() -> None:
    refusal = errors.CardNotFit(state="active", needs="stock")
    house = House(Server(error=refusal))
    house.desk.do(WRITE)
    house.server.error = ServerUnreachable("no answer")
    house.desk.do(WRITE)
    assert house.told == [ev.IssueTorn(desk.ISSUE, refusal), ev.IssueTorn(desk.ISSUE)]
    assert house.connections == 0


@pytest.mark.parametrize("dropped", [False, True])
def test_where_another_card_was_read_since_nothing_is_written(dropped: bool) -> None:
    house = House()
    house.tapped("tap-0002", bytes.fromhex("04112233445566"))
    if dropped:
        house.taps.forget("tap-0002")
    house.desk.do(WRITE)
    assert [type(event) for event in house.told] == [ev.IssueTorn]
    assert house.server.asked == []


def test_a_tap_that_is_over_and_a_short_uid_are_not_written() -> None:
    house = House()
    house.taps.forget("tap-0001")
    house.desk.do(WRITE)
    house.tapped("tap-0001", UID[:4])
    house.desk.do(WRITE)
    assert [type(event) for event in house.told] == [ev.IssueTorn, ev.IssueTorn]
    assert house.server.asked == []


def test_the_same_card_read_once_more_is_written() -> None:
    house = House()
    house.tapped("tap-0002")
    house.desk.do(WRITE)
    assert house.told[-1] == ev.IssueMoved(desk.an_issue("done"))


def test_what_staff_ask_is_asked_and_answered() -> None:
    house = House()
    pin = Digits("274936")
    house.desk.enter(ef.OpenStaff(desk.STAFF, pin), make.an_evidence())
    house.desk.do(ef.FindMembers(desk.STAFF, "ask-0001", Digits("3348")))
    house.desk.do(ef.SetCardPin(desk.STAFF, "ask-0002", "card-0001", pin, pin, "id-card"))
    house.desk.do(ef.ActOnCard(desk.STAFF, "ask-0003", "card-0001", "block", "id-card"))
    house.desk.do(ef.EndStaff("staff-session-9", opened=False, why=ef.Ending.DONE))
    house.desk.do(ef.EndStaff(desk.STAFF, opened=True, why=ef.Ending.DONE))
    assert [what for what, _ in house.server.asked] == ["open", "members", "pins", "cards", "end"]
    found = wire.FoundMembers(members=(desk.a_member(),))
    assert house.told == [
        ev.StaffOpened(desk.SESSION),
        ev.MembersFound("ask-0001", found),
        ev.CardDone("ask-0002"),
        ev.CardDone("ask-0003"),
    ]


def test_what_is_refused_or_does_not_come_is_told() -> None:
    wrong = errors.PinWrong(tries_left=4)
    house = House(Server(error=wrong))
    asked = ef.OpenStaff(desk.STAFF, Digits("274936"))
    house.desk.enter(asked, make.an_evidence())
    house.server.error = ServerUnreachable("no answer")
    house.desk.enter(asked, make.an_evidence())
    house.desk.do(ef.EndStaff(desk.STAFF, opened=True, why=ef.Ending.IDLE))
    assert house.told == [ev.StaffFailed(desk.STAFF, wrong), ev.StaffFailed(desk.STAFF)]
    house.desk.enter(asked, None)
    assert isinstance(house.told[-1], ev.StaffFailed)


def test_a_session_whose_opening_was_never_answered_is_ended_all_the_same() -> None:
    house = House(Server(error=ServerUnreachable("no answer")))
    house.desk.enter(ef.OpenStaff(desk.STAFF, Digits("274936")), make.an_evidence())
    house.desk.do(ef.EndStaff(desk.STAFF, opened=False, why=ef.Ending.IDLE))
    assert [what for what, _ in house.server.asked] == ["open", "end"]


def test_phases_by_name_and_place() -> None:
    named = [(0, "select the application", 0), (8, "write file 2 from 0 on", 1), (12, "change key 1", 2),
             (13, "read the version of key 1", 2), (24, "read the version of key 0", 3), (35, "read as at a tap", 3)]  # fmt: skip
    assert [phase_of(Step(index, b"", what)) for index, what, _ in named] == [phase for _, _, phase in named]


def test_a_voucher_is_asked_for_and_handed_over_under_its_own_id() -> None:
    house, code = House(), Digits(desk.CODE)
    house.desk.do(ef.SeeVoucher(desk.STAFF, "ask-0001", code))
    house.desk.do(ef.FulfilVoucher(desk.STAFF, "ask-0002", "act-0001", code))
    assert house.server.asked == [
        ("vouchers", wire.SeeVoucher(code=desk.CODE)),
        ("vouchers/fulfil", wire.FulfilVoucher(act_id="act-0001", code=desk.CODE)),
    ]
    assert house.told == [
        ev.VoucherSeen("ask-0001", desk.a_voucher()),
        ev.VoucherHanded("ask-0002", desk.a_voucher("fulfilled")),
    ]
    house.server.error = closed = errors.VoucherClosed(state="fulfilled", day="2026-05-16")
    house.desk.do(ef.FulfilVoucher(desk.STAFF, "ask-0003", "act-0002", code))
    house.server.error = ServerUnreachable("no answer")
    house.desk.do(ef.FulfilVoucher(desk.STAFF, "ask-0004", "act-0003", code))
    assert house.told[2:] == [ev.StaffFailed("ask-0003", closed), ev.StaffFailed("ask-0004")]


def test_a_stray_session_is_closed_and_the_card_that_lies_there_is_kept() -> None:
    house = House()
    house.desk.do(ef.EndStray("staff-tap-0000", staff=True))
    house.desk.do(WRITE)
    assert house.server.asked[0] == ("end", "staff-tap-0000")
    assert house.told[-1] == ev.IssueMoved(desk.an_issue("done"))


def a_desfire() -> Card:
    """A blank DESFire EV2."""
    return Desfire(UID, {}, generation=2)


@pytest.mark.parametrize(
    ("card", "family"),
    [(lambda: Ntag424.blank(UID), "desfire-ev2"), (a_desfire, "ntag424"), (a_desfire, "desfire-ev3")],
)
def test_a_card_of_another_kind_than_the_stock_says_is_not_written(card: Callable[[], Card], family: str) -> None:
    house = House(Server(family=family), card=card())
    house.desk.do(WRITE)
    told = house.told[-1]
    assert isinstance(told, ev.IssueTorn)
    assert isinstance(told.error, errors.CardNotFit)
    assert (told.error.text("state"), told.error.text("needs")) == ("other-kind", family)
    assert house.steps == []
    assert house.server.asked[1:] == [(f"issues/{desk.ISSUE}/drop", wire.DropIssue(reason="other-kind"))]


@pytest.mark.parametrize("fault", [ServerUnreachable("no answer"), errors.NotFound(), errors.SessionEnded()])
def test_that_nothing_is_written_is_said_once_and_not_waited_for(fault: Exception) -> None:
    """The card was refused on the glass before, and stays so; the permit then ends by itself."""
    server = Server(family="desfire-ev2")
    house, ask = House(server), server.staff_ask

    def dropping(session_id: str, what: str, request: object, kind: type[Any]) -> Any:
        found = ask(session_id, what, request, kind)
        if what.endswith("/drop"):
            assert isinstance(house.told[-1], ev.IssueTorn), "staff are told first"
            raise fault
        return found

    server.staff_ask = dropping  # type: ignore[method-assign]
    house.desk.do(WRITE)
    assert [type(event) for event in house.told] == [ev.IssueMoved, ev.IssueTorn]
    assert [what for what, _ in server.asked] == ["issues", f"issues/{desk.ISSUE}/drop"]


def test_a_card_of_another_family_is_written_as_what_it_is() -> None:
    house = House(Server(family="desfire-ev2"), card=a_desfire())
    house.desk.do(WRITE)
    assert house.told[-1] == ev.IssueMoved(desk.an_issue("done", family="desfire-ev2"))
