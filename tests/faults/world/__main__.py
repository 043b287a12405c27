"""Plays seeds by hand: `python -m tests.faults.world FIRST [COUNT]`; of a single one it prints the end of its trace."""

import logging
import sys
import time

from tests.faults.world.oracles import Broken
from tests.faults.world.world import World


def main(first: int, count: int) -> int:
    logging.disable(logging.CRITICAL)
    began, broken = time.perf_counter(), []
    for seed in range(first, first + count):
        world = World(seed)
        try:
            world.play()
        except Broken as error:
            broken.append(seed)
            print(error)
        if count == 1:
            print("\n".join(world.trace))
    took_s = time.perf_counter() - began
    print(f"{count} seeds, {len(broken)} broken {broken[:20]}, {count / took_s * 60:.0f} seeds a minute")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1))
