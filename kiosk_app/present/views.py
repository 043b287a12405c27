"""What each kiosk screen shows, as finished values: one frozen view per screen, filled by the presenter, read by the .kv files.

Every string is ready to be drawn, in the language of the session. Where a field says *rich*, parts between ``<b>`` and ``</b>`` are
drawn bold; nothing else is markup anywhere. An empty string, an empty tuple or ``None`` means "not shown". Pictures are art names
(``rewards/basic-service-voucher``, see ``club.resources.art``) or absolute paths of the device's own media; icons are names out of
``art/icons``. A view without arguments is a blank screen: that is what a screen holds before it is first shown and after it is wiped.

The views are written down by family in the ``view_*`` modules; what draws them takes them from here, where all are listed.
"""

from typing import TypeAlias

from kiosk_app.flow.actions import Action
from kiosk_app.present.view_arrival import AttractView, Highlight, ReadingView, TapView
from kiosk_app.present.view_base import Button, Chip, Dock, EmptyNote, Header, TimeoutSheet, Tone, View
from kiosk_app.present.view_member import (
    ActivitiesView,
    ActivityCard,
    ActivityFeature,
    ExpiryBar,
    ExpiryNote,
    HomeView,
    MemberCard,
    PointsPanel,
    PointsRow,
    PointsView,
    Tile,
)
from kiosk_app.present.view_phone import PhoneLoginView
from kiosk_app.present.view_reward import (
    CodeSheet,
    ConfirmSheet,
    Fact,
    FirstVoucher,
    PinKey,
    PinView,
    RedeemingView,
    RewardCard,
    RewardDetailView,
    RewardsView,
    SheetLine,
    SuccessView,
    VoucherCard,
    VouchersView,
)
from kiosk_app.present.view_staff import (
    CardFace,
    FactRow,
    PhaseRow,
    StaffFindView,
    StaffListView,
    StaffSwapView,
    StaffView,
    StaffVoucherView,
    StaffWriteView,
    StepMark,
    VoucherHead,
)
from kiosk_app.present.view_trouble import (
    Banner,
    BlockedCardView,
    CheckRow,
    ErrorView,
    HelpRow,
    Mark,
    OfflineView,
    ReaderLostView,
    UnknownCardView,
)

__all__ = [
    "VIEWS",
    "Action",
    "ActivitiesView",
    "ActivityCard",
    "ActivityFeature",
    "AnyView",
    "AttractView",
    "Banner",
    "BlockedCardView",
    "Button",
    "CardFace",
    "CheckRow",
    "Chip",
    "CodeSheet",
    "ConfirmSheet",
    "Dock",
    "EmptyNote",
    "ErrorView",
    "ExpiryBar",
    "ExpiryNote",
    "Fact",
    "FactRow",
    "FirstVoucher",
    "Header",
    "HelpRow",
    "Highlight",
    "HomeView",
    "Mark",
    "MemberCard",
    "OfflineView",
    "PhaseRow",
    "PhoneLoginView",
    "PinKey",
    "PinView",
    "PointsPanel",
    "PointsRow",
    "PointsView",
    "ReaderLostView",
    "ReadingView",
    "RedeemingView",
    "RewardCard",
    "RewardDetailView",
    "RewardsView",
    "SheetLine",
    "StaffFindView",
    "StaffListView",
    "StaffSwapView",
    "StaffView",
    "StaffVoucherView",
    "StaffWriteView",
    "StepMark",
    "SuccessView",
    "TapView",
    "Tile",
    "TimeoutSheet",
    "Tone",
    "UnknownCardView",
    "View",
    "VoucherCard",
    "VoucherHead",
    "VouchersView",
]

AnyView: TypeAlias = (
    AttractView
    | TapView
    | ReadingView
    | PhoneLoginView
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
    | StaffListView
    | StaffFindView
    | StaffWriteView
    | StaffVoucherView
    | StaffSwapView
)

VIEWS: tuple[type[View], ...] = (
    AttractView,
    TapView,
    ReadingView,
    PhoneLoginView,
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
    StaffListView,
    StaffFindView,
    StaffWriteView,
    StaffVoucherView,
    StaffSwapView,
)
"""Every view, in the order of a visit."""
