"""What a day gives: birthdays, referrals that have waited long enough, and the spenders' places for staff to approve (A8)."""

from collections.abc import Callable, Iterator, Sequence

from central_api.db import Tx
from central_api.gifts import birthdays, rankings, referrals
from central_api.gifts.desk import Desk
from central_api.jobs.job import BATCH, Run
from central_api.programme import service as programmes


def give_birthdays(run: Run) -> None:
    """Give each member of the zone the birthday gift that is due on the day."""

    def born(tx: Tx, after: str) -> Sequence[str]:
        return birthdays.in_month(tx, run.day.month, after, BATCH, run.stores)

    def act(tx: Tx, member_id: str) -> None:
        gift = birthdays.due(tx, member_id, run.judging)
        if gift is None or (not run.dry and birthdays.give(tx, _desk(run), member_id, run.judging) is None):
            return
        run.count("gifts")
        run.count("points", gift.points)
        run.say(f"{member_id} {gift.points} {gift.reward}".rstrip())

    run.each(_pages(run, born), act)


def settle_referrals(run: Run) -> None:
    """Pay referrals whose delay is over, and take back those whose car went back."""

    def who(tx: Tx, after: str) -> Sequence[str]:
        return referrals.referrers_after(tx, after, BATCH, run.stores)

    def act(tx: Tx, member_id: str) -> None:
        todo = [one for one in referrals.steps(tx, member_id, run.judging) if one.outcome in ("pay", "take-back")]
        for step in todo:
            run.say(f"{member_id} {step.outcome} {step.points:+} for {step.referral.occasion}")
        if run.dry or not todo:
            run.count("steps", len(todo))
            return
        done = referrals.settle(tx, _desk(run), member_id, run.judging)
        run.count("paid", done.paid)
        run.count("taken_back", done.taken_back)

    run.each(_pages(run, who), act)


def propose_rankings(run: Run) -> None:
    """Write who spent most in the periods that are over, for staff to approve."""
    with run.db.read() as tx:
        rules = {one.slug: one for one in programmes.counting(tx, run.judged_at).rankings}

    def act(tx: Tx, slug: str) -> None:
        ranking = rules[slug]
        if run.dry:
            period, found = rankings.standing(tx, ranking, run.day, run.time_zone)
            for one in found:
                run.say(f"{slug} {period.first.isoformat()} {one.number}. {one.member} {one.fen} {one.reward}")
        else:
            found = rankings.propose(tx, ranking, run.day, run.time_zone, run.now)
        run.count("places", len(found))

    run.each(rules, act)


def _desk(run: Run) -> Desk:
    return Desk(run.keyring, run.new_id, run.new_code, run.now)


def _pages(run: Run, next_ones: Callable[[Tx, str], Sequence[str]]) -> Iterator[str]:
    after = ""
    while True:
        with run.db.read() as tx:
            found = next_ones(tx, after)
        yield from found
        if len(found) < BATCH:
            return
        after = found[-1]
