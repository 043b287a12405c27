"""A14 at a real kiosk: the server is gone, a member redeems all the same, and when it is back all of it is booked once."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta

import pytest

from central_api.rewards.offline import rules, settling
from club.model import voucher
from club.wire import codec
from club.wire.offline import OfflineEntity, read_qr
from kiosk_app.flow.actions import Action
from tests.support.central import new_id
from tests.support.visit_house import NOBODY, Visitor

pytestmark = [pytest.mark.window, pytest.mark.reader, pytest.mark.timeout(400)]

WANG, WASH, PRICE, STORE = "m0001", "quick-wash", 300, "east"
PATIENCE_S = 60.0
OPEN = rules.Rules(enabled=True, floor_points=PRICE, hours=24, quotas={WASH: 3})


def mirrored(visitor: Visitor) -> OfflineEntity | None:
    """The store's rules as the kiosk's disk has them."""
    file = visitor.store.options.state / "kiosk" / "store.db"
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True, timeout=10)) as db:
        rows = db.execute("SELECT payload FROM entity WHERE kind = 'offline'").fetchall()
    return codec.decode(rows[0][0], OfflineEntity) if rows else None


def allow(visitor: Visitor, rule: rules.Rules, *, ago: timedelta) -> None:
    """Put the store's rules, as its operator did some time ago, and wait until the kiosk has heard of them.

    The programs' clocks stand still here, and the kiosk's may stand a moment before the server's.
    """
    with visitor.desk() as context, context.db.write() as tx:
        now = context.clock.now() - ago
        rules.put(tx, context.keyring, STORE, rule, starts=now, by="operator", now=now, new_id=new_id)

    def heard(_now: object) -> bool:
        found = mirrored(visitor)
        return found is not None and [one.enabled for one in found.rules] == [rule.enabled]

    assert visitor.within(PATIENCE_S, heard), f"expected the kiosk to have the rules, found {mirrored(visitor)}"


@pytest.fixture
def handing_out(visitor: Visitor) -> Iterator[Visitor]:
    """A store that hands washes out offline for the length of a test."""
    allow(visitor, OPEN, ago=timedelta(hours=2))
    yield visitor
    visitor.rest()
    allow(visitor, rules.Rules(enabled=False), ago=timedelta(hours=1))


def settled(visitor: Visitor) -> None:
    assert visitor.within(PATIENCE_S, lambda _now: not visitor.on_its_way()), f"found {visitor.outbox()}"


def test_redeemed_without_the_server_and_booked_once_when_it_is_back(handing_out: Visitor) -> None:
    visitor = handing_out
    before = visitor.account(WANG)
    entity = mirrored(visitor)
    assert entity is not None
    visitor.store.server.kill()
    assert visitor.within(PATIENCE_S, lambda now: not now["online"]), "expected the kiosk to notice"

    # The member stands at a kiosk without a network: what it hands out stands first, and how it is said is calm.
    visitor.lay(visitor.cards[WANG])
    visitor.screen("home")
    visitor.press(Action.REWARDS)
    visitor.screen("rewards")
    assert visitor.searches("现在可换", "联网后可换") == ["现在可换", "联网后可换"]
    visitor.press(Action.REWARD, WASH)
    visitor.screen("reward_detail")
    visitor.sees("网络断开，这款现在就能换，网络恢复后记账", "sans", 28)
    visitor.open_sheet()
    visitor.confirm(WANG)
    visitor.screen("success")
    visitor.sees("兑换成功", "serif-bold", 72)
    visitor.sees(f"网络恢复后扣 {PRICE} 积分，余额 {before.points - PRICE:,}", "sans", 34)

    # Its voucher proves itself, without anybody being asked.
    made = read_qr(visitor.reads_qr(), entity.device_keys)
    assert (made.store, made.reward, made.points) == (STORE, WASH, PRICE)
    assert visitor.searches(voucher.grouped(made.code)) == [voucher.grouped(made.code)]
    assert visitor.account(WANG) == before

    # The card's allowance of this outage is used up: the next wish is told so, in words.
    visitor.press(Action.HOME)
    visitor.screen("home")
    visitor.press(Action.REWARDS)
    visitor.screen("rewards")
    visitor.press(Action.CATEGORY, "wash")  # among all it stands further down now, with what waits
    visitor.until(lambda now: now["settled"], "the category")
    visitor.press(Action.REWARD, WASH)
    visitor.screen("reward_detail")
    limit = f"断网期间每张卡最多换 {PRICE} 积分，您还可用 0。网络恢复后即可兑换。"
    assert visitor.searches(limit) == [limit]
    assert not visitor.offers(Action.REDEEM)

    # It is among the member's vouchers, at the next tap too: this card proves itself.
    visitor.leave()
    assert visitor.searches(made.code, voucher.grouped(made.code)) == []
    visitor.lay(visitor.cards[WANG])
    visitor.screen("home")
    visitor.press(Action.VOUCHERS)
    visitor.screen("vouchers")
    assert visitor.searches("联网后记账", voucher.grouped(made.code)) == ["联网后记账", voucher.grouped(made.code)]
    visitor.leave()

    # The server is back: booked once, the points went once, the voucher is the member's wherever they go.
    visitor.start_server()
    assert visitor.within(PATIENCE_S, lambda now: now["online"]), "expected the kiosk to find the server again"
    settled(visitor)
    after = visitor.account(WANG)
    assert after.once_more(before)
    assert (after.taken[-1], after.vouchers[-1]) == (PRICE, made.code)
    assert visitor.one("SELECT count(*) FROM offline_redemptions WHERE code = ?", made.code) == 1
    with visitor.desk() as context, context.db.read() as tx:
        assert settling.staff_list(tx, STORE) == []
    visitor.books_are_right()
    visitor.at_home(WANG)
    visitor.press(Action.VOUCHERS)
    visitor.screen("vouchers")
    code = voucher.grouped(made.code)
    assert visitor.within(PATIENCE_S, lambda _now: visitor.searches("联网后记账", code) == [code])
    visitor.leave()
    assert visitor.state()["screen"] == NOBODY
