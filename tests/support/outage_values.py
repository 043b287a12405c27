"""Makers of what a kiosk hands out while the club cannot be reached, from the drawn catalogue."""

from datetime import date
from typing import Any

from club.model import errors
from club.model.text import Text
from club.sync.offline_desk import Handed
from club.wire.offline import OfflineVoucher
from kiosk_app.flow.outage import Held, Terms
from tests.support import kiosk_values as make

CODE, QR = "5C7D3K8M46", "XZO1:eyJ2b3VjaGVyIjoiYSJ9.c2lnbmF0dXJl"


def a_handed(slug: str = "detail-wash") -> Handed:
    reward = next(one for one in make.the_rewards() if one.slug == slug)
    made = OfflineVoucher(
        device="d-0001",
        store="east",
        code=CODE,
        reward=slug,
        points=reward.points,
        issued_at=make.DRAWN,
        valid_to=date(2026, 8, 14),
    )
    return Handed(reward, made, QR)


def a_held(command_id: str = "command-0001", **changes: Any) -> Held:
    east = (Text("城东店", "East store"),)
    voucher = make.a_voucher(
        command_id, code=CODE, qr=QR, stores=east, issued_at=make.DRAWN, valid_to=date(2026, 8, 14)
    )
    values: dict[str, Any] = {"command_id": command_id, "points": 600, "voucher": voucher}
    return Held(**(values | changes))


def the_terms(held: tuple[Held, ...] = (), *, genuine: bool = True) -> Terms:
    """Of the drawn rewards the wash can be had; the others are over the floor, all gone, or not marked."""
    refused: dict[str, errors.OfflineRefused | None] = {
        reward.slug: errors.OfflineRefused(reason="reward") for reward in make.the_rewards()
    }
    refused["detail-wash"] = None
    refused["basic-service-voucher"] = errors.OfflineRefused(reason="floor", cap=600, spent=0)
    refused["fuel-card-100"] = errors.OfflineRefused(reason="stock", times=3)
    return Terms(refused, sum(one.points for one in held), held, genuine)


def turned_off() -> Terms:
    """Of a store that hands nothing out."""
    return Terms({reward.slug: errors.OfflineRefused(reason="off") for reward in make.the_rewards()})
