"""Which class draws which view, and what is loaded before anybody comes."""

from collections.abc import Mapping
from importlib import import_module
from types import MappingProxyType

from club.resources import files
from club.ui import pictures
from kiosk_app.ui import parts  # noqa: F401 -- the .kv files of the screens use them
from kiosk_app.ui.screen import Screen
from kiosk_app.ui.screens import (
    activities,
    attract,
    blocked_card,
    error,
    home,
    offline,
    pin,
    points,
    reader_lost,
    reading,
    redeeming,
    reward_detail,
    rewards,
    success,
    tap,
    unknown_card,
    vouchers,
)

_IN_ORDER: tuple[type[Screen], ...] = (
    attract.AttractScreen,
    reading.ReadingScreen,
    home.HomeScreen,
    rewards.RewardsScreen,
    reward_detail.RewardDetailScreen,
    pin.PinScreen,
    vouchers.VouchersScreen,
    points.PointsScreen,
    activities.ActivitiesScreen,
    tap.TapScreen,
    redeeming.RedeemingScreen,
    success.SuccessScreen,
    offline.OfflineScreen,
    error.ErrorScreen,
    unknown_card.UnknownCardScreen,
    blocked_card.BlockedCardScreen,
    reader_lost.ReaderLostScreen,
)

AHEAD: Mapping[str, type[Screen]] = MappingProxyType({made.view_class.screen: made for made in _IN_ORDER})
"""Screens that every member's visit may need, by the name their view carries, in the order in which they are built ahead."""

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
    """The class that draws the views of a name.

    Raises:
        KeyError: no screen has it.
    """
    if name in AHEAD:
        return AHEAD[name]
    if name not in _LATE:
        raise KeyError(f"expected a view of one of the screens {', '.join((*AHEAD, *_LATE))}; found {name!r}")
    found: type[Screen] = getattr(import_module(f"kiosk_app.ui.screens.{name}"), _LATE[name])
    return found


def warm() -> None:
    """Load the small card faces of every tier: whose card comes next is not known."""
    for face in sorted((files.assets_dir() / "art" / "cards" / "small").glob("*.png")):
        pictures.art_texture(f"cards/small/{face.stem}")
