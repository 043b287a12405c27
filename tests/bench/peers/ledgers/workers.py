"""Runs a redemption in a few processes at once for a while, and counts: the same for every peer. Standard library only."""

import math
import multiprocessing
import random
import secrets
import time
from collections.abc import Callable
from typing import Any

Redeem = Callable[[str, int, int], bool]
"""Redeems once: idempotency key, member and reward by number. False: refused."""


def measure(
    open_up: Callable[[], Redeem], workers: int, seconds: float, members: int, rewards: int, warm_s: float = 0.5
) -> dict[str, Any]:
    """Redeem in closed loops; each worker opens its own connection and warms up before all start together.

    Args:
        open_up: called in each worker; gives what redeems.
        workers: how many processes.
        seconds: how long.
        members: drawn from 0 up to here, with equal chances.
        rewards: the same.
        warm_s: how long each goes without being counted.

    Returns:
        `per_s`, `p50_ms`, `p99_ms`, `done` (all that was redeemed, the warming up included) and `refused`.
    """
    context = multiprocessing.get_context("fork")
    ready, answers = context.Barrier(workers), context.SimpleQueue()

    def work(seed: int) -> None:
        luck, redeem = random.Random(seed), open_up()

        def loop(length: float) -> tuple[list[float], int, float]:
            times, refused, began = list[float](), 0, time.perf_counter()
            ended = began
            while ended - began < length:
                before = ended
                good = redeem(secrets.token_hex(12), luck.randrange(members), luck.randrange(rewards))
                ended = time.perf_counter()
                times.append((ended - before) * 1000)
                refused += not good
            return times, refused, ended - began

        warm, warm_refused, _ = loop(warm_s)
        ready.wait()
        times, refused, took = loop(seconds)
        answers.put((times, refused, took, len(warm) - warm_refused))

    processes = [context.Process(target=work, args=(seed,)) for seed in range(workers)]
    for process in processes:
        process.start()
    found = [answers.get() for _ in processes]
    for process in processes:
        process.join()
    times = sorted(one for each in found for one in each[0])
    refused = sum(each[1] for each in found)
    return {
        "per_s": sum((len(each[0]) - each[1]) / each[2] for each in found),
        "p50_ms": times[len(times) // 2],
        "p99_ms": times[max(0, math.ceil(0.99 * len(times)) - 1)],
        "done": len(times) - refused + sum(each[3] for each in found),
        "refused": refused,
    }
