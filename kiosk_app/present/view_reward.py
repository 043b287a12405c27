"""Views from the catalogue to the voucher: rewards, one of them, the confirm sheet, the PIN, the voucher, all vouchers."""

from typing import ClassVar

from msgspec import Struct

from kiosk_app.flow.actions import Action
from kiosk_app.present.view_base import NO_BUTTON, Button, Chip, EmptyNote, Tone, View


class RewardCard(Struct, frozen=True):
    """A reward in the catalogue. Not `available`: grey price, and `lock` says why ("钻石卡可换", "还差 720 分", "已兑完")."""

    slug: str = ""
    title: str = ""
    detail: str = ""
    price: str = ""
    unit: str = ""
    picture: str = ""
    available: bool = True
    tag: str = ""
    lock: str = ""
    lock_icon: str = "lock"


class RewardsView(View, frozen=True, kw_only=True):
    """kiosk-07. With no cards, `empty` says so."""

    screen: ClassVar[str] = "rewards"

    title: str = ""
    points_label: str = ""
    points: str = ""
    expiry: str = ""
    picture: str = ""
    chips: tuple[Chip, ...] = ()
    cards: tuple[RewardCard, ...] = ()
    empty: str = ""


class Fact(Struct, frozen=True):
    """A line of the detail page."""

    icon: str = ""
    label: str = ""
    text: str = ""


class SheetLine(Struct, frozen=True):
    """A line of the confirm sheet; the `total` is larger and jade."""

    label: str = ""
    value: str = ""
    total: bool = False


class ConfirmSheet(Struct, frozen=True):
    """kiosk-09, over the detail. While `busy` the button turns and nothing can be touched; `slow` is said after 3 s."""

    title: str = ""
    seconds: str = ""
    share: float = 0.0
    picture: str = ""
    what: str = ""
    valid: str = ""
    lines: tuple[SheetLine, ...] = ()
    tier_note: str = ""
    cancel: str = ""
    confirm: str = ""
    confirm_icon: str = "lock"
    arg: str = ""
    footnote: str = ""
    busy: bool = False
    slow: str = ""
    problem: str = ""


class RewardDetailView(View, frozen=True, kw_only=True):
    """kiosk-08 and, with `confirm`, kiosk-09. `redeem` is disabled with the reason in `why_not`."""

    screen: ClassVar[str] = "reward_detail"

    slug: str = ""
    picture: str = ""
    title: str = ""
    detail: str = ""
    price: str = ""
    unit: str = ""
    facts: tuple[Fact, ...] = ()
    quantity_label: str = ""
    quantity_limit: str = ""
    quantity: str = ""
    can_less: bool = False
    can_more: bool = False
    after_label: str = ""
    after: str = ""
    why_not: str = ""
    redeem: Button = NO_BUTTON
    confirm: ConfirmSheet | None = None


class PinKey(Struct, frozen=True):
    """A key of the PIN pad: a digit, or a quiet key with words or an icon."""

    text: str = ""
    icon: str = ""
    action: str = ""
    arg: str = ""

    @property
    def quiet(self) -> bool:
        """Whether it is not a digit."""
        return not self.arg


DIGITS = ("1", "2", "3", "4", "5", "6", "7", "8", "9", "0")


def marks(length: int, filled: int, next_too: bool = True) -> tuple[str, ...]:
    """One mark per digit: "full", the "next" to come, "empty"."""
    return tuple(
        "full" if index < filled else "next" if next_too and index == filled else "empty" for index in range(length)
    )


def pad_keys(clear: str, keys: tuple[str, ...] = DIGITS) -> tuple[PinKey, ...]:
    """The twelve keys of a pad in reading order; none without the word for `clear`."""
    if not clear:
        return ()
    digits = [PinKey(text=key, action=Action.DIGIT, arg=key) for key in keys]
    erase = PinKey(icon="backspace", action=Action.ERASE)
    return (*digits[:9], PinKey(text=clear, action=Action.CLEAR), digits[9], erase)


class PinView(View, frozen=True, kw_only=True):
    """kiosk-04. `filled` of `length` digits are in; the digits themselves never reach the screen."""

    screen: ClassVar[str] = "pin"

    title: str = ""
    detail: str = ""
    tier: str = "generic"
    member: str = ""
    card_number: str = ""
    hidden_note: str = ""
    length: int = 6
    filled: int = 0
    keys: tuple[str, ...] = DIGITS
    clear: str = ""
    attempts: str = ""  # rich
    attempts_tone: Tone = "warn"
    forgot: str = ""
    busy: bool = False
    staff: bool = False  # in staff mode

    @property
    def dots(self) -> tuple[str, ...]:
        """One mark per digit: "full", the "next" to come, "empty"."""
        return marks(self.length, self.filled)

    @property
    def pad(self) -> tuple[PinKey, ...]:
        """The twelve keys in reading order."""
        return pad_keys(self.clear, self.keys)


class RedeemingView(View, frozen=True, kw_only=True):
    """Between the PIN and the voucher: points are being taken. No dock: nothing may break in."""

    screen: ClassVar[str] = "redeeming"

    title: str = ""
    detail: str = ""
    what: str = ""
    price: str = ""
    picture: str = ""
    note: str = ""


class SuccessView(View, frozen=True, kw_only=True):
    """kiosk-10. `qr` is what the code says when scanned; `code` is grouped for reading aloud. `others`: "另有 1 张在“我的券”"."""

    screen: ClassVar[str] = "success"

    title: str = ""
    detail: str = ""
    what: str = ""
    valid: str = ""
    icon: str = "ticket"
    qr: str = ""
    code: str = ""
    hint: str = ""
    footnote: str = ""
    buttons: tuple[Button, ...] = ()


class VoucherCard(Struct, frozen=True):
    """A voucher in the list. `shade` 0 to 2 is its colour; `button` "" when it can no longer be shown."""

    voucher_id: str = ""
    title: str = ""
    detail: str = ""
    code_line: str = ""
    stub: str = ""
    icon: str = "ticket"
    shade: int = 0
    tag: str = ""
    tag_tone: Tone = "jade"
    button: str = ""
    used: bool = False


class FirstVoucher(Struct, frozen=True):
    """The voucher that expires first, with its code."""

    voucher_id: str = ""
    tag: str = ""
    title: str = ""
    code: str = ""
    qr: str = ""
    until: str = ""


class CodeSheet(Struct, frozen=True):
    """A voucher's QR over the whole screen, for `seconds` more."""

    title: str = ""
    qr: str = ""
    code: str = ""
    hint: str = ""
    seconds: str = ""
    share: float = 0.0
    close: str = ""


class VouchersView(View, frozen=True, kw_only=True):
    """kiosk-11. `first` only on the tab of usable ones; `bare` when there is none on any, so that nothing stands above the tabs.

    With no cards, `nothing` says so.
    """

    screen: ClassVar[str] = "vouchers"

    title: str = ""
    first: FirstVoucher | None = None
    bare: bool = False
    tabs: tuple[Chip, ...] = ()
    cards: tuple[VoucherCard, ...] = ()
    footnote: str = ""
    nothing: EmptyNote | None = None
    code: CodeSheet | None = None
