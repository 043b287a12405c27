"""Starts a device's program: its command line, its settings, and one line on standard error when it cannot run."""

import argparse
import sqlite3
import sys
import types
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

from club.settings import allocator, log
from club.settings.faults import SettingsRefused
from club.settings.loader import load
from club.settings.shared import Log

OK, NOT_USABLE = 0, 2


class Kept(Protocol):
    """What a device keeps."""

    @property
    def data_dir(self) -> Path:
        """The folder of its data."""


class OfDevice(Protocol):
    """The settings every device's program has."""

    @property
    def device(self) -> Kept:
        """What the device keeps."""

    @property
    def log(self) -> Log:
        """How it logs."""


class Running(Protocol):
    """A program put together."""

    def run(self) -> None:
        """Run until stopped."""


S = TypeVar("S", bound=OfDevice)


@dataclass(frozen=True, slots=True)
class Opening(Generic[S]):
    """How a program is put together from its settings and enrolment code, and the faults that an operator can mend."""

    put_together: Callable[[S, str], Running]
    faults: tuple[type[Exception], ...]


@dataclass(frozen=True, slots=True)
class Program(Generic[S]):
    """One program of a device.

    `opening` is called once settings and resources are good: it imports the screens, which is slow and wants a display.
    """

    name: str
    about: str
    config: str  # the settings file that lists every key
    schema: type[S]
    check_resources: Callable[[], None]
    missing: type[Exception]  # what `check_resources` raises
    opening: Callable[[], Opening[S]]


def start(program: Program[S], arguments: Sequence[str] | None = None) -> int:
    """Run a program until it is stopped.

    Args:
        program: which one.
        arguments: without it, those of the process.

    Returns:
        0, or 2 when settings, resources or what the program stands on are not as needed; what is missing and what to do is
        said in one line on standard error.
    """
    chosen = _parser(program).parse_args(arguments)
    try:
        settings = load(chosen.config, program.schema, chosen.overrides)
        program.check_resources()
    except (SettingsRefused, program.missing) as refused:
        return _refuse(program, refused)
    log.start(settings.log)
    allocator.be_thrifty()
    with as_in_a_store():
        opening = program.opening()
    try:
        running = opening.put_together(settings, chosen.enrol)
    except opening.faults as fault:
        return _refuse(program, fault)
    except (OSError, sqlite3.Error) as fault:
        folder = settings.device.data_dir
        return _refuse(
            program,
            f"expected a folder to keep the device's data in at {folder}; {fault}. Set device.data_dir, or its rights",
        )
    running.run()
    return OK


class _Unused(types.ModuleType):
    """Stands for a library that another one imports for uses no device has; calling anything of it is an error."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return _Unused(f"{self.__name__}.{name}")


@contextmanager
def as_in_a_store() -> Iterator[None]:
    """Load libraries as on a store's computer, where numpy is not installed, and without what no device uses of them.

    sqlite-utils takes numpy in wherever it finds it, for columns no device has: 25 MB and a tenth of a second on a developer's
    machine; and always click and dateutil, for its command line and for recipes that read dates: 1.5 MB. requests guesses the
    encoding of a text that names none by charset_normalizer's tables, 1.6 MB; all a device reads is bytes, and without them
    requests takes such a text for UTF-8.
    """
    modules: dict[str, Any] = sys.modules  # None is Python's own mark for "not to be found"
    stands = dict.fromkeys(("numpy", "pandas", "charset_normalizer"))
    stands |= {name: _Unused(name) for name in ("click", "dateutil")}
    stands = {name: module for name, module in stands.items() if name not in modules}
    modules.update(stands)
    warnings.filterwarnings("ignore", "Unable to find acceptable character detection")  # requests': it is meant
    try:
        yield
    finally:
        for name in stands:
            del modules[name]


def _parser(program: Program[S]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=program.name, description=program.about)
    parser.add_argument("--config", type=Path, help=f"settings file ({program.config} lists every key)")
    parser.add_argument("--set", action="append", default=[], metavar="SECTION.KEY=VALUE", dest="overrides")
    parser.add_argument(
        "--enrol",
        default="",
        metavar="CODE",
        help="six digits from central-api enrol-code, for a first start; without them the device shows a code to enter in the console",
    )
    return parser


def _refuse(program: Program[S], why: object) -> int:
    print(f"{program.name}: {why}", file=sys.stderr)  # noqa: T201 -- for whoever started it, also when the log goes elsewhere
    return NOT_USABLE
