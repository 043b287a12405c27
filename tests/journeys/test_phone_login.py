"""A member without a card, through window, network and database: by the pad, the keyboard and a scanner (N8, ADR 17)."""

import csv
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from club import resources
from kiosk_app.flow.actions import Action
from tests.support.fingers import Fingers
from tests.support.visit_house import NOBODY, Visitor
from tests.support.wait import until

pytestmark = [pytest.mark.window, pytest.mark.reader, pytest.mark.timeout(300)]

XU, GAO, FENG_LOST = "m0009", "m0012", "m0008"
WRONG = "手机号或密码不对，还可尝试 {left} 次，超过将锁定 15 分钟。刚输错多次的，也请过 15 分钟再试。"
NOBODYS = "13900000001"


@pytest.fixture
def keyboard(visitor: Visitor) -> Iterator[Fingers]:
    """A keyboard at the kiosk's screen, and a scanner, which is one to the machine."""
    with Fingers(visitor.store.kiosk_glass.env) as fingers:
        fingers.move(540, 120)  # without a window manager keys go to the window under the pointer
        yield fingers


def row(member: str) -> dict[str, str]:
    with (resources.demo_dir() / "members.csv").open(encoding="utf-8", newline="") as table:
        return next(row for row in csv.DictReader(table) if row["id"] == member)


def number(member: str) -> str:
    return row(member)["phone"].replace("-", "")


def to_the_page(visitor: Visitor) -> None:
    """From the resting screen by way of the hint, as a member goes."""
    visitor.press(Action.WAKE)
    visitor.screen("tap")
    visitor.press(Action.PHONE)
    visitor.screen("phone_login")


def sign_in(visitor: Visitor, phone: str, pin: str) -> None:
    visitor.press(Action.CLEAR)
    visitor.enter_pin(phone + pin)
    visitor.press(Action.SIGN_IN)


def wrong_of(pin: str) -> str:
    return "".join(str((int(digit) + 1) % 10) for digit in pin)


def refusals(visitor: Visitor) -> int:
    log = visitor.store.options.logs / "central-api.log"
    return log.read_text(encoding="utf-8").count(" refused: phone_or_pin_wrong ")


def sessions_of(visitor: Visitor, member: str) -> int:
    return int(visitor.one("SELECT count(*) FROM card_sessions WHERE member = ?", member))


def logs(visitor: Visitor) -> str:
    folder: Path = visitor.store.options.logs
    return "\n".join(file.read_text(encoding="utf-8", errors="replace") for file in folder.glob("*.log"))


def test_number_and_pin_open_the_page_and_nothing_typed_stays(visitor: Visitor) -> None:
    phone, pin = number(XU), visitor.store.members[XU]
    to_the_page(visitor)
    visitor.enter_pin(phone)
    whole = f"{phone[:3]} {phone[3:7]} {phone[7:]}"
    assert visitor.searches(phone, whole) == []
    masked = f"{phone[:3]} **** {phone[7:]}"
    assert visitor.searches(masked) == [masked]
    visitor.press(Action.SHOW_PHONE)
    visitor.until(lambda _now: visitor.searches(whole), "the number in full")
    visitor.sees("登录，还差 6 位密码", "sans-bold", 40)
    sign_in(visitor, phone, pin)
    visitor.until(lambda now: now["screen"] == "home" and now["confirmed"], "the member's page")
    assert (
        visitor.one(
            "SELECT assurance FROM card_sessions WHERE member = ? ORDER BY opened_at DESC, rowid DESC LIMIT 1", XU
        )
        == "phone"
    )
    visitor.press(Action.VOUCHERS)
    visitor.screen("vouchers")  # the PIN was given at the door
    visitor.leave()
    name = row(XU)["surname"] + row(XU)["title"]
    visitor.until(lambda _now: not visitor.searches(name, masked, phone, whole), "the screens to forget")
    said = logs(visitor)
    assert phone not in said
    assert not re.search(rf"(?<![0-9A-Za-z]){pin}(?![0-9A-Za-z])", said)


def test_a_strangers_number_and_a_wrong_pin_read_the_same(visitor: Visitor) -> None:
    pin, opened = visitor.store.members[GAO], sessions_of(visitor, GAO)
    to_the_page(visitor)
    said = []
    for phone in (NOBODYS, number(GAO)):
        visitor.until(lambda now: now["settled"], "the page to settle")
        before = refusals(visitor)
        sign_in(visitor, phone, wrong_of(pin))
        until(lambda before=before: refusals(visitor) > before, "the refusal in the server's log")  # type: ignore[misc]
        visitor.until(lambda now: now["settled"] and visitor.searches(WRONG.format(left=4)), "why nothing opened")
        said.append(visitor.searches(*(WRONG.format(left=left) for left in range(5))))
    assert said == [[WRONG.format(left=4)]] * 2
    assert visitor.searches(row(GAO)["surname"] + row(GAO)["title"]) == []
    visitor.leave()
    assert sessions_of(visitor, GAO) == opened


def test_whose_card_is_lost_sees_the_page(visitor: Visitor) -> None:
    visitor.lay(visitor.cards[FENG_LOST])
    visitor.screen("blocked_card")
    visitor.take()
    visitor.press(Action.PHONE)
    visitor.screen("phone_login")
    sign_in(visitor, number(FENG_LOST), visitor.store.members[FENG_LOST])
    visitor.until(lambda now: now["screen"] == "home" and now["confirmed"], "the member's page")
    visitor.leave()


def test_a_scanned_number_and_typed_keys_sign_in(visitor: Visitor, keyboard: Fingers) -> None:
    phone, pin = number(XU), visitor.store.members[XU]
    masked = f"{phone[:3]} **** {phone[7:]}"
    visitor.screen(NOBODY)

    def scanned() -> bool:
        # On a machine so busy that a code comes in pieces it is scanned again, as a person would.
        keyboard.scan(f"tel:{phone}")
        return bool(visitor.within(5, lambda now: now["screen"] == "phone_login" and bool(visitor.searches(masked))))

    until(scanned, "the number taken from the scanner")
    for place, digit in enumerate(pin):
        keyboard.key(digit if place % 2 else f"KP_{digit}")
    visitor.until(lambda _now: visitor.offers(Action.SIGN_IN), "all digits to be there")
    keyboard.key("Return")
    visitor.until(lambda now: now["screen"] == "home" and now["confirmed"], "the member's page")
    visitor.leave()


def test_another_code_leads_on(visitor: Visitor, keyboard: Fingers) -> None:
    visitor.screen(NOBODY)

    def told() -> bool:
        keyboard.scan("V-8800-0127-2719")
        return bool(visitor.within(5, lambda now: now["screen"] == "error"))

    until(told, "what to do with another code")
    assert visitor.searches("这个码不是会员的") == ["这个码不是会员的"]
    visitor.press(Action.UNDERSTOOD)
    visitor.screen(NOBODY)
