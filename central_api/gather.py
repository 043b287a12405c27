"""Gathers commands that arrive at this process while others are under way into one call and one commit (ADR 0011).

A command that finds nothing under way goes at once, alone if need be; those that arrive meanwhile go together. Where there
is more than one turn, a call is joined only by one as large: each has a price of its own, which more commands share, and
takes time from the others. Nobody waits for company longer than `PATIENCE_S`.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from central_api.lane import Lane


class Keyed(Protocol):
    """A command with its idempotency key."""

    @property
    def key(self) -> str:
        """The key."""


Q = TypeVar("Q", bound=Keyed)
A = TypeVar("A")

MOST = 32
"""Commands in one call: PostgreSQL keeps at most 64 savepoints of a transaction where looking them up is cheap."""

PATIENCE_S = 0.02
"""After so long whoever waits goes without company: what is under way may itself wait, for a lock or a slow disk."""


@dataclass(frozen=True, slots=True)
class _Waiting(Generic[Q, A]):
    ask: Q
    future: asyncio.Future[A]
    since: float  # by the loop's clock


class Gatherer(Generic[Q, A]):
    """Belongs to one event loop.

    Args:
        work: carries out commands of different keys; blocks, and gives an outcome for each.
        turns: calls under way at once. One is right for SQLite, which has one writer; with two, PostgreSQL works on one
            batch while the next is being read and proved.
        told: called after each batch, on the event loop.
    """

    def __init__(
        self,
        work: Callable[[Sequence[Q]], Sequence[A | Exception]],
        *,
        turns: int,
        told: Callable[[], None] = lambda: None,
    ) -> None:
        self._work, self._turns, self._told = work, turns, told
        self._lane = Lane("redeem", turns)
        self._waiting: deque[_Waiting[Q, A]] = deque()
        self._under_way: set[str] = set()  # keys
        self._tasks: set[asyncio.Task[None]] = set()
        self._alarm: asyncio.TimerHandle | None = None  # not later than when somebody has waited long enough

    async def submit(self, ask: Q) -> A:
        """The answer to one command.

        Raises:
            Exception: what `work` gave as its outcome.
        """
        loop = asyncio.get_running_loop()
        one: _Waiting[Q, A] = _Waiting(ask, loop.create_future(), loop.time())
        self._waiting.append(one)
        self._start()
        return await one.future

    def close(self) -> None:
        """End the threads once their work is done; blocks."""
        self._lane.close()

    def _start(self) -> None:
        loop = asyncio.get_running_loop()
        while self._waiting and len(self._tasks) < self._turns:
            # Without this, sixteen kiosks on two cores found themselves fourteen in one call and two by turns alone in the
            # other, which cost a fifth of all redemptions.
            patient_until = self._waiting[0].since + PATIENCE_S
            if len(self._waiting) < len(self._under_way) and loop.time() < patient_until:
                self._alarm = self._alarm or loop.call_at(patient_until, self._look_again)
                return
            batch = self._next()
            if not batch:
                return
            self._tasks.add(loop.create_task(self._carry_out(batch)))

    def _look_again(self) -> None:
        self._alarm = None
        self._start()

    def _next(self) -> list["_Waiting[Q, A]"]:
        """The oldest that wait. Of one key only one is under way: its repeat finds the answer stored."""
        batch: list[_Waiting[Q, A]] = []
        left: list[_Waiting[Q, A]] = []
        while self._waiting and len(batch) < MOST:
            one = self._waiting.popleft()
            if one.ask.key in self._under_way:
                left.append(one)
            else:
                self._under_way.add(one.ask.key)
                batch.append(one)
        self._waiting.extendleft(reversed(left))
        return batch

    async def _carry_out(self, batch: list["_Waiting[Q, A]"]) -> None:
        asks = [one.ask for one in batch]
        try:
            outcomes: Sequence[A | Exception] = await self._lane.run(lambda: self._work(asks))
        except Exception as fault:  # noqa: BLE001 -- each of those who wait is told
            outcomes = [fault] * len(asks)
        finally:
            self._under_way.difference_update(ask.key for ask in asks)
            self._tasks.discard(asyncio.current_task())
            self._start()
        for future, outcome in zip((one.future for one in batch), outcomes, strict=True):
            if future.done():  # whoever asked has gone; the answer is stored
                continue
            if isinstance(outcome, Exception):
                future.set_exception(outcome)
            else:
                future.set_result(outcome)
        self._told()
