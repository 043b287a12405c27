"""Shows vouchers to their owner (A14)."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from central_api.db import Tx
from central_api.rewards import catalogue, repository
from central_api.rewards.content import RewardContent
from club.model import voucher as codes
from club.model.text import Text
from club.wire.cards import VoucherView


def view(row: Any, names: Mapping[str, Text], today: date) -> VoucherView:
    """A voucher as its owner sees it; one whose last day is over shows as expired, whether or not that is booked yet."""
    content: RewardContent = row.content
    lapsed = row.state == "issued" and row.valid_to < today
    return VoucherView(
        voucher_id=row.id,
        code=row.code,
        qr=codes.qr_text(row.code),
        reward=row.reward,
        name=content.name,
        line=content.line,
        category=row.category,
        picture=content.picture,
        stores=catalogue.names_for(content, names),
        terms=content.terms,
        state="expired" if lapsed else row.state,
        issued_at=row.issued_at,
        valid_to=row.valid_to,
        closed_at=row.closed_at,
    )


def of_member(tx: Tx, member_id: str, names: Mapping[str, Text], today: date) -> tuple[VoucherView, ...]:
    """All vouchers of a member: those that can be used, by their last day; then the others, last closed first. Reads only."""
    found = [view(row, names, today) for row in repository.vouchers_of(tx, member_id)]
    usable = [voucher for voucher in found if voucher.state == "issued"]
    over = [voucher for voucher in found if voucher.state != "issued"]
    return (*usable, *sorted(over, key=lambda voucher: voucher.closed_at or voucher.issued_at, reverse=True))
