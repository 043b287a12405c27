import pytest

from club.model import errors
from club.wire.rewards import step_up_digest
from kiosk_app.flow import effects, redeem
from kiosk_app.flow import events as ev
from kiosk_app.flow import state as st
from tests.support import kiosk_values as make
from tests.support.kiosk_visit import Visit, a_catalogue

DETAIL = st.RewardDetail("basic-service-voucher")


def test_from_confirm_to_the_voucher() -> None:
    visit = Visit().at_home().at_detail().press("redeem")
    assert visit.now() == st.RewardDetail("basic-service-voucher", confirming=True)
    visit.press("confirm")
    pin = visit.screen
    assert isinstance(pin, st.Pin)
    visit.enter_pin("314159")
    step_up = visit.last(effects.AskStepUp)
    assert (step_up.session_id, step_up.pin, step_up.command_id) == (make.SESSION, st.Digits("314159"), pin.command_id)
    visit.tell(ev.StepUpGranted(pin.command_id, "grant-0001"))
    submitted = visit.last(effects.SubmitRedeem)
    assert (submitted.hold_points, submitted.member_id) == (1200, "m0001")
    assert (submitted.command.command_id, submitted.command.grant) == (pin.command_id, "grant-0001")
    assert step_up.body_sha256 == step_up_digest(submitted.command)
    assert isinstance(visit.screen, st.Redeeming)
    answer = make.a_redeemed(submitted.command)
    visit.tell(ev.CommandSettled(answer))
    assert visit.now() == st.Success(answer)
    assert effects.PlaySound("success") in visit.asked
    assert visit.state.session is not None
    home = visit.state.session.home
    assert home is not None
    assert (home.points, home.tier_points, home.vouchers[0].code) == (5080, 18640, "7K2M9Q4T63")
    assert [limit.left for limit in home.limits] == [1, 0]
    assert [expiry.points for expiry in home.expiries] == [2000]
    assert visit.last(effects.RefreshSession).session_id == make.SESSION


@pytest.mark.parametrize(
    ("policy", "assurance", "asked"),
    [
        ("always", "cryptogram", True),
        ("never", "cryptogram", False),
        ("never", "uid", True),
        ("never", "static", True),
        ("by-value", "cryptogram", True),
    ],
)
def test_the_pin_is_the_programmes_choice_but_never_for_a_card_that_can_be_copied(
    policy: str, assurance: str, asked: bool
) -> None:
    visit = Visit(catalogue=a_catalogue(policy)).at_home(assurance).press("rewards")
    if isinstance(visit.screen, st.Pin):
        visit.enter_pin().tell(ev.StepUpGranted(visit.last(effects.AskStepUp).command_id, "grant-0001"))
        visit.tell(ev.SessionOpened(make.a_session(assurance=assurance)))
    visit.press("reward", "basic-service-voucher").press("redeem").press("confirm")
    assert isinstance(visit.screen, st.Pin) is asked
    assert isinstance(visit.screen, st.Redeeming) is not asked
    assert visit.count(effects.SubmitRedeem) == (0 if asked else 1)


@pytest.mark.parametrize(
    "answer", [ev.SessionOpened(make.a_session(assurance="uid")), ev.SessionUnreachable(make.SESSION)]
)
def test_a_card_that_can_be_copied_gives_its_pin_once_behind_the_home_page(answer: ev.Event) -> None:
    visit = Visit().at_home("uid").press("vouchers")
    assert isinstance(visit.screen, st.Pin)
    visit.enter_pin()
    asked = visit.last(effects.AskStepUp)
    assert asked.body_sha256 == redeem.unlock_digest(make.SESSION)
    visit.tell(ev.StepUpGranted(asked.command_id, "grant-0001"))
    assert isinstance(visit.screen, st.Pin)
    assert visit.last(effects.RefreshSession).session_id == make.SESSION
    visit.tell(answer)
    assert visit.now() == st.Vouchers()
    assert visit.press("home").press("rewards").now() == st.Rewards()


@pytest.mark.parametrize("action", ["redeem", "confirm", "digit"])
def test_a_double_press_is_harmless(action: str) -> None:
    visit = Visit().at_home().at_detail().press("redeem")
    if action == "redeem":
        visit.press("redeem")
        assert visit.now() == st.RewardDetail("basic-service-voucher", confirming=True)
    elif action == "confirm":
        visit.press("confirm")
        first = visit.screen
        visit.press("confirm")
        assert visit.now() == first
    else:
        visit.press("confirm").enter_pin("314159").enter_pin("314159")
        assert visit.count(effects.AskStepUp) == 1


def test_the_pin_is_never_kept_once_it_is_sent_and_never_written_out() -> None:
    visit = Visit().at_home().at_pin().enter_pin("27182")
    assert "27182" not in repr(visit.state)
    assert repr(ev.Pressed("digit", "7")) == "Pressed(digit, *)"
    visit.press("digit", "8")
    assert isinstance(visit.screen, st.Pin)
    assert (visit.screen.digits, visit.screen.busy) == (st.Digits(), True)
    assert "271828" not in repr(visit.asked)


def test_erase_and_clear() -> None:
    visit = Visit().at_home().at_pin().enter_pin("123").press("erase")
    assert isinstance(visit.screen, st.Pin)
    assert visit.screen.digits == st.Digits("12")
    visit.press("clear")
    assert isinstance(visit.screen, st.Pin)
    assert visit.screen.digits == st.Digits()
    visit.press("digit", "12").press("digit", "x").press("digit", "")
    assert isinstance(visit.screen, st.Pin)
    assert visit.screen.digits == st.Digits()


def test_a_wrong_pin_may_be_typed_again_for_the_same_command() -> None:
    visit = Visit().at_home().at_pin().enter_pin("000000")
    first = visit.last(effects.AskStepUp)
    wrong = errors.PinWrong(tries_left=4, lock_minutes=15)
    visit.tell(ev.StepUpRefused(first.command_id, wrong))
    assert isinstance(visit.screen, st.Pin)
    assert (visit.screen.error, visit.screen.busy) == (wrong, False)
    visit.enter_pin()
    assert visit.last(effects.AskStepUp).command_id == first.command_id


@pytest.mark.parametrize("error", [errors.PinLocked(minutes=15), errors.PinWrong(tries_left=0, lock_minutes=15)])
def test_a_locked_pin_takes_no_digit_and_back_leads_out(error: errors.ClubError) -> None:
    visit = Visit().at_home().at_pin().enter_pin()
    visit.tell(ev.StepUpRefused(visit.last(effects.AskStepUp).command_id, error)).enter_pin()
    assert visit.count(effects.AskStepUp) == 1
    assert visit.press("back").now() == DETAIL


def test_a_forgotten_pin_leads_to_staff_and_back() -> None:
    visit = Visit().at_home().at_pin().enter_pin("12").press("forgot")
    assert visit.now() == st.Problem(st.TroubleKind.FORGOT_PIN, DETAIL)
    assert visit.press("back").now() == DETAIL


def test_a_grant_for_a_pin_that_was_cancelled_is_dropped() -> None:
    visit = Visit().at_home().at_pin().enter_pin()
    asked = visit.last(effects.AskStepUp)
    visit.press("back").tell(ev.StepUpGranted(asked.command_id, "grant-0001"))
    assert visit.now() == DETAIL
    assert visit.count(effects.SubmitRedeem) == 0


def test_without_a_network_the_pin_takes_nothing() -> None:
    visit = Visit().at_home().at_pin().enter_pin()
    visit.tell(ev.StepUpUnreachable(visit.last(effects.AskStepUp).command_id))
    assert visit.now() == st.Offline(DETAIL)
    assert visit.count(effects.SubmitRedeem) == 0
    assert visit.press("retry").now() == DETAIL


@pytest.mark.parametrize("action", ["redeem", "confirm"])
def test_offline_nothing_can_be_redeemed_and_the_reason_is_shown(action: str) -> None:
    visit = Visit().at_home().at_detail()
    if action == "confirm":
        visit.press("redeem")
    visit.tell(ev.WentOffline()).press(action)
    assert visit.now() == st.Offline(DETAIL)
    visit.press("retry")
    assert effects.WakeSync() in visit.asked
    visit.tell(ev.WentOnline())
    assert (visit.now(), visit.state.notice) == (DETAIL, st.NoticeKind.ONLINE_AGAIN)
    assert visit.wait(6).state.notice is None


@pytest.mark.parametrize(
    "error",
    [
        errors.NotEnoughPoints(balance=100, price=1200),
        errors.OutOfStock(reward="basic-service-voucher", left=0, wanted=1),
        errors.LimitReached(per="month", times=2, left=0),
        errors.TierTooLow(needs="diamond"),
        errors.DailyCapReached(cap=500, spent=0),
        errors.CardLimitReached(cap=500, spent=0, per="day"),
        errors.RewardNotOffered(reward="basic-service-voucher"),
    ],
)
def test_a_refusal_about_the_reward_leads_to_the_reward_with_its_reason(error: errors.ClubError) -> None:
    visit = Visit().at_home().at_redeeming()
    command_id = visit.last(effects.SubmitRedeem).command.command_id
    visit.tell(ev.CommandRefused(command_id, error))
    assert visit.now() == st.RewardDetail("basic-service-voucher", error=error)
    assert visit.last(effects.RefreshSession).session_id == make.SESSION


@pytest.mark.parametrize("error", [errors.StepUpRequired(), errors.GrantWrong()])
def test_a_missing_grant_leads_to_the_pin_with_a_new_command(error: errors.ClubError) -> None:
    visit = Visit(catalogue=a_catalogue("never")).at_home().at_pin()
    first = visit.last(effects.SubmitRedeem).command.command_id
    visit.tell(ev.CommandRefused(first, error))
    assert visit.now() == st.RewardDetail("basic-service-voucher", confirming=True, error=error)
    visit.press("confirm")
    assert isinstance(visit.screen, st.Pin)
    assert visit.screen.command_id != first


@pytest.mark.parametrize(
    "error", [errors.SessionEnded(), errors.CardNotActive(), errors.CryptogramReplayed(last=1, got=1)]
)
def test_a_refusal_about_the_card_ends_the_session(error: errors.ClubError) -> None:
    visit = Visit().at_home().at_redeeming()
    visit.tell(ev.CommandRefused(visit.last(effects.SubmitRedeem).command.command_id, error))
    assert visit.now() == st.CardProblem(st.CardTrouble.REFUSED, error)
    assert visit.state.session is None


def test_a_card_blocked_meanwhile_shows_its_screen() -> None:
    visit = Visit().at_home().at_redeeming()
    command_id = visit.last(effects.SubmitRedeem).command.command_id
    visit.tell(ev.CommandRefused(command_id, errors.CardBlocked(reason="lost")))
    assert visit.now() == st.Blocked()


@pytest.mark.parametrize("code", sorted(errors.BY_CODE))
def test_every_code_leads_somewhere_with_a_way_out(code: str) -> None:
    visit = Visit().at_home().at_redeeming()
    command_id = visit.last(effects.SubmitRedeem).command.command_id
    visit.tell(ev.CommandRefused(command_id, errors.BY_CODE[code]()))
    assert not isinstance(visit.screen, st.Redeeming)
    assert visit.wait(60).now() == st.Attract()


def test_a_command_that_could_not_be_written_down_was_not_sent() -> None:
    visit = Visit().at_home().at_redeeming()
    visit.tell(ev.CommandNotStored(visit.last(effects.SubmitRedeem).command.command_id))
    assert visit.now() == st.Problem(st.TroubleKind.NOT_STORED, DETAIL)


def test_nothing_breaks_into_a_redemption() -> None:
    visit = Visit().at_home().at_redeeming()
    before = visit.screen
    for action in ("back", "home", "exit", "confirm", "cancel"):
        visit.press(action)
    visit.tell(ev.CardTapped("session-0002", "token-two", make.an_evidence(), make.DRAWN), ev.CardLeft())
    assert visit.now() == before
    assert not visit.wait(visit.rules.settle_s - 1).state.asking
    assert isinstance(visit.screen, st.Redeeming)


def test_a_slow_redemption_lets_the_member_go_and_its_result_waits_in_the_vouchers() -> None:
    visit = Visit().at_home().at_redeeming().wait(15)
    assert not visit.state.taking
    visit.press("home")
    assert visit.now() == st.Home()
    visit.tell(ev.CommandSettled(make.a_redeemed(visit.last(effects.SubmitRedeem).command)))
    assert (visit.now(), visit.state.notice) == (st.Home(), st.NoticeKind.REDEEMED)
    visit.press("vouchers")
    assert visit.state.session is not None
    assert visit.state.session.home is not None
    assert visit.state.session.home.vouchers[0].code == "7K2M9Q4T63"


def test_settled_twice_counts_once() -> None:
    visit = Visit().at_home().at_redeeming()
    answer = make.a_redeemed(visit.last(effects.SubmitRedeem).command)
    visit.tell(ev.CommandSettled(answer), ev.CommandSettled(answer))
    assert visit.state.session is not None
    assert visit.state.session.home is not None
    assert sum(voucher.voucher_id == "v-new-0" for voucher in visit.state.session.home.vouchers) == 1


def test_a_command_of_another_visit_says_nothing_here() -> None:
    visit = Visit().at_home()
    before = visit.state
    other = Visit().at_home().at_redeeming().last(effects.SubmitRedeem).command
    assert (
        visit.tell(ev.CommandSettled(make.a_redeemed(other)), ev.CommandRefused("command-9", errors.OutOfStock())).state
        == before
    )


def test_a_member_without_a_pin_is_sent_to_staff() -> None:
    visit = Visit().at_home(pin_set=False).at_pin()
    assert isinstance(visit.screen, st.Problem)
    assert isinstance(visit.screen.error, errors.PinNotSet)
    assert visit.count(effects.AskStepUp) == 0
