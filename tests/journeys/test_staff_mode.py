"""Staff mode through real parts: a staff card, a PIN, a blank card that becomes a member's, and the member who taps it (K12, N6, K17)."""

import csv

import pytest

from club import resources
from kiosk_app.flow.actions import Action
from nfc.virtual.ntag424 import Ntag424
from tests.support.visit_house import NOBODY, Visitor
from tests.support.wait import until

pytestmark = [pytest.mark.window, pytest.mark.reader, pytest.mark.timeout(240)]

LI = "1032"
PIN = "274936"
MEMBERS = ("m0030", "m0031", "m0032", "m0033")
"""Members that no other journey touches: they get a second card here."""


@pytest.fixture
def member(visitor: Visitor) -> tuple[str, str]:
    """An active member who has not got a second card yet, by id and phone."""
    with (resources.demo_dir() / "members.csv").open(encoding="utf-8", newline="") as table:
        phones = {
            row["id"]: row["phone"].replace("-", "") for row in csv.DictReader(table) if row["status"] == "active"
        }
    fresh = (one for one in MEMBERS if one in phones and not visitor.one(ISSUES_OF, one))
    name = next(fresh)
    return name, phones[name]


ISSUES_OF = "SELECT count(*) FROM card_issues WHERE member = ?"


def pin_of(visitor: Visitor) -> str:
    return next(one for one in visitor.store.staff if one.number == LI).pin


def enter(visitor: Visitor) -> None:
    """Tap the staff card, and give its PIN."""
    visitor.lay(visitor.cards[f"staff-{LI}"])
    visitor.screen("pin")
    visitor.enter_pin(pin_of(visitor)[:-1])
    visitor.press(Action.DIGIT, pin_of(visitor)[-1])
    visitor.screen("staff_list")
    visitor.take()


def to_the_card(visitor: Visitor, phone: str, member: str) -> None:
    """From the staff's first screen to where a blank card is waited for."""
    visitor.press(Action.ERRAND, "issue")
    visitor.screen("staff_find")
    visitor.press(Action.IDENTITY, "id-card")
    visitor.until(lambda now: now["settled"], "the choice")
    visitor.enter_pin(phone)
    visitor.press(Action.FIND)
    visitor.screen("staff_list")
    visitor.press(Action.PICK, member)
    visitor.screen("staff_write")


def is_active(visitor: Visitor, uid: str) -> bool:
    return bool(visitor.one("SELECT count(*) FROM cards WHERE uid = ? AND state = 'active'", uid))


def acts(visitor: Visitor, actor: str) -> list[str]:
    return [act for (act,) in visitor.all("SELECT act FROM audit WHERE actor = ? ORDER BY id", actor)]


def blank(visitor: Visitor, name: str) -> Ntag424:
    card = visitor.cards[name]
    assert isinstance(card, Ntag424)
    return card


def test_staff_issue_a_card_the_member_sets_a_pin_and_is_greeted_by_it(
    visitor: Visitor, member: tuple[str, str]
) -> None:
    name, phone = member
    card = blank(visitor, "blank-1")
    uid = card.uid.hex().upper()
    enter(visitor)
    visitor.sees("员工模式", "serif-bold", 60)
    to_the_card(visitor, phone, name)
    visitor.sees("请把空白新卡放到感应区", "sans", 30)
    visitor.lay(card)
    visitor.until(lambda now: visitor.offers(Action.NEW_PIN) and now["settled"], "the card to be written")
    visitor.sees("100%", "sans-bold", 108)
    assert is_active(visitor, uid)
    visitor.take()
    visitor.press(Action.NEW_PIN)
    visitor.screen("pin")
    visitor.enter_pin(PIN)
    visitor.enter_pin(PIN[:-1])
    visitor.press(Action.DIGIT, PIN[-1])
    visitor.screen("staff_list")
    visitor.sees("密码已设好", "sans-bold", 30)
    visitor.press(Action.EXIT)
    visitor.screen(NOBODY)
    assert visitor.state()["staff"] is False
    assert visitor.ask(do="search", **{"for": [f"**** {phone[-4:]}", phone, PIN]})["found"] == []
    visitor.lay(card)
    visitor.until(lambda now: now["screen"] == "home" and now["confirmed"] and now["settled"], "the member's page")
    assert visitor.one("SELECT member FROM card_sessions ORDER BY opened_at DESC, rowid DESC LIMIT 1") == name
    visitor.leave()
    made = acts(visitor, f"staff:{LI}")
    for act in ("kiosk.staff-enter", "member.find", "card.permit", "card.issue", "pin.set"):
        assert act in made, made
    until(lambda: "kiosk.staff-leave" in acts(visitor, f"staff:{LI}"), "the end to be written down")


def written_to(visitor: Visitor, uid: str) -> None:
    """Wait until a card has been changed by a part of its commands."""
    begun = "SELECT count(*) FROM card_runs WHERE uid = ? AND json_array_length(answers) > 8"
    until(lambda: visitor.one(begun, uid), "the card to be written to")


def is_issued(visitor: Visitor, uid: str) -> None:
    visitor.until(lambda now: visitor.offers(Action.NEW_PIN) and now["settled"], "the card to be written")
    assert is_active(visitor, uid)
    visitor.take()
    visitor.press(Action.FINISH)
    visitor.screen("staff_list")
    visitor.press(Action.EXIT)
    visitor.screen(NOBODY)


def test_a_card_that_slips_away_and_is_back_at_once_is_written_all_the_same(
    visitor: Visitor, member: tuple[str, str]
) -> None:
    name, phone = member
    card = blank(visitor, "blank-3")
    enter(visitor)
    to_the_card(visitor, phone, name)
    visitor.lay(card)
    written_to(visitor, card.uid.hex().upper())
    visitor.slip(card)
    is_issued(visitor, card.uid.hex().upper())


def test_a_card_taken_away_too_early_is_laid_down_again_and_goes_on(visitor: Visitor, member: tuple[str, str]) -> None:
    name, phone = member
    card = blank(visitor, "blank-2")
    uid = card.uid.hex().upper()
    enter(visitor)
    to_the_card(visitor, phone, name)
    visitor.lay(card)
    written_to(visitor, uid)
    visitor.take()
    visitor.until(
        lambda now: now["settled"] and (visitor.offers(Action.EXIT) or is_active(visitor, uid)),
        "the card to be given up",
    )
    if not is_active(visitor, uid):  # a quick machine may have been done before the hand was
        visitor.sees("可重写", "sans-bold", 24)
        visitor.lay(card)
    is_issued(visitor, uid)


def test_without_the_central_api_there_is_no_staff_mode(visitor: Visitor) -> None:
    visitor.lay(visitor.cards[f"staff-{LI}"])
    visitor.screen("pin")
    visitor.store.server.stop()
    visitor.enter_pin(pin_of(visitor))
    visitor.sees("网络没有连上，员工模式暂时进不去，请稍后再试", "sans", 30)
    visitor.press(Action.EXIT)
    visitor.screen(NOBODY)


def type_code(visitor: Visitor, code: str) -> None:
    """On the page's own keys."""
    for symbol in code:
        visitor.press(Action.SYMBOL, symbol)
        visitor.until(lambda now: now["settled"], "the key to be taken")


def test_a_voucher_is_bought_handed_over_once_and_refused_with_when_and_where(visitor: Visitor) -> None:
    buyer = visitor.spends_most()
    before = visitor.account(buyer)
    visitor.to_the_sheet(buyer)
    visitor.confirm(buyer)
    visitor.screen("success")
    code = visitor.account(buyer).vouchers[len(before.vouchers)]
    visitor.leave()
    enter(visitor)
    visitor.press(Action.VOUCHER)
    visitor.screen("staff_voucher")
    type_code(visitor, code)
    visitor.until(lambda now: visitor.offers(Action.FULFIL) and now["settled"], "the voucher to be found")
    visitor.sees("验证通过", "sans-bold", 26)
    assert visitor.one("SELECT state FROM vouchers WHERE code = ?", code) == "issued"
    visitor.press(Action.FULFIL)
    visitor.until(lambda now: now["settled"] and not visitor.offers(Action.FULFIL), "the voucher to be handed over")
    visitor.sees("已核销", "sans-bold", 26)
    kept = visitor.all("SELECT state, closed_by, closed_store FROM vouchers WHERE code = ?", code)
    assert kept == [("fulfilled", f"staff:{LI}", "east")]
    assert acts(visitor, f"staff:{LI}").count("voucher.fulfil") == 1
    visitor.press(Action.CANCEL)
    visitor.until(lambda now: now["settled"] and visitor.offers(Action.SYMBOL), "the keys")
    type_code(visitor, code)
    visitor.until(lambda now: now["settled"] and visitor.offers(Action.CANCEL), "the voucher to be found again")
    assert not visitor.offers(Action.FULFIL)
    visitor.sees("请不要再交付；有疑问请看操作日志，或请主管处理", "sans", 29)
    visitor.press(Action.EXIT)
    visitor.screen(NOBODY)
    assert visitor.searches(code) == []
