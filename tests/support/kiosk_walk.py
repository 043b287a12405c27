"""Walks the kiosk's flow by everything that can be pressed or happen, and gives each different screen it comes to."""

from collections import deque
from collections.abc import Iterator
from typing import Any

from msgspec import Struct, structs

from club.model import errors
from club.model.text import Text
from club.words.catalogue import Words
from kiosk_app.flow import effects
from kiosk_app.flow import events as ev
from kiosk_app.flow import staff_state as sf
from kiosk_app.flow import state as st
from kiosk_app.flow.actions import Action
from kiosk_app.flow.step import step
from kiosk_app.present.presenter import present
from tests.support import kiosk_staff, outage_values
from tests.support import kiosk_values as make
from tests.support.kiosk_visit import Visit, a_catalogue, a_tap

CARD = ev.CardTapped("session-0002", "token-two", make.an_evidence(), make.DRAWN)


def translated() -> st.Catalogue:
    """The catalogue with nothing left to translate."""
    catalogue = a_catalogue()
    fruit = "fruit-picking"
    return structs.replace(
        catalogue,
        activities=tuple(
            make.an_activity(fruit, state="planned", title=Text("采摘日", "Fruit picking day"))
            if each.slug == fruit
            else each
            for each in catalogue.activities
        ),
    )


def reachable() -> dict[str, st.State]:
    """Each different screen, by a name that tells it; made of beginnings, then of all that can be pressed on the way."""
    words = Words("zh-CN", strict=True)
    found: dict[str, st.State] = {}
    waiting = deque(visit.state for visit in _beginnings())
    while waiting:
        state = waiting.popleft()
        name = _name(state)
        if name in found:
            continue
        found[name] = state
        for action, arg in sorted(set(pressable(present(state, words)))):
            pressed, asked = step(state, ev.Pressed(action, arg, "command-0001"))
            waiting.append(pressed)
            waiting.extend(_answered(pressed, asked))
        if _typing(state.screen):
            typed, asked = state, ()
            for digit in "3141" if isinstance(state.screen, sf.StaffFind) else "314159":
                typed, asked = step(typed, ev.Pressed(Action.DIGIT, digit, "command-0001"))
            waiting.append(typed)
            waiting.extend(_answered(typed, asked))
    return found


def _typing(screen: st.Screen) -> bool:
    match screen:
        case st.Pin(digits=digits) | sf.StaffPin(digits=digits) | sf.StaffNewPin(digits=digits):
            return len(digits) < st.PIN_LENGTH
        case sf.StaffFind(query=query):
            return not query
        case _:
            return False


def pressable(view: Any) -> Iterator[tuple[str, str]]:
    """What a view lets one press, each action with its argument; a sheet covers what is behind it."""
    for sheet in ("timeout", "confirm", "code"):
        if getattr(view, sheet, None) is not None:
            return _in(getattr(view, sheet))
    return _in(view)


def _in(value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, tuple):
        for item in value:
            yield from _in(item)
    elif isinstance(value, Struct):
        action = getattr(value, "action", "")
        if action and getattr(value, "enabled", True):
            yield str(action), str(getattr(value, "arg", ""))
        fields = {name: getattr(value, name) for name in value.__struct_fields__}
        if "exit" in fields and "language" in fields:
            yield from ((each, "") for each in ("back", "home", "exit") if fields[each])
        if "slug" in fields and "available" in fields:
            yield Action.REWARD, str(fields["slug"])
        if "voucher_id" in fields and fields.get("button"):
            yield Action.SHOW_CODE, str(fields["voucher_id"])
        if "stay" in fields and "leave" in fields:
            yield from ((Action.STAY, ""), (Action.EXIT, ""))
        if "can_more" in fields:
            yield from (
                (each, "")
                for each in (Action.MORE, Action.FEWER)
                if fields["can_more" if each == Action.MORE else "can_less"]
            )
        if fields.get("qr") and "close" in fields:
            yield Action.HIDE_CODE, ""
        if fields.get("forgot"):
            yield Action.FORGOT, ""
        if "keys" in fields and fields.get("clear"):
            yield Action.CLEAR, ""
        if "typing_pin" in fields and not fields["busy"]:
            yield from ((Action.DIGIT, "3"), (Action.ERASE, ""), (Action.CLEAR, ""))
        if "cancel" in fields and "confirm" in fields:
            yield from ((each, str(fields["arg"])) for each in (Action.CONFIRM, Action.CANCEL))
        for item in fields.values():
            yield from _in(item)


def _beginnings() -> Iterator[Visit]:
    """Where walks begin: each way to come to the kiosk, and each bad day that no touch leads to."""

    def visit() -> Visit:
        return Visit(catalogue=translated())

    yield visit()
    yield visit().press("wake")
    yield visit().tell(ev.ReaderWent())
    yield visit().tell(ev.EnrolmentChanged(enrolled=False))
    yield visit().tell(ev.Scanned("13800006621", "session-0003"))
    yield visit().tell(ev.Scanned("V-8800-0127", "session-0003"))
    yield visit().tell(ev.Scanned(f"XZM1:{make.MEMBER_CODE}", "session-0003"))
    yield visit().tell(ev.WentOffline(), ev.Scanned(f"XZM1:{make.MEMBER_CODE}", "session-0003"))
    yield visit().at_home(assurance="code")
    yield visit().tell(ev.WentOffline()).press("wake").press("phone")
    yield visit().press("wake").press("phone").wait(25)
    yield visit().at_home(assurance="phone")
    yield visit().tell(a_tap())
    yield visit().tell(a_tap()).wait(4)
    for fault in ev.ReadFault:
        yield visit().tell(ev.CardFailed(fault, "NTAG424 · ATR 3B 81"))
    for kind in errors.BY_CODE.values():
        yield visit().tell(a_tap(), ev.SessionRefused(make.SESSION, kind()))
        yield visit().at_home().at_redeeming().tell(ev.CommandRefused("command-0004", kind()))
        yield visit().at_home().press("points").tell(ev.HistoryFailed(make.SESSION, "", "", kind()))
    yield visit().tell(
        a_tap(), ev.SessionRefused(make.SESSION, errors.CardBlocked(reason="replaced", since="2026-05-16"))
    )
    yield visit().tell(a_tap(), ev.MirrorAnswered(make.SESSION, None), ev.SessionUnreachable(make.SESSION))
    yield visit().at_home()
    yield visit().at_home(vouchers=())
    yield visit().at_home(assurance="uid")
    yield visit().at_home(pin_set=False, assurance="uid")
    for tier, points in (("classic", 0), ("silver", 700), ("diamond", 60_000)):
        yield visit().at_home(tier=tier, tier_points=points, points=points, expiries=(), limits=())
    yield visit().at_home_offline()
    yield visit().at_home().tell(ev.WentOffline())
    for terms in (outage_values.the_terms(), outage_values.the_terms(genuine=False), outage_values.turned_off()):
        yield visit().at_home_offline().tell(ev.OfflineTermsCame(make.SESSION, terms))
        yield visit().at_home().tell(ev.WentOffline(), ev.OfflineTermsCame(make.SESSION, terms))
    yield visit().at_home().wait(25)
    yield visit().at_home().at_redeeming().wait(4)
    yield visit().at_home().at_redeeming().wait(16)
    yield visit().at_home().at_redeeming().tell(ev.CommandNotStored("command-0004"))
    yield Visit(catalogue=st.Catalogue()).at_home()
    yield from kiosk_staff.beginnings(visit)


def _answered(state: st.State, asked: tuple[effects.Effect, ...]) -> Iterator[st.State]:
    """What may come of the work that a touch asked for."""
    for effect in asked:
        answers: list[ev.Event] = []
        answers += kiosk_staff.answers(effect)
        match effect:
            case effects.FetchHistory(session_id, kind, before):
                more = "" if before else "mv-0006"
                answers = [
                    ev.HistoryCame(session_id, kind, before, make.a_history(next_before=more)),
                    ev.HistoryCame(session_id, kind, before, make.a_history((), months=(), expiries=())),
                    ev.HistoryFailed(session_id, kind, before),
                ]
            case effects.AskStepUp(command_id):
                answers = [
                    ev.StepUpGranted(command_id, "grant-0001"),
                    ev.StepUpRefused(command_id, errors.PinWrong(tries_left=4, lock_minutes=15)),
                    ev.StepUpRefused(command_id, errors.PinWrong(tries_left=0, lock_minutes=15)),
                    ev.StepUpRefused(command_id, errors.PinLocked(until="2026-05-16T14:47:00+08:00", minutes=15)),
                    ev.StepUpUnreachable(command_id),
                ]
            case effects.OpenPhoneSession(session_id):
                answers = [
                    ev.SessionOpened(make.a_session(session_id, "phone")),
                    ev.SessionRefused(session_id, errors.PhoneOrPinWrong(tries_left=4, lock_minutes=15)),
                    ev.SessionRefused(session_id, errors.PinLocked(minutes=15)),
                    ev.SessionRefused(session_id, errors.TooManyGuesses(seconds=600)),
                    ev.SessionRefused(session_id, errors.SessionEnded()),
                    ev.SessionRefused(session_id, errors.CardBlocked(reason="misused", since="2026-05-16")),
                    ev.SessionUnreachable(session_id),
                ]
            case effects.HandOut(command_id):
                answers = [
                    ev.OfflineHanded(outage_values.a_held(command_id)),
                    ev.CommandNotStored(command_id),
                    *(
                        ev.OfflineNotHanded(
                            command_id, errors.OfflineRefused(reason=reason, cap=600, times=3, hours=24)
                        )
                        for reason in ("off", "reward", "floor", "stock", "card", "balance", "long", "clock")
                    ),
                ]
            case effects.SubmitRedeem(command):
                answers = [ev.CommandSettled(make.a_redeemed(command))]
            case effects.RefreshSession(session_id) if state.session:
                opened = make.a_session(session_id, state.session.assurance)
                answers = [ev.SessionOpened(opened), ev.SessionUnreachable(session_id)]
        for answer in answers:
            after, more_asked = step(state, answer)
            yield after
            yield from _answered(after, more_asked) if not isinstance(effect, effects.RefreshSession) else ()


def _name(state: st.State) -> str:
    """Tells screens apart as far as a member could: not by ids and seconds."""
    screen, session = state.screen, state.session
    told = [type(screen).__name__]
    for name in screen.__struct_fields__:
        value = getattr(screen, name)
        match value:
            case errors.ClubError():
                told.append(f"{value.code}{sorted(value.facts.items())}")
            case tuple():
                told.append(f"{name}={len(value)}")
            case str() | bool() if value:
                told.append(f"{name}={value}")
            case st.Digits():
                told.append(f"{name}={len(value)}")
            case int() if name == "quantity":
                told.append(f"{name}={value}")
            case _ if isinstance(value, Struct):
                told.append(f"{name}={type(value).__name__}")
    if session is not None:
        home = session.home
        told.append(
            f"{session.assurance} {home.tier} {len(home.vouchers)}"
            if home
            else "mirror"
            if session.mirror
            else "unknown"
        )
        terms = session.terms
        told.append(f"hands out, holds {len(terms.held)}" if terms and terms.handing_out else "")
    told += [str(state.language), "large" if state.large else "", "asking" if state.asking else ""]
    told += ["" if state.world.online else "offline", state.notice.value if state.notice else ""]
    told += ["staff" if state.staff else ""]
    told += ["bare" if not state.world.catalogue.rewards else ""]
    return " ".join(filter(None, told))
