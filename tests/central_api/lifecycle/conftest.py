"""Two members to be merged."""

import pytest

from central_api.members.personal import Details
from tests.central_api.lifecycle.pairs import OTHER_PHONE, PHONE, voucher
from tests.support.hall import Hall


@pytest.fixture
def two(hall: Hall) -> tuple[str, str]:
    """Two members who are one person: points, tier points, a card, a voucher and a vehicle each."""
    first = hall.member(Details("砚舟", PHONE), plates=("沪C·12345",))
    second = hall.member(Details("砚舟", OTHER_PHONE), plates=("沪A·D12345", "沪B·54321"))
    for member, points in ((first, 300), (second, 500)):
        hall.books.earn(member, points, points, days=10)
        hall.books.earn(member, points * 2, 0, days=90)
        hall.card(member)
        voucher(hall, member)
    hall.books.spend(first, 100)
    return first, second
