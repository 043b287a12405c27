"""The whole house on one machine: central API, card reader, kiosk and lounge display, each a real process."""

import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from club import resources
from demo import screens
from demo.processes import Program, ProgramFailed
from demo.reader import Reader, open_reader

_BIN = Path(sys.executable).parent
_BEHIND = 5
"""One machine plays the whole store here: its screens, which draw without a GPU, stand behind the server, which has its own elsewhere."""


_LOADED = "sign-in.json"
"""The last file that `central-api load-demo` writes, in one piece: with it the folder is whole."""


@dataclass(frozen=True, slots=True)
class SignIn:
    """A staff account of the demo, made at start."""

    number: str
    name: str
    password: str
    pin: str = ""


@dataclass(frozen=True, slots=True)
class Options:
    """How the house is started.

    `state` is a folder: fresh for each run, or one kept by name. `pinned` is an ISO instant for every program's clock, empty for the
    machine's own, and `pinned_runs` lets it run from there; `virtual` asks for virtual screens even where a real one is at hand;
    `programs` are those that are started (the database is there in any case); `enrol` gives new devices their codes;
    `kiosk_settings` and `lounge_settings` are set over the programs' own ("section.key=value"); `lounge_place` is where the display hangs.
    """

    state: Path
    logs: Path
    pinned: str = ""
    virtual: bool = False
    pinned_runs: bool = True
    log_level: str = "info"
    log_form: str = "text"
    programs: frozenset[str] = frozenset({"central-api", "kiosk", "lounge"})
    enrol: bool = True
    kiosk_settings: tuple[str, ...] = ()
    lounge_settings: tuple[str, ...] = ()
    lounge_place: str = "tv-1"


class House:
    """Starts the programs in their order and stops them all; a context manager.

    Raises (on entering):
        ProgramFailed: a program did not get ready; the message has its last lines.
    """

    def __init__(self, options: Options, say: Callable[[str], None]) -> None:
        self.options, self._say = options, say
        self._stack = ExitStack()
        self.port = free_port()
        self.kiosk_control = options.state / "kiosk.sock"
        self.lounge_control = options.state / "lounge.sock"
        self.members: dict[str, str] = {}  # card name -> PIN
        self.staff: list[SignIn] = []
        self.reader: Reader
        self.kiosk_glass: screens.Glass
        self.lounge_glass: screens.Glass
        self.no_screen = ""  # why the windows are on virtual screens though nobody asked for that
        self.server: Program
        self.kiosk: Program
        self.lounge: Program

    @property
    def url(self) -> str:
        """The central API and console."""
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        try:
            self._start()
        except BaseException:
            self._stack.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def pin_of(self, card: str) -> str:
        """The PIN that goes with a card of the demo's, a member's or a staff card; empty when it has none."""
        staff = {f"staff-{one.number}": one.pin for one in self.staff}
        return self.members.get(card, staff.get(card, ""))

    def ended(self) -> Program | None:
        """A program that was started and has ended by itself, None while all run."""
        started = {"central-api": self.server, "lounge": self.lounge, "kiosk": self.kiosk}
        return next((one for name, one in started.items() if name in self.options.programs and not one.running), None)

    def _start(self) -> None:
        state = self.options.state
        self.options.logs.mkdir(parents=True, exist_ok=True)
        self._load(state / "central")
        self._read_sign_ins(state / "central")
        self.server = self._program(
            "central-api", ["serve", *self._central_settings()], env={}, executable="central-api"
        )
        if "central-api" in self.options.programs:
            self._say("central API")
            self.server.start()
            self.server.wait_for(r"ready on http")
        self._say("card reader")
        self.reader = self._stack.enter_context(
            open_reader(state / "central" / "cards.toml", virtual=self.options.virtual)
        )
        self.kiosk_glass, self.lounge_glass, self.no_screen = screens.open_glass(virtual=self.options.virtual)
        self._stack.callback(self.kiosk_glass.close)
        self._stack.callback(self.lounge_glass.close)
        self.lounge, self.kiosk = self._lounge(), self._kiosk()
        windows = {"lounge": self.lounge, "kiosk": self.kiosk}
        wanted = [program for name, program in windows.items() if name in self.options.programs]
        for program in wanted:
            program.start()
        for program in wanted:
            self._say(f"{program.name} window")
            program.wait_for(rf"{program.name} ready")

    def _load(self, central: Path) -> None:
        """Bring the database up to date, and load the demo club where it is not loaded to its end."""
        loaded = (central / _LOADED).exists()
        if central.exists() and not loaded:
            self._say("the data kept here were not loaded to their end; loading anew")
            for part in (central, self.options.state / "kiosk", self.options.state / "lounge"):
                shutil.rmtree(part, ignore_errors=True)  # devices of a database that is gone would be strangers
        central.mkdir(parents=True, exist_ok=True)
        central.chmod(0o700)
        self._say("database and demo members")
        self._central("migrate")
        if not loaded:
            self._central("load-demo", "--out", str(central))

    def _kiosk(self) -> Program:
        data = self.options.state / "kiosk"
        settings = self._device_settings(data, self.kiosk_control)
        settings += self.kiosk_glass.place.settings(screens.KIOSK)
        settings += [f"reader.spec={self.reader.spec}", f"sound.enabled={_flag(not self.options.virtual)}"]
        settings += self.options.kiosk_settings
        command = ["--config", str(resources.config_dir() / "kiosk.toml"), *_set(settings)]
        command += self._enrol("kiosk", "kiosk-1", data)
        env = {**self.kiosk_glass.env, **self.reader.env}
        return self._program("kiosk", command, env=env, executable="kiosk-app", behind=_BEHIND)

    def _lounge(self) -> Program:
        data = self.options.state / "lounge"
        settings = self._device_settings(data, self.lounge_control)
        settings += [*self.lounge_glass.place.settings(screens.LOUNGE), "sound.enabled=false"]
        settings += self.options.lounge_settings
        command = ["--config", str(resources.config_dir() / "lounge.toml"), *_set(settings)]
        command += self._enrol("lounge", self.options.lounge_place, data)
        return self._program(
            "lounge", command, env=dict(self.lounge_glass.env), executable="lounge-display", behind=_BEHIND
        )

    def _program(
        self, name: str, arguments: Sequence[str], *, env: dict[str, str], executable: str, behind: int = 0
    ) -> Program:
        log = self.options.logs / f"{name}.log"
        program = Program(name, [str(_BIN / executable), *arguments], env=env, log=log, behind=behind)
        self._stack.callback(program.stop)
        return program

    def _device_settings(self, data: Path, control: Path) -> list[str]:
        return [f"server.url={self.url}", f"device.data_dir={data}", f"control.socket={control}", *self._common()]

    def _common(self) -> list[str]:
        return [
            f"clock.pinned={self.options.pinned}",
            f"clock.pinned_runs={_flag(bool(self.options.pinned) and self.options.pinned_runs)}",
            f"log.level={self.options.log_level}",
            f"log.form={self.options.log_form}",
        ]

    def _central_settings(self) -> list[str]:
        central = self.options.state / "central"
        return [
            *("--config", str(resources.config_dir() / "central.toml")),
            *_set(
                [
                    f"http.port={self.port}",
                    f"database.url=sqlite:///{central / 'club.db'}",
                    f"media.dir={central / 'media'}",
                    f"keys.file={central / 'keys.toml'}",
                    *self._common(),
                ]
            ),
        ]

    def _central(self, verb: str, *arguments: str) -> str:
        """Run one command of the central API to its end and return what it printed."""
        done = subprocess.run(
            [str(_BIN / "central-api"), verb, *self._central_settings(), *arguments],
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ},
        )
        if done.returncode:
            raise ProgramFailed(
                f"expected central-api {verb} to succeed; exit code {done.returncode}:\n{done.stderr[-1500:]}"
            )
        return done.stdout

    def _enrol(self, program: str, place: str, data: Path) -> list[str]:
        """The arguments that enrol a new device; none for one that is not started, is enrolled, or shall stay as it is."""
        if program not in self.options.programs or not self.options.enrol or data.exists():
            return []
        return ["--enrol", self._central("enrol-code", "--place", place).split()[-1]]

    def _read_sign_ins(self, folder: Path) -> None:
        made = json.loads((folder / _LOADED).read_text(encoding="utf-8"))
        self.members = dict(made["members"])
        self.staff = [SignIn(one["number"], one["name"], one["password"], one.get("pin", "")) for one in made["staff"]]


def free_port() -> int:
    """A TCP port of 127.0.0.1 that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def fresh_state(root: Path, keep: str) -> Path:
    """The state folder of a run: `keep` names one that lives on; without it an emptied one is given."""
    folder = root / (keep or "fresh")
    if not keep:
        shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)  # it holds the keys and the PINs of the demo
    return folder


def _set(settings: Sequence[str]) -> list[str]:
    return [part for one in settings for part in ("--set", one)]


def _flag(value: bool) -> str:
    return "true" if value else "false"
