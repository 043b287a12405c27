"""A member gives themselves another phone at a kiosk, and learns of no number whether it is somebody's (K11; ADR 17).

Where another member has it nothing changes and staff look into it; what is answered, and how often one may ask, is the same.
"""

import math
from datetime import datetime, timedelta

from central_api.db import Tx
from central_api.inbox import service as inbox
from central_api.lifecycle import registration, repository
from central_api.members import masks, normal
from central_api.members import repository as members
from central_api.security.vault import Vault
from central_api.staff import audit
from club.model import errors

TAKEN = "phone-taken"
"""What staff are asked to look into."""
CHANGES, WITHIN = 3, timedelta(days=1)
"""So often a member changes their phone, or would: who tries numbers is known by name and soon done."""
_ACTS = ("member.phone", "member.phone-taken")


def ask(tx: Tx, vault: Vault, member: str, phone: str, *, by: str, now: datetime) -> None:
    """Change a member's phone, unless another member has it: then staff are told, and nobody else.

    Args:
        tx: a unit of work that writes.
        vault: who seals what is personal.
        member: id of who asks, and has given their PIN for it.
        phone: as typed.
        by: `device:…`.
        now: the instant.

    Raises:
        Malformed: it is no phone.
        TooManyGuesses: they changed it, or would have, too often of late.
    """
    normal.phone(phone)
    repository.alone_with(tx, f"own-phone:{member}")
    lately = repository.acts_on(tx, f"member:{member}", _ACTS, now - WITHIN, CHANGES)
    if len(lately) == CHANGES:
        left = WITHIN - (now - lately[-1])
        raise errors.TooManyGuesses(
            f"expected at most {CHANGES} changes of a phone in {WITHIN}, found one more; try again in {left} or ask staff",
            seconds=math.ceil(left.total_seconds()),
        )
    try:
        registration.change_phone(tx, vault, member, phone, by=by, now=now)
    except errors.AlreadyMember:
        audit.record(tx, actor=by, act="member.phone-taken", subject=f"member:{member}", now=now)
        store = members.member(tx, member).home_store
        inbox.ask_staff(tx, f"{TAKEN}:{member}:{now.date()}", TAKEN, store, member, {}, now)


def shown(phone: str) -> str:
    """What is answered: the number that was asked for, masked, whatever became of it."""
    return masks.phone(normal.phone(phone))
