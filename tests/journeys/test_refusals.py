"""Everything the central API refuses, through card, reader, window and network: its code in the log, a kind sentence on the glass."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import msgspec
import pytest

from club.model import errors
from kiosk_app.flow.actions import Action
from nfc.virtual.card import Card, UidOnly
from tests.support.visit_house import NOBODY, OtherKiosk, Visitor
from tests.support.wait import until

pytestmark = [pytest.mark.window, pytest.mark.reader, pytest.mark.timeout(150)]

SHEN, ZHAO, WU, QI, WHITLOCK = "m0011", "m0003", "m0005", "m0025", "m0020"
FENG_LOST, GU_LOST = "m0008", "m0019"
NOT_NOW = "这张卡暂时不能用"


@contextmanager
def refused(visitor: Visitor, code: str) -> Iterator[None]:
    """The central API refuses something with this code, once at least, and says so in its log."""
    log = visitor.store.options.logs / "central-api.log"
    said = f" refused: {code} "
    before = log.read_text(encoding="utf-8").count(said)
    yield
    until(lambda: log.read_text(encoding="utf-8").count(said) > before, f"{code} in the server's log")


def comes_back(visitor: Visitor, *names: str) -> None:
    """The seconds to the resting screen run, a touch leads there at once, and no member is left on it."""
    visitor.take()
    left = visitor.state()["left"]
    assert left > 0, "expected the message to go by itself"
    visitor.until(lambda now: now["left"] < left, "its seconds to run")
    visitor.press(Action.UNDERSTOOD)
    visitor.screen(NOBODY)
    assert visitor.searches(*names) == []


def leaves(visitor: Visitor, *names: str) -> None:
    """The member signs out, and is not left on the resting screen."""
    visitor.leave()
    assert visitor.searches(*names) == []


def tap_refused(visitor: Visitor, card: Card, code: str, title: str, sentence: str, screen: str) -> None:
    with refused(visitor, code):
        visitor.lay(card)
        visitor.screen(screen)
    visitor.sees(title, "serif-bold", 68)
    visitor.sees(sentence, "sans", 34)
    assert visitor.state()["session_open"] is False


def sessions_of(visitor: Visitor, member: str) -> int:
    return int(visitor.one("SELECT count(*) FROM card_sessions WHERE member = ?", member))


# -- cards ------------------------------------------------------------------------------------------------------------


def test_the_same_message_a_second_time(visitor: Visitor) -> None:
    card = visitor.card_of(SHEN)
    visitor.lay(card)
    visitor.until(lambda now: now["confirmed"], "the member's page")
    visitor.leave()
    opened = sessions_of(visitor, SHEN)
    card.counter -= 1  # the next message is the last one again, to the byte
    sentence = "这次刷卡没有读完整，请把卡拿开，再贴一次。"
    tap_refused(visitor, card, "cryptogram_replayed", NOT_NOW, sentence, "error")
    comes_back(visitor, "沈先生", "780")
    assert sessions_of(visitor, SHEN) == opened
    visitor.lay(card)  # its next message is good
    visitor.until(lambda now: now["confirmed"], "the member's page")
    visitor.leave()


def test_a_counter_below_the_last_one(visitor: Visitor) -> None:
    for _ in range(2):
        visitor.lay(visitor.card_of(QI))
        visitor.until(lambda now: now["confirmed"], "the member's page")
        visitor.leave()
    last, opened = visitor.counter(QI), sessions_of(visitor, QI)
    card = visitor.card_of(QI, counter=last - 2)
    sentence = "这次刷卡没有读完整，请把卡拿开，再贴一次。"
    tap_refused(visitor, card, "cryptogram_replayed", NOT_NOW, sentence, "error")
    comes_back(visitor, "亓先生")
    assert (visitor.counter(QI), sessions_of(visitor, QI)) == (last, opened)


def test_a_wrong_mac(visitor: Visitor) -> None:
    last, opened = visitor.counter(QI), sessions_of(visitor, QI)
    card = visitor.card_of(QI, counter=last + 50, file_key=bytes(16))
    sentence = "这张卡没能通过验证，请再贴一次，或叫服务员。"
    tap_refused(visitor, card, "cryptogram_wrong", NOT_NOW, sentence, "error")
    comes_back(visitor, "亓先生")
    # What a forger claims moves nothing: the true card still opens.
    assert (visitor.counter(QI), sessions_of(visitor, QI)) == (last, opened)
    visitor.lay(visitor.card_of(QI))
    visitor.until(lambda now: now["confirmed"], "the member's page")
    visitor.leave()


@pytest.mark.parametrize(
    ("member", "name", "since"), [(FENG_LOST, "冯女士", "5 月 16 日起停用"), (GU_LOST, "顾先生", "4 月 20 日起停用")]
)
def test_a_card_reported_lost(visitor: Visitor, member: str, name: str, since: str) -> None:
    opened = sessions_of(visitor, member)
    tap_refused(visitor, visitor.cards[member], "card_blocked", "这张卡已挂失", since, "blocked_card")
    assert visitor.searches(name) == []
    comes_back(visitor, name)
    assert sessions_of(visitor, member) == opened


def test_a_card_nobody_holds(visitor: Visitor) -> None:
    card = UidOnly(bytes.fromhex("04DE1D00BE2F31"))
    sentence = "可能是一张交通卡或门禁卡，卡没有问题，没有记录任何信息。"
    tap_refused(visitor, card, "card_unknown", "这张卡不是会员卡", sentence, "unknown_card")
    visitor.take()
    visitor.screen(NOBODY)  # by itself
    assert visitor.searches("04DE1D00BE2F31", "DE1D00BE") == []


# -- PIN --------------------------------------------------------------------------------------------------------------


def wrong_of(pin: str, by: int) -> str:
    """A wrong PIN, another one for each `by` from 1 to 9."""
    return "".join(str((int(digit) + by) % 10) for digit in pin)


def test_a_wrong_pin_once_too_often(visitor: Visitor) -> None:
    pin, before = visitor.store.members[WU], visitor.account(WU)
    visitor.to_the_sheet(WU)
    visitor.press(Action.CONFIRM)
    visitor.screen("pin")
    for left in range(4, 0, -1):
        visitor.until(lambda now: now["screen"] == "pin" and now["settled"] and not now["asking"], "a PIN pad at rest")
        with refused(visitor, "pin_wrong"):
            visitor.enter_pin(wrong_of(pin, left))
        tries = f"密码不对，还可尝试 <b>{left}</b> 次，超过将锁定 15 分钟"
        visitor.until(lambda _now, tries=tries: visitor.searches(tries), "the tries that are left")  # type: ignore[misc]
    visitor.sees("密码不对，还可尝试", "sans", 30)
    with refused(visitor, "pin_locked"):
        visitor.enter_pin(wrong_of(pin, 5))
    sentence = "密码输错太多次，请 15 分钟后再试，或叫服务员。"
    visitor.until(lambda _now: visitor.searches(sentence), "the lock's sentence")
    visitor.sees("密码输错太多次", "sans", 26, tolerance=5)
    visitor.leave()
    # Another tap does not help, nor does the right PIN.
    visitor.to_the_sheet(WU)
    with refused(visitor, "pin_locked"):
        visitor.confirm(WU)
    visitor.until(lambda _now: visitor.searches(sentence), "the lock's sentence")
    visitor.take()
    resting = visitor.within(45, lambda now: now["screen"] == NOBODY and now["settled"])
    assert resting, "expected the kiosk to come back by itself (K13)"
    assert visitor.searches("吴女士", pin) == []
    assert visitor.account(WU) == before


# -- redemptions ------------------------------------------------------------------------------------------------------


def test_more_than_the_balance(visitor: Visitor, tmp_path: Path) -> None:
    other = OtherKiosk.enrolled(visitor, tmp_path)
    spends_elsewhere = other.granted(SHEN, "quick-wash", 300)
    visitor.to_the_sheet(SHEN)
    assert visitor.searches("精洗券") == ["精洗券"]
    before = visitor.account(SHEN)
    assert before.points == 780
    other.client.redeem(spends_elsewhere)  # a relative at the other kiosk is quicker
    with refused(visitor, "not_enough_points"):
        visitor.confirm(SHEN)
        visitor.screen("reward_detail")
    visitor.sees("可兑换积分还差 120 分。", "sans", 28)
    after = visitor.account(SHEN)
    assert after.once_more(before)
    assert after.points == 480
    assert visitor.outbox() == []
    leaves(visitor, "沈先生")
    visitor.books_are_right()


def test_out_of_stock(visitor: Visitor) -> None:
    before = visitor.account(ZHAO)
    visitor.to_the_sheet(ZHAO, category="fuel")
    assert visitor.searches("100 元油卡") == ["100 元油卡"]
    with last_piece_gone(visitor, "fuel-card-100"):
        with refused(visitor, "out_of_stock"):
            visitor.confirm(ZHAO)
            visitor.screen("reward_detail")
        visitor.sees("100 元油卡刚刚换完了，没有扣您的积分。", "sans", 28)
    assert visitor.account(ZHAO) == before
    assert visitor.outbox() == []
    leaves(visitor, "赵先生")
    visitor.books_are_right()


def test_a_card_reported_lost_while_its_finder_stands_there(visitor: Visitor) -> None:
    before = visitor.account(QI)
    visitor.to_the_sheet(QI)
    with visitor.reported_lost(QI):
        with refused(visitor, "card_blocked"):
            visitor.confirm(QI)
            visitor.screen("blocked_card")
        visitor.sees("这张卡已挂失", "serif-bold", 68)
        comes_back(visitor, "亓先生")
    assert visitor.account(QI) == before
    visitor.until(lambda _now: visitor.mirrored(QI) == "active", "the kiosk to know that the card is good again")


def test_the_same_key_with_another_body_from_another_device(visitor: Visitor, tmp_path: Path) -> None:
    other = OtherKiosk.enrolled(visitor, tmp_path)
    before = visitor.account(WHITLOCK)
    command = other.granted(WHITLOCK, "quick-wash", 300)
    first = other.client.redeem(command)
    assert other.client.redeem(command) == first
    with refused(visitor, "idempotency_conflict"), pytest.raises(errors.IdempotencyConflict):
        other.client.redeem(msgspec.structs.replace(command, quantity=2))
    assert visitor.account(WHITLOCK).once_more(before)
    assert visitor.account(WHITLOCK).vouchers[-1] == first.vouchers[0].code
    visitor.books_are_right()


def test_the_same_key_with_another_body_at_the_glass(visitor: Visitor) -> None:
    before = visitor.account(ZHAO)
    visitor.to_the_sheet(ZHAO)
    with keys_taken_before(visitor), refused(visitor, "idempotency_conflict"):
        visitor.confirm(ZHAO)
        visitor.screen("error")
    visitor.sees("这一步没有办成", "serif-bold", 68)
    visitor.sees("这一步没有办成，没有重复扣分，请重新来一次。", "sans", 34)
    assert visitor.account(ZHAO) == before
    assert visitor.outbox() == []
    leaves(visitor, "赵先生")


@contextmanager
def last_piece_gone(visitor: Visitor, reward: str) -> Iterator[None]:
    """Somebody at the till hands out what was left."""
    (stock,) = (visitor.one("SELECT stock FROM rewards WHERE slug = ?", reward),)
    _write(visitor, "UPDATE rewards SET stock = 0 WHERE slug = ?", reward)
    try:
        yield
    finally:
        _write(visitor, "UPDATE rewards SET stock = ? WHERE slug = ?", stock, reward)


@contextmanager
def keys_taken_before(visitor: Visitor) -> Iterator[None]:
    """Each command that gets its grant finds its key used by then, with a body nobody sent."""
    _write(
        visitor,
        "CREATE TRIGGER taken_before AFTER INSERT ON grants BEGIN INSERT INTO idempotency "
        "SELECT NEW.command, s.device, 'another body', 200, '{}', NEW.made_at FROM card_sessions s WHERE s.id = NEW.session; END",
    )
    try:
        yield
    finally:
        _write(visitor, "DROP TRIGGER taken_before")


def _write(visitor: Visitor, statement: str, *values: object) -> None:
    with closing(sqlite3.connect(visitor.central / "club.db", timeout=10)) as db, db:
        db.execute(statement, values)
