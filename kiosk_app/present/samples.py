"""One view per screen with the very texts of the drawings, for tests and previews; the people in it are invented.

Buttons of journeys that are not built are left out, as the presenter leaves them out. The samples are written down by family in
the ``sample_*`` modules and listed here.
"""

from collections.abc import Mapping
from types import MappingProxyType

from kiosk_app.present import views
from kiosk_app.present.sample_arrival import ATTRACT, PHONE_LOGIN, PHONE_WRONG, READING, TAP
from kiosk_app.present.sample_frame import HEADER, OFFLINE_HEADER, dock
from kiosk_app.present.sample_member import ACTIVITIES, HOME, NO_ACTIVITIES, NO_POINTS, POINTS, POINTS_MONTHS, TIMEOUT
from kiosk_app.present.sample_reward import (
    CODE,
    CONFIRM,
    DETAIL,
    NO_VOUCHERS,
    PIN,
    REDEEMING,
    REWARDS,
    SUCCESS,
    VOUCHERS,
)
from kiosk_app.present.sample_staff import (
    STAFF,
    STAFF_DONE,
    STAFF_FIND,
    STAFF_PICK,
    STAFF_SWAP,
    STAFF_VOUCHER,
    STAFF_VOUCHER_CODE,
    STAFF_VOUCHER_USED,
    STAFF_WRITE,
)
from kiosk_app.present.sample_trouble import BLOCKED_CARD, ERROR, NOT_ENROLLED, OFFLINE, READER_LOST, UNKNOWN_CARD

__all__ = [
    "ACTIVITIES",
    "ATTRACT",
    "BLOCKED_CARD",
    "CODE",
    "CONFIRM",
    "DETAIL",
    "ERROR",
    "HEADER",
    "HOME",
    "NO_ACTIVITIES",
    "NO_POINTS",
    "NO_VOUCHERS",
    "OFFLINE",
    "OFFLINE_HEADER",
    "PHONE_LOGIN",
    "PHONE_WRONG",
    "PIN",
    "POINTS",
    "POINTS_MONTHS",
    "READER_LOST",
    "READING",
    "REDEEMING",
    "REWARDS",
    "SAMPLES",
    "STAFF",
    "STAFF_DONE",
    "STAFF_FIND",
    "STAFF_PICK",
    "STAFF_SWAP",
    "STAFF_VOUCHER",
    "STAFF_VOUCHER_CODE",
    "STAFF_VOUCHER_USED",
    "STAFF_WRITE",
    "SUCCESS",
    "TAP",
    "TIMEOUT",
    "UNKNOWN_CARD",
    "VOUCHERS",
    "dock",
]

SAMPLES: Mapping[str, views.View] = MappingProxyType(
    {
        "kiosk-01-attract": ATTRACT,
        "kiosk-02-tap": TAP,
        "kiosk-03-reading": READING,
        "kiosk-04-pin": PIN,
        "kiosk-05-home": HOME,
        "kiosk-06-points": POINTS,
        "kiosk-07-rewards": REWARDS,
        "kiosk-08-reward-detail": DETAIL,
        "kiosk-09-reward-confirm": CONFIRM,
        "kiosk-10-redeem-success": SUCCESS,
        "kiosk-11-vouchers": VOUCHERS,
        "kiosk-12-activities": ACTIVITIES,
        "kiosk-16-offline": OFFLINE,
        "kiosk-17-timeout": TIMEOUT,
        "kiosk-18-staff": STAFF_SWAP,
        "kiosk-21-phone-login": PHONE_LOGIN,
        "kiosk-31-card-unknown": UNKNOWN_CARD,
        "kiosk-32-reader-lost": READER_LOST,
        "kiosk-33-blocked-card": BLOCKED_CARD,
        "kiosk-34-staff-issue": STAFF_WRITE,
        "kiosk-35-staff-fulfil": STAFF_VOUCHER,
        "staff-voucher-code": STAFF_VOUCHER_CODE,
        "staff-voucher-used": STAFF_VOUCHER_USED,
        "staff": STAFF,
        "staff-find": STAFF_FIND,
        "staff-pick": STAFF_PICK,
        "staff-done": STAFF_DONE,
        "redeeming": REDEEMING,
        "voucher-code": CODE,
        "vouchers-empty": NO_VOUCHERS,
        "points-months": POINTS_MONTHS,
        "points-empty": NO_POINTS,
        "activities-empty": NO_ACTIVITIES,
        "phone-wrong": PHONE_WRONG,
        "error": ERROR,
        "not-enrolled": NOT_ENROLLED,
    }
)
"""Samples by the name of their drawing; those without one by what they show."""
