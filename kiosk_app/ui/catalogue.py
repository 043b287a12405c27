"""Which class draws which view, and what is loaded before anybody comes."""

from collections.abc import Mapping
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
    phone_login,
    pin,
    points,
    reader_lost,
    reading,
    redeeming,
    reward_detail,
    rewards,
    staff_find,
    staff_list,
    staff_write,
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
    phone_login.PhoneLoginScreen,
    redeeming.RedeemingScreen,
    success.SuccessScreen,
    offline.OfflineScreen,
    error.ErrorScreen,
    unknown_card.UnknownCardScreen,
    blocked_card.BlockedCardScreen,
    reader_lost.ReaderLostScreen,
    staff_list.StaffListScreen,
    staff_find.StaffFindScreen,
    staff_write.StaffWriteScreen,
)

SCREENS: Mapping[str, type[Screen]] = MappingProxyType({made.view_class.screen: made for made in _IN_ORDER})
"""Screens by the name their view carries, in the order in which they are built ahead."""


def warm() -> None:
    """Load the small card faces of every tier: whose card comes next is not known."""
    for face in sorted((files.assets_dir() / "art" / "cards" / "small").glob("*.png")):
        pictures.art_texture(f"cards/small/{face.stem}")
