"""What a team keeps beside hordak's accounts, transactions and legs."""
# ruff: noqa: DJ008 -- nobody looks at them in an admin's list

from django.db import models
from hordak.models import Account, Transaction


class Member(models.Model):
    """A member, and the liability account that holds what the club owes in points."""

    account = models.OneToOneField(Account, on_delete=models.PROTECT)


class Reward(models.Model):
    """A reward with its price and stock."""

    points = models.PositiveIntegerField()
    stock = models.PositiveIntegerField()


class Redemption(models.Model):
    """A reward that was taken, with the transaction that paid for it."""

    member = models.ForeignKey(Member, on_delete=models.PROTECT)
    reward = models.ForeignKey(Reward, on_delete=models.PROTECT)
    transaction = models.OneToOneField(Transaction, on_delete=models.PROTECT)
    quantity = models.PositiveIntegerField()
    points = models.PositiveIntegerField()
    at = models.DateTimeField(auto_now_add=True)


class IdempotencyKey(models.Model):
    """A request that was answered, and its answer."""

    key = models.CharField(primary_key=True, max_length=64)
    body_sha256 = models.CharField(max_length=64)
    answer = models.JSONField()
    at = models.DateTimeField(auto_now_add=True)
