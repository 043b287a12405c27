"""What a store's rules and the catalogue say of a piece that was handed out offline, whatever its device says (A14). Reads only."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any

from central_api import texts
from central_api.db import Tx
from central_api.devices import pasts
from central_api.devices import repository as stores
from central_api.devices.enrolled import Device
from central_api.members import repository as members
from central_api.rewards import limits
from central_api.rewards.content import RewardContent
from central_api.rewards.offline import repository
from central_api.rewards.offline.origin import standing
from club.wire.offline import OfflineRedeem
from club.wire.signing import FRESH_S


@dataclass(frozen=True, slots=True)
class Terms:
    """How a piece is settled.

    `worth` is its price in the catalogue, `payable` the most that its member pays (both in points), `valid_to` its voucher's
    last day, `covered` whether the store's rules know of such a piece: else nobody is charged, and no voucher is made.
    `reason` says what staff should know; empty: the device kept to the rules.
    """

    worth: int
    payable: int
    valid_to: date
    covered: bool
    reason: str


def judge(tx: Tx, device: Device, command: OfflineRedeem, offer: Any, card: Any, tap: str, now: datetime) -> Terms:
    """Compare what a device says with what the store had allowed.

    Args:
        tx: a unit of work in which the card's member is locked.
        device: who handed the piece out, as it stood then (`origin`).
        command: what it says.
        offer: the reward's row; None: the catalogue has none of that name.
        card: the row of the card that the evidence proved; None: it proved none.
        tap: the tap's id.
        now: the instant.
    """
    if offer is None:
        return Terms(0, 0, command.valid_to, covered=False, reason="reward")
    issued_at = min(command.issued_at, now)
    worth = _worth(tx, command, offer, card)
    last = texts.local_day(issued_at, stores.store(tx, device.store).time_zone) + timedelta(days=offer.valid_days)
    valid_to = min(command.valid_to, last)
    known = [rule for rule in _known_then(repository.rules_of(tx, device.store), issued_at) if rule.enabled]
    marking = [rule for rule in known if offer.content.offline and command.reward in rule.quotas]
    if not marking:
        return Terms(worth, 0, valid_to, covered=False, reason="reward" if known else "off")
    outage = timedelta(hours=max(rule.hours for rule in marking))
    stood = standing(pasts.stays(tx, device.id), device.store, issued_at, now, outage)
    if stood == "elsewhere":
        return Terms(worth, 0, valid_to, covered=False, reason=stood)
    payable = min(command.unit_points, worth)
    left, own = payable, None
    if card is not None:
        used = repository.paid_in_outage(tx, device.id, command.outage, card.id, tap)
        left = max(0, max(rule.floor_points for rule in marking) - used)
        own = limits.left_offline(tx, card.id, issued_at, now, device.store)
    charged = min(payable, left) if own is None else min(payable, left, own)
    pieces = repository.pieces_in_outage(tx, device.id, command.outage, command.reward)
    if payable > left:
        reason = "floor"
    elif pieces >= max(rule.quotas[command.reward] for rule in marking):
        reason = "quota"
    elif command.unit_points != worth:
        reason = "price"
    elif command.valid_to > last:
        reason = "days"
    elif command.issued_at > now + timedelta(seconds=FRESH_S):
        reason = "clock"
    else:
        # The kiosk could not know of a driver's own limit (N4): the store bears what is above it.
        reason = stood or ("limit" if charged < payable else "")
    return Terms(worth, charged, valid_to, covered=True, reason=reason)


def _known_then(rules: Sequence[Any], at: datetime) -> list[Any]:
    """The rules a device may have gone by at an instant: the one in force, and those it may not have heard the end of.

    In an outage a device hears of no change, and a rule lets an outage last for its hours.
    """
    begun = [rule for rule in rules if rule.starts <= at]
    over = [old for old, new in pairwise(begun) if at <= new.starts + timedelta(hours=old.hours)]
    return over + begun[-1:]


def _worth(tx: Tx, command: OfflineRedeem, offer: Any, card: Any) -> int:
    """The piece's price for whoever holds the card; of an unknown one, any tier's price is believed, and no other."""
    content: RewardContent = offer.content
    if card is not None:
        return content.price(offer.points, members.member(tx, card.member).tier)
    told = command.unit_points
    return told if told in content.points_by_tier.values() else int(offer.points)
