"""What a touch can tell the flow: the words that screens and flow share."""

from enum import StrEnum


class Action(StrEnum):
    """What a touch tells. The argument, where there is one, is named here."""

    WAKE = "wake"  # attract: the glass was touched
    BACK = "back"
    HOME = "home"
    EXIT = "exit"
    STAY = "stay"  # time-out: go on
    REWARDS = "rewards"
    VOUCHERS = "vouchers"
    POINTS = "points"
    ACTIVITIES = "activities"
    FILTER = "filter"  # kind of the points history, "" for all
    OLDER = "older"  # points history: the next page
    LARGE = "large"  # text size and contrast
    LANGUAGE = "language"
    CATEGORY = "category"  # slug, "" for all
    REWARD = "reward"  # slug
    MORE = "more"  # quantity of the reward on the screen
    FEWER = "fewer"
    REDEEM = "redeem"  # slug: opens the confirm sheet
    CONFIRM = "confirm"  # slug: asks for the PIN, then redeems
    CANCEL = "cancel"  # closes the confirm sheet
    DIGIT = "digit"  # "0" to "9"
    ERASE = "erase"
    CLEAR = "clear"
    FORGOT = "forgot"
    PHONE = "phone"  # no card: sign in by phone
    SHOW_PHONE = "show_phone"  # the number in full for some seconds, and masked again
    SIGN_IN = "sign_in"
    TAB = "tab"  # key of the tab of vouchers or activities
    SHOW_CODE = "show_code"  # voucher id: full-screen QR
    HIDE_CODE = "hide_code"
    RETRY = "retry"
    TAP_AGAIN = "tap_again"  # back to the tap screen
    UNDERSTOOD = "understood"
    ERRAND = "errand"  # staff mode: what to do
    IDENTITY = "identity"  # how staff saw who it is
    FIND = "find"
    PICK = "pick"  # id of a member, or of a card
    NEW_PIN = "new_pin"  # the member sets a PIN for the card that was issued
    VOUCHER = "voucher"  # staff mode: the page on which vouchers are handed over
    SYMBOL = "symbol"  # of a voucher's code
    FULFIL = "fulfil"  # the voucher on the screen is handed over
    FINISH = "finish"  # back to the staff's first screen
    TOUCHED = "touched"  # any first finger, before what it hits: restarts the idle clock
