"""Runs one bench by name: `python -m tests.bench tap`."""

import importlib
import sys
from collections.abc import Sequence
from pathlib import Path


def names() -> list[str]:
    """The benches there are: every module of this folder with a `main`."""
    folder = Path(__file__).parent
    hidden = {"__init__", "__main__", "report"}
    found = {path.stem for path in folder.glob("*.py")} - hidden
    return sorted(name for name in found if not name.startswith("test_"))


def main(arguments: Sequence[str]) -> int:
    """Run the bench that is named; returns its exit code (0 also when an aim was missed: the JSON says so)."""
    if len(arguments) < 1 or arguments[0] not in names():
        print(
            f"expected the name of a bench ({', '.join(names())}), found {' '.join(arguments) or 'nothing'}",
            file=sys.stderr,
        )
        return 2
    bench = importlib.import_module(f"tests.bench.{arguments[0]}")
    return int(bench.main(list(arguments[1:])))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
