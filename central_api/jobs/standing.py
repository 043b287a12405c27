"""What a night does to members' tiers, memberships and entitlements (A5, A6, A7)."""

from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from typing import Any

from central_api.db import Tx
from central_api.devices import repository as stores
from central_api.entitlements import repository as granted
from central_api.entitlements import service as entitlements
from central_api.inbox import service as inbox
from central_api.jobs.job import BATCH, Run
from central_api.ledger import mirror
from central_api.ledger import service as ledger
from central_api.members import repository as members
from central_api.membership import repository as memberships
from central_api.membership import service as membership
from central_api.programme import entitlement_rules
from central_api.programme import service as programmes
from central_api.tiers import repository as tier_rows
from central_api.tiers import service as tiers


def judge_tiers(run: Run) -> None:
    """Let tiers go by time, warn before, and catch what a bill did not carry up; a dry run lists who, from where to where.

    Most members stay as they are, so they are judged without a lock first, a page in one moment and by few queries.
    """

    def judged(tx: Tx, rows: Sequence[Any]) -> list[str]:
        moving = []
        for found in tiers.cases(tx, rows, run.judged_at):
            member, verdict = found.member.id, found.verdict
            if verdict.move == "stay" and verdict.warning is None:
                continue
            moving.append(member)
            if verdict.move != "stay":
                run.say(f"{member} {verdict.move} {verdict.held} -> {verdict.tier}")
            elif verdict.warning is not None:
                warning = verdict.warning
                run.say(f"{member} warn {warning.days} {warning.tier} until {warning.keep_until.isoformat()}")
        return moving

    def act(tx: Tx, member_id: str) -> None:
        if not run.dry:
            ledger.lock_member(tx, member_id)
        found = tiers.case(tx, member_id, run.judged_at)
        if found is None:
            return
        verdict = found.verdict
        if verdict.move != "stay":
            if not run.dry:
                tiers.move(tx, found, verdict, new_id=run.new_id)
                mirror.publish_member(tx, run.keyring, member_id, run.now, found.time_zone)
            run.count(verdict.move)
        elif verdict.warning is not None:
            warning = verdict.warning
            facts: inbox.Facts = {
                "days": warning.days,
                "keep_until": warning.keep_until.isoformat(),
                "tier": warning.tier,
                "to": warning.to,
            }
            if run.dry or inbox.tell(tx, warning.key, "tier-warning", member_id, facts, run.now):
                run.count("warned")

    run.each(_some(run, judged), act)


def renew_entitlements(run: Run) -> None:
    """Grant what a new month or a new year of membership brings."""

    def lacking(tx: Tx, rows: Sequence[Any]) -> list[str]:
        rules = programmes.counting(tx, run.judged_at).entitlements
        if rules is None:
            return []
        wanted = {
            share.key(row.id): row.id
            for row in rows
            if row.status == "active"
            for share in entitlement_rules.shares(rules, row.tier, row.joined, run.day)
        }
        known = granted.known_keys(tx, list(wanted))
        return list(dict.fromkeys(member for key, member in wanted.items() if key not in known))

    def act(tx: Tx, member_id: str) -> None:
        rules = programmes.counting(tx, run.judged_at).entitlements
        member = members.member(tx, member_id)
        run.say(member_id)
        run.count("members")
        if rules is not None and not run.dry:
            ledger.lock_member(tx, member_id)
            run.count(
                "grants",
                entitlements.ensure(tx, rules, member, member.tier, run.day, run.now, new_id=run.new_id),
            )

    run.each(_some(run, lacking), act)


def end_memberships(run: Run) -> None:
    """Remind of memberships that end soon, and let those be expired that are over."""

    def ending(tx: Tx, after: str) -> Sequence[Any]:
        rules = programmes.counting(tx, run.judged_at).renewal
        last = run.day + timedelta(days=max(rules.remind_days, default=0)) if rules is not None else run.day
        return memberships.ending(tx, run.day, last, after, BATCH, run.stores)

    def ended(tx: Tx, after: str) -> Sequence[Any]:
        return memberships.ended(tx, run.day, after, BATCH, run.stores)

    def remind(tx: Tx, member_id: str) -> None:
        rules = programmes.counting(tx, run.judged_at).renewal
        member = members.member(tx, member_id)
        zone = stores.store(tx, member.home_store).time_zone
        if rules is None:
            return
        if run.dry or membership.remind(tx, rules, member, run.judged_at, zone):
            run.count("reminded")
            run.say(f"{member_id} ends {member.valid_to.isoformat()}")

    def end(tx: Tx, member_id: str) -> None:
        if run.dry or membership.end(tx, member_id, run.day, run.now):
            run.count("ended")
            run.say(f"{member_id} ended")

    run.each(_ids(run, ending), remind)
    run.each(_ids(run, ended), end)


def _ids(run: Run, next_ones: Callable[[Tx, str], Sequence[Any]]) -> Iterator[str]:
    after = ""
    while True:
        with run.db.read() as tx:
            rows = next_ones(tx, after)
        yield from (row.id for row in rows)
        if len(rows) < BATCH:
            return
        after = rows[-1].id


def _some(run: Run, pick: Callable[[Tx, Sequence[Any]], list[str]]) -> Iterator[str]:
    """Those of the zone's members whom `pick` names, looked at some hundred at a time."""
    after = ""
    while True:
        run.still()
        with run.db.read() as tx:
            rows = tier_rows.members_after(tx, after, BATCH, run.stores)
            found = pick(tx, rows)
        yield from found
        if len(rows) < BATCH:
            return
        after = rows[-1].id
