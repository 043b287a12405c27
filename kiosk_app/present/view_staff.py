"""Views of staff mode: what can be done, who it is for, and a card being written (K12)."""

from dataclasses import dataclass
from typing import ClassVar, Literal, TypeAlias

from kiosk_app.flow.actions import Action
from kiosk_app.present.view_base import NO_BUTTON, Button, Chip, Tone, View
from kiosk_app.present.view_reward import PinKey
from kiosk_app.present.view_trouble import Banner, HelpRow

StepState: TypeAlias = Literal["done", "now", "later"]
PhaseState: TypeAlias = Literal["done", "now", "later", "stopped"]


@dataclass(frozen=True, slots=True)
class StepMark:
    """A step of the way: its number (none once it is done), its name, and where it stands."""

    number: str = ""
    label: str = ""
    mark: StepState = "later"


@dataclass(frozen=True, slots=True)
class PhaseRow:
    """A phase of writing a card; `share` of its ring is lit while it is the one under way."""

    title: str = ""
    detail: str = ""
    mark: PhaseState = "later"
    tag: str = ""
    share: float = 0.0


@dataclass(frozen=True, slots=True)
class FactRow:
    """A fact with a tag behind it."""

    label: str = ""
    value: str = ""
    tag: str = ""
    tone: Tone = "plain"


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffView(View):
    """What all screens of staff mode have: what it is, who is there, and where on the way."""

    title: str = ""
    detail: str = ""
    steps: tuple[StepMark, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffListView(StaffView):
    """What staff can do, or which member or card it is for."""

    screen: ClassVar[str] = "staff_list"

    banner: Banner | None = None
    rows: tuple[HelpRow, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffFindView(StaffView):
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


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffWriteView(StaffView):
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


@dataclass(frozen=True, slots=True)
class CardFace:
    """A card as it is drawn: its art, what stands on it, and a tag."""

    tier: str = "generic"
    name: str = ""
    number: str = ""
    tag: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffSwapView(StaffView):
    """kiosk-18: the card that goes and the one that comes, while the blank one is waited for."""

    screen: ClassVar[str] = "staff_swap"

    old: CardFace = CardFace()
    new: CardFace = CardFace()
    call: str = ""
    call_detail: str = ""
    facts: tuple[FactRow, ...] = ()
    buttons: tuple[Button, ...] = ()
    footnote: str = ""


@dataclass(frozen=True, slots=True)
class VoucherHead:
    """What a voucher is for and how it stands; `good`: it may be handed over, or just was."""

    name: str = ""
    detail: str = ""
    tag: str = ""
    icon: str = ""
    good: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffVoucherView(StaffView):
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
