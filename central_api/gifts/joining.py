"""Gives what joining in a month brings, in the unit of work in which the membership begins: once (A6, A8)."""

from datetime import date

from central_api.db import Tx
from central_api.entitlements import service as entitlements
from central_api.gifts.desk import Desk
from central_api.inbox import service as inbox
from central_api.members import repository as members
from central_api.programme import joining as rules
from central_api.programme.joining import JoiningRules, Welcome
from central_api.rewards import repository as rewards
from central_api.rewards import voucher_life


def give(tx: Tx, desk: Desk, member_id: str, offers: JoiningRules | None, day: date) -> Welcome | None:
    """Give a new member what the month's offers hold for how they came; None where they hold nothing.

    A reward that the catalogue lacks is left to staff: nobody's membership fails for a slip in the rules.

    Args:
        tx: the unit of work in which the membership begins.
        desk: what it is worked on with.
        member_id: whose.
        offers: in force; None: there are none.
        day: the first day of the membership.
    """
    member = members.member(tx, member_id)
    found = None if offers is None else rules.welcome(offers, member.source, day)
    if found is None:
        return None
    for reward in found.rewards:
        if rewards.reward(tx, reward) is None:
            key = f"joining-unclear:{member_id}:{reward}"
            inbox.ask_staff(tx, key, "joining-unclear", member.home_store, member_id, {"reward": reward}, desk.now)
            continue
        voucher_life.give(
            tx,
            member_id=member_id,
            reward=reward,
            valid_to=found.last_day,
            now=desk.now,
            new_id=desk.new_id,
            new_code=desk.new_code,
        )
    for entitlement, times in found.entitlements.items():
        entitlements.give(
            tx,
            member_id,
            entitlement,
            count=times,
            starts=found.first_day,
            expires=found.last_day,
            occasion="joining",
            now=desk.now,
            new_id=desk.new_id,
        )
    facts: inbox.Facts = {
        "vouchers": len(found.rewards),
        "entitlements": len(found.entitlements),
        "last_day": found.last_day.isoformat(),
    }
    inbox.tell(tx, f"joining:{member_id}", "joining", member_id, facts, desk.now)
    return found
