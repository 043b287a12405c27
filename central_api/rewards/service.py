"""Redeems: the body of the database at hand, what is logged of it, and that one command that fails takes no other along (A12)."""

import logging
from collections.abc import Sequence
from datetime import datetime

from central_api.cards import pins
from central_api.db import Database
from central_api.programme.content import Programme
from central_api.rewards import body_sqlite
from central_api.rewards.body_postgresql import Procedure
from central_api.rewards.commands import OK, Answer, Ask, Desk, Outcome
from club.model import errors
from club.wire.codec import decode
from club.wire.problems import Problem

_log = logging.getLogger(__name__)


class Redeemer:
    """Carries out commands to redeem, one or many at once.

    Args:
        db: the database; SQLite has a body of its own, PostgreSQL a procedure.
        desk: what commands are worked on with.
    """

    def __init__(self, db: Database, desk: Desk) -> None:
        self._db, self._desk = db, desk
        self._procedure = None if db.is_sqlite else Procedure(db, desk)

    def redeem(self, asks: Sequence[Ask], now: datetime) -> list[Outcome]:
        """Carry out commands in one commit; blocks. Nothing is raised: an outcome each, in their order.

        Of several with the same key the first is carried out, and the others find its answer in a commit of their own. A
        fault that nobody foresaw ends them all; then each is tried alone, so that it meets only the one it is of.
        """
        first = {ask.key: place for place, ask in reversed(list(enumerate(asks)))}
        if len(first) < len(asks):
            return self._in_turn(asks, frozenset(first.values()), now)
        try:
            outcomes = self._carry_out(asks, now)
        except errors.Unavailable as fault:
            return [fault] * len(asks)
        except Exception as fault:  # noqa: BLE001 -- told to whoever asked, and logged there
            if len(asks) == 1:
                return [fault]
            return [outcome for ask in asks for outcome in self.redeem([ask], now)]
        for ask, outcome in zip(asks, outcomes, strict=True):
            if not isinstance(outcome, Answer):
                continue
            if outcome.status != OK:
                refusal = decode(outcome.body, Problem)
                _log.info("command %s refused: %s %s", ask.key, refusal.code, dict(refusal.facts))
            _log.info("command %s answered %d to device %s", ask.key, outcome.status, ask.device)
        return outcomes

    def _in_turn(self, asks: Sequence[Ask], first: frozenset[int], now: datetime) -> list[Outcome]:
        """Those at the places `first`, then the others, which repeat a key."""
        outcomes: dict[int, Outcome] = {}
        for chosen in (sorted(first), [place for place in range(len(asks)) if place not in first]):
            outcomes.update(zip(chosen, self.redeem([asks[place] for place in chosen], now), strict=True))
        return [outcomes[place] for place in range(len(asks))]

    def redeem_one(self, ask: Ask, now: datetime) -> Answer:
        """Carry out one command; blocks.

        Raises:
            DeviceChanged: the device was revoked or has another key by now.
            IdempotencyConflict: the key was used with another body, or by another device.
            SessionEnded, CardBlocked, StepUpRequired, GrantWrong: the card or its PIN do not let it through.
            Unavailable: the database does not answer.
        """
        (outcome,) = self.redeem([ask], now)
        if isinstance(outcome, Answer):
            return outcome
        raise outcome

    def _carry_out(self, asks: Sequence[Ask], now: datetime) -> list[Outcome]:
        if self._procedure is not None:
            return self._procedure.redeem(asks, now)
        return body_sqlite.redeem(self._db, self._desk, asks, now)


def pin_rules(programme: Programme, session_minutes: int) -> pins.PinRules:
    """The programme's numbers as PINs are judged by."""
    found = programme.pin
    return pins.PinRules(found.tries, found.lock_minutes, found.grant_hours, session_minutes)
