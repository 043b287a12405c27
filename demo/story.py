"""The scripted story: a tap, a redemption, a board published, an outage, each step seen on the glass or failed."""

import time
from collections.abc import Callable
from pathlib import Path

from club.model import voucher
from demo import browser, screens
from demo.finger import Finger
from demo.house import House, SignIn
from demo.witness import NotSeen, Witness, Words

MEMBER = "m0001"
BOARD = "b-lakeside"
OLD_TITLE, NEW_TITLE = "湖山两日自驾游", "湖山秋日自驾游"

# What is looked for, with the font and the size that the drawings give it (px of the design).
_WELCOME = Words("欢迎回家，", "serif-bold", 104)
_GREETING = Words("王先生，下午好", "serif-bold", 60)
_BALANCE = Words("6,280", "sans-bold", 108)
_BALANCE_AFTER = Words("5,080", "sans-bold", 108)
_TIER_POINTS = Words("18,640", "sans-bold", 76)
_REWARDS_TILE = Words("兑换礼品", "sans-bold", 36)
_VOUCHERS_TILE = Words("我的券", "sans-bold", 36)
_REWARD = Words("基础保养券", "sans-bold", 36)
_REDEEM = Words("立即兑换", "sans-bold", 42)
_CONFIRM = Words("确认，输入密码", "sans-bold", 42)
_PIN_TITLE = Words("请输入服务密码", "serif-bold", 60)
_SUCCESS = Words("兑换成功", "serif-bold", 72)
_SIGN_OUT = Words("退出", "sans-bold", 30)
_BACK = Words("返回", "sans-bold", 26)
_OFFLINE = Words("离线", "sans-bold", 26)


def play(house: House, pictures: Path, say: Callable[[str], None]) -> None:
    """Play the whole story in a house that is running.

    Raises:
        NotSeen: a step did not show on the glass.
    """
    witness = Witness(pictures, say)
    kiosk = Finger(house.kiosk_glass, screens.KIOSK)
    lounge = Finger(house.lounge_glass, screens.LOUNGE)
    witness.sees(kiosk, "kiosk-waits", [_WELCOME], seconds=30)
    witness.sees(lounge, "lounge-plays", [Words("行舟会", "sans-bold", 38)], seconds=30)
    _tap(house, witness, kiosk)
    _look_around(witness, kiosk)
    _redeem(house, witness, kiosk)
    _publish(house, witness, lounge)
    _outage(house, witness, kiosk, lounge)


def _tap(house: House, witness: Witness, kiosk: Finger) -> None:
    house.reader.tap(MEMBER)
    witness.sees(kiosk, "tap-home", [_GREETING, _BALANCE, _TIER_POINTS])


def _look_around(witness: Witness, kiosk: Finger) -> None:
    witness.press(kiosk, _VOUCHERS_TILE)
    witness.sees(kiosk, "my-vouchers", [Words("我的券", "serif-bold", 60)])
    witness.press(kiosk, _BACK)
    witness.sees(kiosk, "home-again", [_GREETING])


def _redeem(house: House, witness: Witness, kiosk: Finger) -> None:
    witness.press(kiosk, _REWARDS_TILE)
    witness.sees(kiosk, "rewards", [Words("兑换礼品", "serif-bold", 60), _REWARD])
    witness.press(kiosk, _REWARD)
    witness.sees(kiosk, "reward-detail", [_REDEEM])
    witness.press(kiosk, _REDEEM)
    witness.sees(kiosk, "confirm", [Words("确认兑换", "serif-bold", 60), Words("−1,200", "sans-bold", 42)])
    witness.press(kiosk, _CONFIRM)
    witness.sees(kiosk, "pin", [_PIN_TITLE])
    for digit in house.members[MEMBER]:
        kiosk.press(*pin_key(digit))
        time.sleep(0.15)  # a person's fingers are not faster
    witness.sees(kiosk, "voucher", [_SUCCESS, Words("已扣 1,200 积分，余额 5,080", "sans", 34)])
    witness.sees_qr(kiosk, "voucher-qr", _is_voucher)
    witness.press(kiosk, _SIGN_OUT)
    witness.sees(kiosk, "signed-out", [_WELCOME])


def _publish(house: House, witness: Witness, lounge: Finger) -> None:
    # The board's turn comes at most a minute after the one before it.
    witness.sees(lounge, "board-before", [Words(OLD_TITLE, "serif-bold", 116)], seconds=75)
    try:
        with browser.console_page() as page:
            browser.sign_in(page, house.url, _publisher(house))
            browser.edit_title(page, house.url, BOARD, NEW_TITLE)
            witness.keep("console-editor", browser.shot(page))
            browser.publish(page)
            witness.keep("console-published", browser.shot(page))
    except browser.BrowserError as trouble:
        raise NotSeen(f"expected to edit and publish a board in the console; the browser says: {trouble}") from trouble
    witness.sees(lounge, "board-after", [Words(NEW_TITLE, "serif-bold", 116)], seconds=75)


def _outage(house: House, witness: Witness, kiosk: Finger, lounge: Finger) -> None:
    house.server.stop()
    witness.sees(kiosk, "server-gone", [_OFFLINE], seconds=45)
    house.reader.tap(MEMBER)
    witness.sees(kiosk, "tap-offline", [Words("王先生", "serif-bold", 60), _BALANCE_AFTER])
    witness.sees(lounge, "lounge-plays-on", [Words("行舟会", "sans-bold", 38)])
    house.server.start()
    house.server.wait_for(r"ready on http")
    witness.press(kiosk, _SIGN_OUT)
    witness.sees(kiosk, "back-to-waiting", [_WELCOME])
    house.reader.tap(MEMBER)
    witness.sees(kiosk, "tap-online-again", [_GREETING, _BALANCE_AFTER], seconds=45)
    witness.press(kiosk, _SIGN_OUT)
    witness.sees(kiosk, "the-end", [_WELCOME])


def pin_key(digit: str) -> tuple[float, float]:
    """The middle of a key of the PIN pad, px of the design (kiosk-04: three columns of 308, rows of 186, gaps of 22)."""
    row, column = (3, 1) if digit == "0" else divmod(int(digit) - 1, 3)
    return 56 + 154 + column * 330, 740 + 93 + row * 208


def _is_voucher(text: str) -> bool:
    return text == voucher.qr_text(voucher.normalise(text)) and voucher.is_valid(voucher.normalise(text))


def _publisher(house: House) -> SignIn:
    found = next((one for one in house.staff if one.number == "1001"), None)
    if found is None:
        raise NotSeen("expected staff number 1001 (周经理) among the demo's sign-ins; it is not there")
    return found
