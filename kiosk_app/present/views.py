"""What each kiosk screen shows, as finished values: one frozen view per screen, filled by the presenter, read by the .kv files.

Every string is ready to be drawn, in the language of the session. Where a field says *rich*, parts between ``<b>`` and ``</b>`` are
drawn bold; nothing else is markup anywhere. An empty string, an empty tuple or ``None`` means "not shown". Pictures are art names
(``rewards/basic-service-voucher``, see ``club.resources.art``) or absolute paths of the device's own media; icons are names out of
``art/icons``. A view without arguments is a blank screen: that is what a screen holds before it is first shown and after it is wiped.
"""

from dataclasses import dataclass
from typing import ClassVar, Literal, TypeAlias

from kiosk_app.flow.actions import Action as Action  # noqa: PLC0414  screens take it from here, and mypy asks for the alias

Tone: TypeAlias = Literal["jade", "ink", "soft", "plain", "warn", "danger"]
"""Colour by role: what it says, never which hex value."""

Mark: TypeAlias = Literal["yes", "no"]


@dataclass(frozen=True, slots=True)
class Header:
    """The read-only top of every screen. `offline` is the words of the mark."""

    club: str = ""
    place: str = ""
    clock: str = ""
    offline: str = ""


@dataclass(frozen=True, slots=True)
class Dock:
    """The bar at the bottom: labels of what can be pressed; with `seconds` the ring around them, `share` of it (0 to 1) lit.

    `large` switches text size and contrast ("大字", and "标准字" while large), `language` the language ("EN", "中文").
    """

    back: str = ""
    home: str = ""
    large: str = ""
    language: str = ""
    exit: str = ""
    seconds: str = ""
    share: float = 0.0


@dataclass(frozen=True, slots=True)
class Button:
    """A button with what it tells. A disabled one is grey and tells nothing."""

    text: str = ""
    action: str = ""
    arg: str = ""
    icon: str = ""
    tone: Tone = "jade"
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class TimeoutSheet:
    """kiosk-17, over any screen: "are you still there?"."""

    seconds: str = ""
    share: float = 0.0
    title: str = ""
    detail: str = ""
    leave: str = ""
    stay: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What all screens have. `large`: text of half as much again, in one column; `contrast`: white and yellow on black (kiosk-20 has both)."""

    screen: ClassVar[str] = ""
    night: ClassVar[bool] = False

    large: bool = False
    contrast: bool = False

    header: Header = Header()
    dock: Dock = Dock()
    timeout: TimeoutSheet | None = None


@dataclass(frozen=True, slots=True)
class EmptyNote:
    """kiosk-36: nothing is there yet; a sentence and the next step. `illustration`: "vouchers", "activities", "points", "rewards"."""

    illustration: str = "points"
    title: str = ""
    detail: str = ""
    button: Button | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AttractView(View):
    """kiosk-01. `welcome` is one or two lines, split by a line feed; `tap` is "" while the reader is gone."""

    screen: ClassVar[str] = "attract"
    night: ClassVar[bool] = True

    welcome: str = ""
    invitation: str = ""
    tap: str = ""
    tap_second: str = ""
    notice: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TapView(View):
    """kiosk-02."""

    screen: ClassVar[str] = "tap"
    night: ClassVar[bool] = True

    title: str = ""
    detail: str = ""
    card_word: str = ""
    card_number: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingView(View):
    """kiosk-03. Before the card is known: `tier` "generic" and no card number."""

    screen: ClassVar[str] = "reading"

    tier: str = "generic"
    card_word: str = ""
    card_number: str = ""
    title: str = ""
    detail: str = ""
    privacy: str = ""
    privacy_detail: str = ""


@dataclass(frozen=True, slots=True)
class PinKey:
    """A key of the PIN pad: a digit, or a quiet key with words or an icon."""

    text: str = ""
    icon: str = ""
    action: str = ""
    arg: str = ""

    @property
    def quiet(self) -> bool:
        """Whether it is not a digit."""
        return not self.arg


@dataclass(frozen=True, slots=True, kw_only=True)
class PinView(View):
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
    keys: tuple[str, ...] = ("1", "2", "3", "4", "5", "6", "7", "8", "9", "0")
    clear: str = ""
    attempts: str = ""  # rich
    attempts_tone: Tone = "warn"
    forgot: str = ""
    busy: bool = False

    @property
    def dots(self) -> tuple[str, ...]:
        """One mark per digit: "full", the "next" to come, "empty"."""
        return tuple(
            "full" if index < self.filled else "next" if index == self.filled else "empty"
            for index in range(self.length)
        )

    @property
    def pad(self) -> tuple[PinKey, ...]:
        """The twelve keys in reading order."""
        if not self.clear:
            return ()
        digits = [PinKey(text=key, action=Action.DIGIT, arg=key) for key in self.keys]
        clear, erase = PinKey(text=self.clear, action=Action.CLEAR), PinKey(icon="backspace", action=Action.ERASE)
        return (*digits[:9], clear, digits[9], erase)


@dataclass(frozen=True, slots=True)
class MemberCard:
    """The card as drawn on the home page. `pips` of `pips_of` short bars are solid.

    `line` is all of it in large text: "金卡，卡号尾号 2719".
    """

    tier: str = "generic"
    tier_name: str = ""
    pips: int = 0
    pips_of: int = 4
    number_label: str = ""
    number: str = ""
    valid_label: str = ""
    valid: str = ""
    line: str = ""


@dataclass(frozen=True, slots=True)
class PointsPanel:
    """Both tracks of points and the way to the next tier; `progress` 0 to 1, `None` at the highest tier.

    `missing` is that way in few words, for large text: "离钻石差 6,360".
    """

    points_label: str = ""
    points_hint: str = ""
    points: str = ""
    tier_points_label: str = ""
    tier_points_hint: str = ""
    tier_points: str = ""
    progress: float | None = None
    tier_name: str = ""
    next_tier: str = ""  # rich
    missing: str = ""


@dataclass(frozen=True, slots=True)
class ExpiryNote:
    """Points that will expire soon; `button` leads to the rewards. `short` is the title in large text: "6 月 30 日有 1,200 分到期"."""

    title: str = ""
    detail: str = ""
    button: str = ""
    short: str = ""


@dataclass(frozen=True, slots=True)
class Tile:
    """An entry of the home page."""

    title: str = ""
    detail: str = ""
    icon: str = ""
    action: str = ""
    primary: bool = False
    picture: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeView(View):
    """kiosk-05. Only tiles of journeys that are built. `notice` is a short line, such as when the data are from."""

    screen: ClassVar[str] = "home"

    greeting: str = ""
    service_line: str = ""  # rich
    card: MemberCard = MemberCard()
    points: PointsPanel = PointsPanel()
    expiry: ExpiryNote | None = None
    tiles: tuple[Tile, ...] = ()
    notice: str = ""


@dataclass(frozen=True, slots=True)
class Chip:
    """A choice in a row of choices."""

    text: str = ""
    action: str = ""
    arg: str = ""
    icon: str = ""
    on: bool = False


@dataclass(frozen=True, slots=True)
class RewardCard:
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


@dataclass(frozen=True, slots=True, kw_only=True)
class RewardsView(View):
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


@dataclass(frozen=True, slots=True)
class Fact:
    """A line of the detail page."""

    icon: str = ""
    label: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class SheetLine:
    """A line of the confirm sheet; the `total` is larger and jade."""

    label: str = ""
    value: str = ""
    total: bool = False


@dataclass(frozen=True, slots=True)
class ConfirmSheet:
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


@dataclass(frozen=True, slots=True, kw_only=True)
class RewardDetailView(View):
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
    redeem: Button = Button()
    confirm: ConfirmSheet | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RedeemingView(View):
    """Between the PIN and the voucher: points are being taken. No dock: nothing may break in."""

    screen: ClassVar[str] = "redeeming"

    title: str = ""
    detail: str = ""
    what: str = ""
    price: str = ""
    picture: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SuccessView(View):
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


@dataclass(frozen=True, slots=True)
class VoucherCard:
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


@dataclass(frozen=True, slots=True)
class FirstVoucher:
    """The voucher that expires first, with its code."""

    voucher_id: str = ""
    tag: str = ""
    title: str = ""
    code: str = ""
    qr: str = ""
    until: str = ""


@dataclass(frozen=True, slots=True)
class CodeSheet:
    """A voucher's QR over the whole screen, for `seconds` more."""

    title: str = ""
    qr: str = ""
    code: str = ""
    hint: str = ""
    seconds: str = ""
    share: float = 0.0
    close: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class VouchersView(View):
    """kiosk-11. `first` only on the tab of usable ones. With no cards, `nothing` says so."""

    screen: ClassVar[str] = "vouchers"

    title: str = ""
    first: FirstVoucher | None = None
    tabs: tuple[Chip, ...] = ()
    cards: tuple[VoucherCard, ...] = ()
    footnote: str = ""
    nothing: EmptyNote | None = None
    code: CodeSheet | None = None


@dataclass(frozen=True, slots=True)
class ExpiryBar:
    """Points that expire together: `share` 0 to 1 of the highest bar; `soon` ones are amber."""

    points: str = ""
    label: str = ""
    share: float = 0.0
    soon: bool = False


@dataclass(frozen=True, slots=True)
class PointsRow:
    """A movement, or (with `month`) the head of a month with its sums. A movement that earned is jade: `tone`.

    `points` and `tier_points` have their sign; "—" where that track did not move.
    """

    month: str = ""
    sums: str = ""
    icon: str = ""
    title: str = ""
    detail: str = ""
    points: str = ""
    tone: Tone = "ink"  # jade: earned; ink: spent or expired; plain: nothing
    tier_points: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PointsView(View):
    """kiosk-06. Filters tell `Action.FILTER`; a `more` line stands at the end while older movements are to be had.

    When the last rows come into sight the screen tells `Action.OLDER` by itself, once for each number of rows.
    `nothing` takes the place of the list; `busy` is said while the first page is on its way.
    """

    screen: ClassVar[str] = "points"

    title: str = ""
    points_label: str = ""
    points: str = ""
    tier_points_label: str = ""
    tier_points: str = ""
    expiry_label: str = ""
    expiry: tuple[ExpiryBar, ...] = ()  # at most four
    expiry_none: str = ""
    filters: tuple[Chip, ...] = ()
    period: str = ""
    item_head: str = ""
    points_head: str = ""
    tier_points_head: str = ""
    rows: tuple[PointsRow, ...] = ()
    more: str = ""
    busy: str = ""
    nothing: EmptyNote | None = None
    notice: str = ""


@dataclass(frozen=True, slots=True)
class ActivityFeature:
    """The activity that stands on top, over its picture. `title` may have a line feed."""

    slug: str = ""
    tag: str = ""
    title: str = ""
    when: str = ""
    taken: str = ""
    picture: str = ""


@dataclass(frozen=True, slots=True)
class ActivityCard:
    """An activity in the list: `kind` ("自驾游") and `tag` ("余 6 车", "已满，可候补") are small labels."""

    slug: str = ""
    kind: str = ""
    tag: str = ""
    tag_tone: Tone = "jade"
    title: str = ""
    when: str = ""
    place: str = ""
    picture: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivitiesView(View):
    """kiosk-12. Tabs tell `Action.TAB`; signing up is a later journey. With no cards, `nothing` says so. `title` is read in large text."""

    screen: ClassVar[str] = "activities"

    title: str = ""
    feature: ActivityFeature | None = None
    tabs: tuple[Chip, ...] = ()
    cards: tuple[ActivityCard, ...] = ()
    nothing: EmptyNote | None = None
    notice: str = ""


@dataclass(frozen=True, slots=True)
class CheckRow:
    """What works and what does not."""

    mark: Mark = "yes"
    title: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class HelpRow:
    """A way on: what it is, why, and (where it can be pressed) its button."""

    icon: str = ""
    title: str = ""
    detail: str = ""
    button: Button | None = None


@dataclass(frozen=True, slots=True)
class Banner:
    """A coloured strip with an icon and two lines."""

    icon: str = ""
    title: str = ""
    detail: str = ""
    tone: Tone = "danger"


@dataclass(frozen=True, slots=True, kw_only=True)
class OfflineView(View):
    """kiosk-16."""

    screen: ClassVar[str] = "offline"

    title: str = ""
    detail: str = ""
    status: str = ""
    checks: tuple[CheckRow, ...] = ()
    buttons: tuple[Button, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorView(View):
    """Any refusal in calm words, no code: what happened, what to do. `illustration`: "card", "offline", "blocked", "reader", "sold-out"."""

    screen: ClassVar[str] = "error"

    illustration: str = "card"
    title: str = ""
    detail: str = ""
    banner: Banner | None = None
    buttons: tuple[Button, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownCardView(View):
    """kiosk-31. `staff_title` and `staff_note`: facts of the card for staff, never its number."""

    screen: ClassVar[str] = "unknown_card"

    title: str = ""
    detail: str = ""
    rows: tuple[HelpRow, ...] = ()
    staff_title: str = ""
    staff_note: str = ""
    buttons: tuple[Button, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderLostView(View):
    """kiosk-32."""

    screen: ClassVar[str] = "reader_lost"

    title: str = ""
    detail: str = ""
    status: str = ""
    checks: tuple[CheckRow, ...] = ()
    buttons: tuple[Button, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockedCardView(View):
    """kiosk-33."""

    screen: ClassVar[str] = "blocked_card"

    title: str = ""
    detail: str = ""
    banner: Banner | None = None
    rows: tuple[HelpRow, ...] = ()
    footnote: str = ""
    buttons: tuple[Button, ...] = ()


AnyView: TypeAlias = (
    AttractView
    | TapView
    | ReadingView
    | PinView
    | HomeView
    | RewardsView
    | RewardDetailView
    | RedeemingView
    | SuccessView
    | VouchersView
    | PointsView
    | ActivitiesView
    | OfflineView
    | ErrorView
    | UnknownCardView
    | ReaderLostView
    | BlockedCardView
)

VIEWS: tuple[type[View], ...] = (
    AttractView,
    TapView,
    ReadingView,
    PinView,
    HomeView,
    RewardsView,
    RewardDetailView,
    RedeemingView,
    SuccessView,
    VouchersView,
    PointsView,
    ActivitiesView,
    OfflineView,
    ErrorView,
    UnknownCardView,
    ReaderLostView,
    BlockedCardView,
)
"""Every view, in the order of a visit."""
