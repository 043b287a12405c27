"""Views of staff mode: what can be done, who it is for, and a card being written (K12)."""

from typing import ClassVar, Literal, TypeAlias

from msgspec import Struct

from kiosk_app.flow.actions import Action
from kiosk_app.present.view_base import NO_BUTTON, Button, Chip, Tone, View
from kiosk_app.present.view_reward import PinKey
from kiosk_app.present.view_trouble import Banner, HelpRow

StepState: TypeAlias = Literal["done", "now", "later"]
PhaseState: TypeAlias = Literal["done", "now", "later", "stopped"]


class StepMark(Struct, frozen=True):
    """A step of the way: its number (none once it is done), its name, and where it stands."""

    number: str = ""
    label: str = ""
    mark: StepState = "later"


class PhaseRow(Struct, frozen=True):
    """A phase of writing a card; `share` of its ring is lit while it is the one under way."""

    title: str = ""
    detail: str = ""
    mark: PhaseState = "later"
    tag: str = ""
    share: float = 0.0


class FactRow(Struct, frozen=True):
    """A fact with a tag behind it."""

    label: str = ""
    value: str = ""
    tag: str = ""
    tone: Tone = "plain"


class StaffView(View, frozen=True, kw_only=True):
    """What all screens of staff mode have: what it is, who is there, and where on the way."""

    title: str = ""
    detail: str = ""
    steps: tuple[StepMark, ...] = ()


class StaffListView(StaffView, frozen=True, kw_only=True):
    """What staff can do, or which member or card it is for."""

    screen: ClassVar[str] = "staff_list"

    banner: Banner | None = None
    rows: tuple[HelpRow, ...] = ()
    note: str = ""


class StaffFindView(StaffView, frozen=True, kw_only=True):
    """Step 1: how staff saw who it is, and the digits to find the member by; those typed so far are shown."""

    screen: ClassVar[str] = "staff_find"

    identity_label: str = ""
    chips: tuple[Chip, ...] = ()
    prompt: str = ""
    typed: str = ""
    keys: tuple[str, ...] = ("1", "2", "3", "4", "5", "6", "7", "8", "9", "0")
    clear: str = ""
    note: str = ""
    note_tone: Tone = "plain"
    find: Button = NO_BUTTON
    busy: bool = False

    @property
    def pad(self) -> tuple[PinKey, ...]:
        """The twelve keys in reading order."""
        if not self.clear:
            return ()
        digits = [PinKey(text=key, action=Action.DIGIT, arg=key) for key in self.keys]
        clear, erase = PinKey(text=self.clear, action=Action.CLEAR), PinKey(icon="backspace", action=Action.ERASE)
        return (*digits[:9], clear, digits[9], erase)


class StaffWriteView(StaffView, frozen=True, kw_only=True):
    """kiosk-34: the card and how far it is, the five phases, whose it becomes, what is left in stock."""

    screen: ClassVar[str] = "staff_write"

    tier: str = "generic"
    tier_name: str = ""
    number: str = ""
    tag: str = ""
    percent: str = ""
    share: float = 0.0
    line: str = ""
    line_tone: Tone = "plain"
    phases: tuple[PhaseRow, ...] = ()
    facts: tuple[FactRow, ...] = ()
    buttons: tuple[Button, ...] = ()
    footnote: str = ""


class CardFace(Struct, frozen=True):
    """A card as it is drawn: its art, what stands on it, and a tag."""

    tier: str = "generic"
    name: str = ""
    number: str = ""
    tag: str = ""


class StaffSwapView(StaffView, frozen=True, kw_only=True):
    """kiosk-18: the card that goes and the one that comes, while the blank one is waited for."""

    screen: ClassVar[str] = "staff_swap"

    old: CardFace = CardFace()
    new: CardFace = CardFace()
    call: str = ""
    call_detail: str = ""
    facts: tuple[FactRow, ...] = ()
    buttons: tuple[Button, ...] = ()
    footnote: str = ""


class VoucherHead(Struct, frozen=True):
    """What a voucher is for and how it stands; `good`: it may be handed over, or just was."""

    name: str = ""
    detail: str = ""
    tag: str = ""
    icon: str = ""
    good: bool = True


class StaffVoucherView(StaffView, frozen=True, kw_only=True):
    """kiosk-35: the code with its keys while it is typed, then what it belongs to and the two buttons."""

    screen: ClassVar[str] = "staff_voucher"

    prompt: str = ""
    typed: str = ""
    tag: str = ""
    tag_tone: Tone = "plain"
    symbols: tuple[PinKey, ...] = ()
    edits: tuple[PinKey, ...] = ()
    head: VoucherHead | None = None
    facts: tuple[FactRow, ...] = ()
    note: str = ""
    note_tone: Tone = "plain"
    cancel: Button = NO_BUTTON
    confirm: Button = NO_BUTTON
    busy: bool = False
