"""What a booking is worked on with, and what a bill is judged by."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from central_api.bills.schemas import Bill
from central_api.programme.content import Counting
from central_api.programme.earn_rules import EarnRules
from central_api.security.keyring import Keyring


@dataclass(frozen=True, slots=True)
class Desk:
    """Keys for the devices' mirror, the source of ids, and the instant."""

    keyring: Keyring
    new_id: Callable[[], str]
    now: datetime


@dataclass(frozen=True, slots=True)
class Case:
    """A bill under its own id, with its member's row, its store's zone and the rules of its hour."""

    id: str
    bill: Bill
    member: Any
    time_zone: str
    rules: Counting
    earn: EarnRules
