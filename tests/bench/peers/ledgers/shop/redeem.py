"""A redemption as a good Django team writes it with hordak: the account's row locked, everything in one transaction.

Locks are taken in one order (account, reward). The balance is hordak's own: the sum of the account's legs, without its
children (`get_simple_balance`, the quicker of the two it offers). Both legs go in one INSERT. The stock is taken by a conditional UPDATE.
"""

import hashlib
from typing import Any

from django.db import transaction
from django.db.models import F
from hordak.models import Account, Leg, Transaction
from moneyed import Money

from tests.bench.peers.ledgers.shop.models import IdempotencyKey, Member, Redemption, Reward

CURRENCY = "CNY"  # hordak keeps money only; one yuan stands for one point


class Refused(Exception):
    """The club's rules say no; nothing has changed."""


def redeem(key: str, member_id: int, reward_id: int, quantity: int, redeemed: Account) -> Any:
    """Take the points and note the redemption, once for each key.

    Args:
        key: the idempotency key.
        member_id, reward_id: primary keys.
        quantity: pieces.
        redeemed: the club's account that points go to.

    Returns:
        The answer, the same for every repeat.

    Raises:
        Refused: too few points, nothing left, or the key was used for something else.
    """
    digest = hashlib.sha256(f"{member_id}:{reward_id}:{quantity}".encode()).hexdigest()
    with transaction.atomic():
        member = (
            Member.objects.select_related("account").select_for_update(no_key=True, of=("account",)).get(pk=member_id)
        )
        known = IdempotencyKey.objects.filter(pk=key).first()
        if known is not None:
            if known.body_sha256 != digest:
                raise Refused("key")
            return known.answer
        reward = Reward.objects.get(pk=reward_id)
        points = Money(reward.points * quantity, CURRENCY)
        if member.account.get_simple_balance()[CURRENCY] < points:
            raise Refused("points")
        entry = Transaction.objects.create(description=f"reward {reward_id}")
        Leg.objects.bulk_create(
            [
                Leg(transaction=entry, account=member.account, debit=points),
                Leg(transaction=entry, account=redeemed, credit=points),
            ]
        )
        made = Redemption.objects.create(
            member=member, reward=reward, transaction=entry, quantity=quantity, points=reward.points * quantity
        )
        if not Reward.objects.filter(pk=reward_id, stock__gte=quantity).update(stock=F("stock") - quantity):
            raise Refused("stock")
        answer = {"redemption": made.pk, "points": made.points}
        IdempotencyKey.objects.create(key=key, body_sha256=digest, answer=answer)
        return answer
