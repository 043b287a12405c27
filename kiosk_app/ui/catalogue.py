"""Which class draws which view, and what is loaded before anybody comes."""

import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from types import MappingProxyType

from club.resources import files
from club.ui import pictures
from kiosk_app.present import views
from kiosk_app.ui.screen import Screen

AHEAD: Mapping[str, str] = MappingProxyType(
    {
        "attract": "AttractScreen",
        "reading": "ReadingScreen",
        "home": "HomeScreen",
        "rewards": "RewardsScreen",
        "reward_detail": "RewardDetailScreen",
        "pin": "PinScreen",
        "vouchers": "VouchersScreen",
        "points": "PointsScreen",
        "activities": "ActivitiesScreen",
        "tap": "TapScreen",
        "redeeming": "RedeemingScreen",
        "success": "SuccessScreen",
        "offline": "OfflineScreen",
        "error": "ErrorScreen",
        "unknown_card": "UnknownCardScreen",
        "blocked_card": "BlockedCardScreen",
        "reader_lost": "ReaderLostScreen",
    }
)
"""Screens that every member's visit may need: their classes by the name their view carries, in the order in which they are built.

Each is a module of that name. They are loaded once the first screen is on the glass, while nobody waits: a club's kiosk greets
without having read the page of a redemption.
"""

_LATE: Mapping[str, str] = MappingProxyType(
    {
        "phone_login": "PhoneLoginScreen",
        "staff_list": "StaffListScreen",
        "staff_find": "StaffFindScreen",
        "staff_write": "StaffWriteScreen",
        "staff_voucher": "StaffVoucherScreen",
        "staff_swap": "StaffSwapScreen",
    }
)
"""The others: few come to them, so each is loaded and built when it is first asked for."""


def screen_class(name: str) -> type[Screen]:
    """The class that draws the views of a name; loaded, with its .kv file, when it is first asked for.

    Raises:
        KeyError: no screen has it.
    """
    made = AHEAD.get(name) or _LATE.get(name)
    if made is None:
        raise KeyError(f"expected a view of one of the screens {', '.join((*AHEAD, *_LATE))}; found {name!r}")
    found: type[Screen] = getattr(import_module(f"kiosk_app.ui.screens.{name}"), made)
    return found


def is_loaded(name: str) -> bool:
    """Whether the class of a name is there already."""
    return f"kiosk_app.ui.screens.{name}" in sys.modules


def large_screen(told: Callable[[str, str], None], view: views.View, rect: tuple[float, float, float, float]) -> Screen:
    """The screen that draws a view of this kind in large text; loaded like the others."""
    module = import_module("kiosk_app.ui.large.screen")
    made: Screen = module.LargeScreen(told, type(view), contrast=view.contrast, rect=rect)
    return made


def warm() -> None:
    """Load the small card faces of every tier: whose card comes next is not known."""
    for face in sorted((files.assets_dir() / "art" / "cards" / "small").glob("*.png")):
        pictures.art_texture(f"cards/small/{face.stem}")
