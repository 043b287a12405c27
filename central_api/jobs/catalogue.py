"""Every job of the club, with its hour."""

from datetime import time

from central_api.jobs import gifts, points, standing
from central_api.jobs.job import Job
from central_api.jobs.schedule import Schedule

JOBS: tuple[Job, ...] = (
    Job("expire-points", "book points off whose last day is over", Schedule(time(0, 5)), points.expire_points),
    Job("expiry-warnings", "tell of points that end soon", Schedule(time(9, 0)), points.warn_of_expiry),
    Job("expire-vouchers", "let vouchers expire whose last day is over", Schedule(time(0, 10)), points.expire_vouchers),
    Job("holds", "mark holds whose time is over", Schedule(time(0, 12)), points.close_holds, scope="club"),
    Job(
        "memberships",
        "remind of memberships that end soon, end those that are over",
        Schedule(time(0, 15)),
        standing.end_memberships,
    ),
    Job("tiers", "warn of tiers that go, let go those whose time is over", Schedule(time(0, 20)), standing.judge_tiers),
    Job(
        "entitlements",
        "grant what a new month or year of membership brings",
        Schedule(time(0, 30)),
        standing.renew_entitlements,
    ),
    Job(
        "birthdays",
        "give the birthday gifts that are due",
        Schedule(time(6, 0), catch_up="each"),
        gifts.give_birthdays,
    ),
    Job(
        "referrals",
        "pay referrals whose delay is over, take back those whose car went back",
        Schedule(time(6, 10)),
        gifts.settle_referrals,
    ),
    Job(
        "rankings",
        "propose the spenders of the month and the quarter to staff",
        Schedule(time(6, 20), every="month", catch_up="each"),
        gifts.propose_rankings,
        scope="club",
    ),
)
"""In the order in which they run when several are due."""
