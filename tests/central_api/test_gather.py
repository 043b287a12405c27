"""Commands are gathered without making anybody wait for company, and what befalls one befalls no other."""

import asyncio
import threading
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any

from central_api.gather import MOST, Gatherer


@dataclass(frozen=True)
class Command:
    key: str


class Worker:
    """Notes each batch; works on one only when `gate` is open."""

    def __init__(self) -> None:
        self.gate = threading.Event()
        self.begun = threading.Semaphore(0)
        self.batches: list[list[str]] = []

    def __call__(self, commands: Sequence[Command]) -> list[str | Exception]:
        self.batches.append([command.key for command in commands])
        self.begun.release()
        assert self.gate.wait(20)
        return [LookupError(command.key) if "bad" in command.key else command.key.upper() for command in commands]


def run(
    turns: int, work: Callable[..., Any], script: Callable[[Gatherer[Command, str]], Coroutine[Any, Any, None]]
) -> None:
    async def main() -> None:
        gatherer: Gatherer[Command, str] = Gatherer(work, turns=turns)
        try:
            await script(gatherer)
        finally:
            await asyncio.to_thread(gatherer.close)

    asyncio.run(main())


def test_the_first_goes_at_once_and_those_that_arrive_meanwhile_go_together() -> None:
    worker = Worker()

    async def script(gatherer: Gatherer[Command, str]) -> None:
        first = asyncio.create_task(gatherer.submit(Command("a")))
        await asyncio.to_thread(worker.begun.acquire)
        rest = [asyncio.create_task(gatherer.submit(Command(name))) for name in "bcd"]
        await asyncio.sleep(0)
        worker.gate.set()
        assert await asyncio.gather(first, *rest) == ["A", "B", "C", "D"]

    run(1, worker, script)
    assert worker.batches == [["a"], ["b", "c", "d"]]


def test_a_call_is_joined_by_one_as_large_or_by_one_that_has_waited_long_enough() -> None:
    worker = Worker()
    worker.gate.set()
    gates = {name: threading.Event() for name in "abcgk"}

    def work(commands: Sequence[Command]) -> list[str | Exception]:
        found = worker(commands)
        assert gates[commands[0].key].wait(20)
        return found

    async def script(gatherer: Gatherer[Command, str]) -> None:
        async def send(names: str) -> list[asyncio.Task[str]]:
            sent = [asyncio.create_task(gatherer.submit(Command(name))) for name in names]
            await asyncio.sleep(0)
            return sent

        a, b, *four = await send("abcdef")
        gates["a"].set()
        await a
        gates["b"].set()
        await b
        others = await send("ghij")
        gates["g"].set()
        await asyncio.gather(*others)
        (alone,) = await send("k")
        for _ in range(5):
            await asyncio.to_thread(worker.begun.acquire)
        gates["k"].set()
        assert await alone == "K", "four are still under way, and nobody else came"
        gates["c"].set()
        await asyncio.gather(*four)

    run(2, work, script)
    assert worker.batches == [["a"], ["b"], ["c", "d", "e", "f"], ["g", "h", "i", "j"], ["k"]]


def test_one_that_fails_leaves_its_neighbours_alone() -> None:
    worker = Worker()
    worker.gate.set()

    async def script(gatherer: Gatherer[Command, str]) -> None:
        found = await asyncio.gather(
            *(gatherer.submit(Command(name)) for name in ("a", "bad", "c")), return_exceptions=True
        )
        assert found[::2] == ["A", "C"]
        assert isinstance(found[1], LookupError)

    run(1, worker, script)


def test_a_fault_of_the_worker_is_told_to_each_who_waits_and_the_next_go_on() -> None:
    broken = [True]

    def work(commands: Sequence[Command]) -> list[str]:
        if broken.pop() if broken else False:
            raise OSError("the disk is gone")
        return [command.key for command in commands]

    async def script(gatherer: Gatherer[Command, str]) -> None:
        found = await asyncio.gather(gatherer.submit(Command("a")), return_exceptions=True)
        assert isinstance(found[0], OSError)
        assert await gatherer.submit(Command("b")) == "b"

    run(1, work, script)


def test_of_one_key_only_one_is_under_way() -> None:
    worker = Worker()

    async def script(gatherer: Gatherer[Command, str]) -> None:
        tasks = [asyncio.create_task(gatherer.submit(Command(name))) for name in ("a", "a", "b", "a")]
        await asyncio.to_thread(worker.begun.acquire)
        await asyncio.to_thread(worker.begun.acquire)
        assert sorted(worker.batches) == [["a"], ["b"]], "the others wait, whatever turns are free"
        worker.gate.set()
        assert await asyncio.gather(*tasks) == ["A", "A", "B", "A"]

    run(3, worker, script)
    assert [key for batch in worker.batches for key in batch].count("a") == 3
    assert all(batch.count("a") <= 1 for batch in worker.batches)


def test_a_batch_is_bounded() -> None:
    worker = Worker()
    worker.gate.set()

    async def script(gatherer: Gatherer[Command, str]) -> None:
        await asyncio.gather(*(gatherer.submit(Command(f"k{n}")) for n in range(3 * MOST)))

    run(1, worker, script)
    assert max(len(batch) for batch in worker.batches) <= MOST
    assert sum(len(batch) for batch in worker.batches) == 3 * MOST


def test_whoever_has_gone_takes_nobody_along() -> None:
    worker = Worker()

    async def script(gatherer: Gatherer[Command, str]) -> None:
        gone = asyncio.create_task(gatherer.submit(Command("a")))
        await asyncio.to_thread(worker.begun.acquire)
        stays = asyncio.create_task(gatherer.submit(Command("b")))
        await asyncio.sleep(0)
        gone.cancel()
        worker.gate.set()
        assert await stays == "B"

    run(1, worker, script)
