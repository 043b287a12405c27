"""What a key may be good for; a key has one or more of these."""

from typing import Literal, get_args

Scope = Literal["members.read", "members.write", "bills.write", "jobs.write", "points.pay", "vouchers.write"]
ALL: tuple[Scope, ...] = get_args(Scope)
