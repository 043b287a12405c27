"""Slows down whoever guesses at voucher codes in staff mode: as many in vain as a PIN may be tried, then the same wait (A14, K12, K17).

A slip of the finger does not count: its check digits are wrong. Nor does the same code again: the paper in hand may be of a kiosk without
network, whose codes nobody knows yet. What counts is counted for whoever's staff mode it is, over all their sessions, so that leaving and
coming back is no way around it, and for the kiosk, whoever stands there. Tills: `integrations/vouchers/guesses.py`.
"""

import base64
import math
from collections.abc import Callable
from datetime import datetime, timedelta

from central_api.cards import repository as cards
from central_api.cards.pins import PinRules
from central_api.db import Tx
from central_api.lifecycle.staff_mode import StaffAtKiosk
from central_api.lifecycle.voucher_desk import Seen
from central_api.security.keyring import Keyring
from central_api.staff import audit
from club.model import errors, voucher

PEOPLE = 2
"""A kiosk may guess in vain as often as this many people together."""
_NAMED, _KEPT = 6, 60
"""A code that was counted is known again by so many letters, 36 bits of its keyed hash; the last ten are, in so many."""


def limited(
    tx: Tx,
    keyring: Keyring,
    session: StaffAtKiosk,
    code: str,
    rules: PinRules,
    now: datetime,
    work: Callable[[], Seen],
) -> Seen | errors.NotFound:
    """What `work` on a code gives; that no voucher has it is counted, and written to the log of acts, once for as long as it counts.

    That refusal comes back, and is not raised: the count is to stay, so the caller raises it behind the unit of work. Who asks at the
    same time waits until then: guesses sent all at once are counted one by one.

    Args:
        tx: a unit of work that writes.
        keyring: hashes what was asked for in vain.
        session: whose staff mode it is.
        code: what was scanned or typed.
        rules: how many tries a PIN has, and how long its lock is.
        now: the instant.
        work: looks at the voucher, or hands it over; of a code that nobody has it writes nothing.

    Raises:
        TooManyGuesses: how long to wait; right codes wait as well.
    """
    lock = timedelta(minutes=rules.lock_minutes)
    allowed = {  # locked in this order, whoever asks
        f"vouchers:{session.device}"[:64]: PEOPLE * rules.tries,
        f"vouchers:{session.person.actor}"[:64]: rules.tries,
    }
    rows = {source: cards.tries_of(tx, source, now) for source in allowed}
    for source, row in rows.items():
        left = lock - (now - row.since)
        if row.wrong >= allowed[source] and left > timedelta(0):
            raise errors.TooManyGuesses(
                f"expected at most {allowed[source]} codes of no voucher in {lock}; try again in {left}",
                seconds=math.ceil(left.total_seconds()),
            )
    try:
        return work()
    except errors.NotFound as refusal:
        if refusal.text("kind") != "voucher" or not voucher.is_valid(code):
            raise
        name = _name(keyring, code)
        fresh = {source: row.wrong == 0 or now - row.since >= lock for source, row in rows.items()}
        counting = [source for source, row in rows.items() if fresh[source] or name not in _names(row.last_ask)]
        if counting:
            _note(tx, session, "voucher.unknown", now, {})
        for source in counting:
            row = rows[source]
            wrong, since, before = (1, now, "") if fresh[source] else (row.wrong + 1, row.since, row.last_ask)
            kept = (before + name)[-_KEPT:]
            cards.change_tries(tx, source, {"wrong": wrong, "since": since, "last": now, "last_ask": kept})
            if wrong == allowed[source]:
                _note(tx, session, "voucher.lock", now, {"tries": wrong})
        cards.forget_tries(tx, now - lock)
        return refusal


def _name(keyring: Keyring, code: str) -> str:
    return base64.urlsafe_b64encode(keyring.voucher_mac(code)).decode("ascii")[:_NAMED]


def _names(kept: str) -> set[str]:
    return {kept[at : at + _NAMED] for at in range(0, len(kept), _NAMED)}


def _note(tx: Tx, session: StaffAtKiosk, act: str, now: datetime, facts: dict[str, int | str]) -> None:
    told: dict[str, int | str] = {"kiosk": session.place, **facts}
    audit.record(tx, actor=session.person.actor, act=act, subject=f"device:{session.device}", now=now, facts=told)
