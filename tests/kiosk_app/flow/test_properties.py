"""Any events in any order: never an exception, never a dead end, nothing of the member after the end, the PIN nowhere."""

import pickle

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as some

from club.model import errors
from club.model.text import Text
from club.wire.cards import CardSession
from club.wire.rewards import Redeem
from club.wire.staff_mode import FoundMembers
from kiosk_app.flow import effects, session
from kiosk_app.flow import events as ev
from kiosk_app.flow import state as st
from kiosk_app.flow.actions import Action
from kiosk_app.flow.step import step
from tests.support import kiosk_staff, outage_values
from tests.support import kiosk_values as make
from tests.support.kiosk_visit import a_catalogue

SENTINEL = Text("哨兵", "Sentinel")
SECRETS = (b"Sentinel", "哨兵".encode(), b"m-sentinel", b"SENTINELCODE", b"sentinel-card", b"13800006621")
PIN = "987654"
NUMBER = "13800006621"

ids = some.sampled_from(["session-0001", "session-0002", "command-0001", "command-0002"])
refusals = some.sampled_from(
    [kind() for kind in errors.BY_CODE.values()]
    + [errors.PinWrong(tries_left=0), errors.CardBlocked(since="2026-05-16")]
)
arguments = some.sampled_from(
    [
        "",
        "wash",
        "basic-service-voucher",
        "detail-wash",
        "ceramic-coating",
        "v-0001",
        "v-0003",
        "fulfilled",
        "past",
        "spent",
        *PIN,
        "nonsense",
    ]
)
actions = some.sampled_from([*Action, "an action of another version"])
homes = some.builds(
    make.a_home,
    surname=some.just(SENTINEL),
    member_id=some.just("m-sentinel"),
    points=some.sampled_from([0, 700, 6280]),
    pin_set=some.booleans(),
    language=some.sampled_from(["zh-CN", "en"]),
    vouchers=some.sampled_from([(), (make.a_voucher(code="SENTINELCODE"),)]),
)
sessions = some.builds(
    lambda session_id, assurance, home: CardSession(
        session_id=session_id, assurance=assurance, opened_at=make.DRAWN, member=home
    ),
    ids,
    some.sampled_from(["uid", "static", "cryptogram", "phone"]),
    homes,
)
members = some.none() | some.builds(
    make.a_mirror_member,
    surname=some.just(SENTINEL),
    card_state=some.sampled_from(["active", "active", "blocked", "replaced"]),
)
catalogues = some.sampled_from([a_catalogue(), a_catalogue("never"), a_catalogue("by-value"), st.Catalogue()])
commands = some.builds(
    lambda command_id, quantity: Redeem(
        command_id=command_id, session_id="session-0001", reward="detail-wash", quantity=quantity, unit_points=600
    ),
    ids,
    some.integers(1, 3),
)
kinds = some.sampled_from(["", "earned", "spent"])
marks = some.sampled_from(["", "mv-0001"])
histories_of_points = some.builds(
    make.a_history,
    some.sampled_from([(), (make.a_movement(title=SENTINEL),)]),
    next_before=some.sampled_from(["", "mv-0001"]),
)
# What a member really does is drawn often, so that the deep screens are reached.
journey: list[ev.Event] = [
    ev.Pressed(Action.REWARDS, "", "command-0001"),
    ev.Pressed(Action.REWARD, "detail-wash", "command-0001"),
    ev.Pressed(Action.REDEEM, "", "command-0001"),
    ev.Pressed(Action.CONFIRM, "", "command-0001"),
    ev.Pressed(Action.DIGIT, "9", "command-0001"),
    ev.StepUpGranted("command-0001", "grant-0001"),
    ev.Pressed(Action.VOUCHERS, "", "command-0001"),
    ev.Pressed(Action.SHOW_CODE, "v-0001", "command-0001"),
    ev.Pressed(Action.POINTS, "", "command-0001"),
    ev.HistoryCame("session-0001", "", "", make.a_history((make.a_movement(title=SENTINEL),), next_before="mv-0001")),
    ev.Pressed(Action.OLDER, "", "command-0001"),
    ev.Pressed(Action.ACTIVITIES, "", "command-0001"),
    ev.Pressed(Action.LARGE, "", "command-0001"),
    ev.Pressed(Action.LANGUAGE, "", "command-0001"),
    ev.OfflineTermsCame("session-0001", outage_values.the_terms()),
    ev.OfflineHanded(outage_values.a_held(voucher=make.a_voucher("command-0001", code="SENTINELCODE"))),
]
staff_journey: list[ev.Event] = [
    ev.SessionRefused("session-0001", errors.StaffCard()),
    ev.SessionRefused("session-0002", errors.StaffCard()),
    ev.StaffOpened(msgspec.structs.replace(kiosk_staff.SESSION, session_id="session-0001", name="Sentinel")),
    ev.StaffOpened(msgspec.structs.replace(kiosk_staff.SESSION, session_id="session-0002", name="Sentinel")),
    ev.Pressed(Action.ERRAND, "issue", "command-0001"),
    ev.Pressed(Action.ERRAND, "block", "command-0001"),
    ev.Pressed(Action.IDENTITY, "id-card", "command-0001"),
    ev.Pressed(Action.FIND, "", "command-0001"),
    ev.MembersFound("command-0001", FoundMembers(members=(kiosk_staff.a_member(surname=SENTINEL),))),
    ev.Pressed(Action.PICK, "m-0018", "command-0002"),
    ev.Pressed(Action.PICK, "card-0001", "command-0002"),
    ev.IssueMoved(kiosk_staff.an_issue(issue_id="session-0001")),
    ev.IssueMoved(kiosk_staff.an_issue("done", issue_id="session-0001")),
    ev.IssueMoved(kiosk_staff.an_issue("spoiled", issue_id="session-0002")),
    ev.IssueStep("session-0001", 40, 2),
    ev.IssueTorn("session-0001"),
    ev.IssueTorn("session-0002", errors.CardNotFit(state="active", needs="stock")),
    ev.StaffFailed("command-0001", errors.NotFound()),
    ev.StaffFailed("command-0002"),
    ev.StaffFailed("session-0001", errors.PinWrong(tries_left=2)),
    ev.Pressed(Action.NEW_PIN, "", "command-0001"),
    ev.CardDone("command-0001"),
    ev.CardDone("command-0002"),
    ev.Pressed(Action.FINISH, "", "command-0001"),
]
events = some.one_of(
    some.sampled_from(staff_journey),
    some.sampled_from(journey),
    some.sampled_from(journey),
    some.builds(
        ev.CardTapped,
        ids,
        some.sampled_from(["sentinel-card", "sentinel-card-2"]),
        some.just(make.an_evidence()),
        some.just(make.DRAWN),
    ),
    some.builds(ev.Pressed, actions, arguments, ids),
    some.builds(ev.SessionOpened, sessions),
    some.builds(ev.MirrorAnswered, ids, members),
    some.builds(ev.SessionRefused, ids, refusals),
    some.builds(ev.SessionUnreachable, ids),
    some.builds(ev.Scanned, some.sampled_from([NUMBER, "V-8800-0127", f"XZM1:{make.MEMBER_CODE}"]), ids),
    some.builds(ev.CardFailed, some.sampled_from(ev.ReadFault)),
    some.builds(ev.HistoryCame, ids, kinds, marks, histories_of_points),
    some.builds(ev.HistoryFailed, ids, kinds, marks, some.none() | refusals),
    some.builds(ev.StepUpGranted, ids, some.just("grant-0001")),
    some.builds(ev.StepUpRefused, ids, refusals),
    some.builds(ev.StepUpUnreachable, ids),
    some.builds(ev.CommandSettled, some.builds(make.a_redeemed, commands)),
    some.builds(ev.CommandRefused, ids, refusals),
    some.builds(ev.CommandNotStored, ids),
    some.builds(
        ev.OfflineTermsCame,
        ids,
        some.sampled_from(
            [
                outage_values.turned_off(),
                outage_values.the_terms(genuine=False),
                outage_values.the_terms((outage_values.a_held(voucher=make.a_voucher(code="SENTINELCODE")),)),
            ]
        ),
    ),
    some.builds(ev.OfflineHanded, some.builds(outage_values.a_held, ids)),
    some.builds(ev.OfflineNotHanded, ids, refusals),
    some.builds(ev.OfflineBooked, ids),
    some.builds(ev.CatalogueChanged, catalogues),
    some.builds(ev.EnrolmentChanged, some.just(True) | some.booleans()),
    some.just(ev.Second(make.DRAWN)),
    some.sampled_from([ev.CardLeft(), ev.ReaderCame(), ev.ReaderWent(), ev.WentOnline(), ev.WentOffline()]),
)
histories = some.lists(events, min_size=1, max_size=40)
all_rules = some.builds(st.Rules, end_on_removal=some.booleans())


def play(rules: st.Rules, history: list[ev.Event]) -> tuple[st.State, list[effects.Effect]]:
    state = session.begin(rules, make.DRAWN, st.World(catalogue=a_catalogue()))
    asked: list[effects.Effect] = []
    for event in history:
        state, more = step(state, event)
        asked += more
        if state.session is None and state.staff is None:
            assert not left_of_a_member(state), f"after {event}"
    return state, asked


def left_of_a_member(state: st.State) -> list[bytes]:
    held = pickle.dumps(state) + repr(state).encode()
    return [secret for secret in SECRETS if secret in held]


@settings(max_examples=400)
@given(all_rules, histories)
def test_no_screen_is_a_dead_end_and_the_end_leaves_nothing(rules: st.Rules, history: list[ev.Event]) -> None:
    state, asked = play(rules, history)
    for _ in range(rules.settle_s + rules.code_s + rules.idle_large_s + rules.write_s + rules.staff_idle_s + 5):
        state, more = step(state, ev.Second(make.DRAWN))
        asked += more
    assert state.screen == session.resting_screen(state.world)
    assert (state.session, state.staff) == (None, None)
    assert not left_of_a_member(state)
    assert (state.language, state.large, state.chosen) == (rules.language, False, False)


@settings(max_examples=200)
@given(all_rules, histories)
def test_every_session_that_was_asked_about_is_ended_at_most_once(rules: st.Rules, history: list[ev.Event]) -> None:
    _, asked = play(rules, history)
    ended = [effect.session_id for effect in asked if isinstance(effect, effects.EndSession)]
    opened = [effect.session_id for effect in asked if isinstance(effect, effects.OpenCardSession)]
    without_card = [event for event in history if isinstance(event, ev.Scanned) or _asks_for_phone(event)]
    assert len(ended) <= len(opened) + len(without_card)


def _asks_for_phone(event: ev.Event) -> bool:
    return isinstance(event, ev.Pressed) and event.action == Action.PHONE


@settings(max_examples=200)
@given(all_rules, histories)
def test_touching_exit_or_back_leads_out_of_every_screen(rules: st.Rules, history: list[ev.Event]) -> None:
    state, _ = play(rules, history)
    if state.taking:
        return  # nothing breaks into a redemption; the clock leads out of it
    for _ in range(3):
        state, _ = step(state, ev.Pressed(Action.EXIT))
    assert (state.session, state.staff) == (None, None)
    assert isinstance(state.screen, st.Attract | st.ReaderGone | st.NotEnrolled)


@settings(max_examples=200)
@given(
    some.lists(
        some.sampled_from([*journey, *(ev.Pressed(Action.DIGIT, digit, "command-0001") for digit in PIN)]), max_size=30
    )
)
def test_the_pin_is_in_no_text_of_the_state(history: list[ev.Event]) -> None:
    state = session.begin(st.Rules(), make.DRAWN, st.World(catalogue=a_catalogue()))
    opening: list[ev.Event] = [
        ev.CardTapped("session-0001", "token-one", make.an_evidence(), make.DRAWN),
        ev.SessionOpened(make.a_session("session-0001")),
        *journey[:4],
    ]
    for event in opening + history:
        state, asked = step(state, event)
        if isinstance(state.screen, st.Pin) and len(state.screen.digits) > 3:
            assert state.screen.digits.value not in repr(state)
        for effect in asked:
            if isinstance(effect, effects.AskStepUp):
                assert effect.pin.value not in repr(effect)
                assert effect.pin.value not in repr(state)
                assert isinstance(state.screen, st.Pin)
                assert not state.screen.digits
