"""K14, N5: a kiosk without its central API serves whom it knows, refuses whom it must, and is whole again without a restart."""

import pytest

from kiosk_app.flow.actions import Action
from nfc.virtual.card import UidOnly
from tests.support.visit_house import NOBODY, Visitor

pytestmark = [pytest.mark.window, pytest.mark.reader, pytest.mark.timeout(150)]

WANG, XU = "m0001", "m0009"


def lose_the_server(visitor: Visitor) -> None:
    visitor.store.server.kill()
    visitor.until(lambda now: not now["online"], "the kiosk to notice")


def test_the_server_gone_and_back(visitor: Visitor) -> None:
    before = visitor.account(WANG)
    lose_the_server(visitor)
    visitor.sees("离线", "sans-bold", 26)

    visitor.lay(visitor.cards[WANG])
    visitor.screen("home")
    visitor.sees("王先生", "serif-bold", 60)
    visitor.sees(f"{before.points:,}", "sans-bold", 108)
    assert visitor.searches("8800 0127 2719", "2719") == []  # no card number on this device (X2)
    visitor.press(Action.REWARDS)
    visitor.screen("rewards")
    visitor.press(Action.REWARD)
    visitor.screen("reward_detail")
    visitor.sees("网络断开，恢复后可兑换", "sans", 28)
    assert not visitor.offers(Action.REDEEM), "expected the button to be greyed"

    # What it cannot do is said, and the same visit goes on when the server is back: fresh figures, without another tap.
    visitor.press(Action.HOME)
    visitor.screen("home")
    visitor.press(Action.VOUCHERS)
    visitor.screen("offline")
    visitor.sees("网络断开了", "serif-bold", 72, tolerance=6)
    visitor.press(Action.RETRY)  # too early; once the server is back the page goes by itself, perhaps under the finger
    visitor.screen("offline")
    visitor.start_server()
    visitor.until(lambda now: now["online"] and now["confirmed"], "the kiosk to find the server again")
    visitor.screen("home")
    visitor.press(Action.REWARDS)
    visitor.screen("rewards")
    visitor.press(Action.REWARD)
    visitor.screen("reward_detail")
    visitor.open_sheet()
    assert visitor.searches("确认兑换") == ["确认兑换"]
    visitor.leave()
    assert visitor.account(WANG) == before
    assert visitor.outbox() == []


def test_an_unknown_card_without_the_server(visitor: Visitor) -> None:
    lose_the_server(visitor)
    visitor.lay(UidOnly(bytes.fromhex("04DE1D00BE2F32")))
    visitor.screen("error")
    visitor.sees("网络断开，暂时查不到这张卡", "serif-bold", 68, tolerance=8)
    assert visitor.state()["session_open"] is False
    visitor.until(lambda now: now["screen"] == NOBODY, "the kiosk to come back by itself")
    assert visitor.outbox() == []


def test_what_changed_is_synced_and_a_blocked_card_is_refused_offline(visitor: Visitor) -> None:
    with visitor.reported_lost(XU):
        visitor.until(lambda _now: visitor.mirrored(XU) == "blocked", "the mirror to know of the lost card")
        lose_the_server(visitor)
        visitor.lay(visitor.cards[XU])
        visitor.screen("blocked_card")
        visitor.sees("这张卡已挂失", "serif-bold", 68)
        assert visitor.searches("许先生") == []
        visitor.until(lambda now: now["screen"] == NOBODY, "the kiosk to come back by itself")
    # Unblocked while nobody could tell the kiosk: it learns that as soon as the server is back.
    visitor.start_server()
    learnt = visitor.within(60, lambda _now: visitor.mirrored(XU) == "active")
    assert learnt, "expected the mirror to know that the card is good again"
    visitor.at_home(XU)
    visitor.leave()
