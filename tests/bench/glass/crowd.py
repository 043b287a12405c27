"""Many TVs without a window in one process: each the product's own sync with a key, a store, a folder and threads of its own.

Reads one JSON line with who they are, answers when all play the version of the board that is published; then a line for each publish,
answered when all have switched to it: every medium fetched, verified and on the disk. Times are of the system's monotonic
clock, which all processes share.

    python -m tests.bench.glass.crowd
    {"url": "http://127.0.0.1:8700", "folder": "…", "codes": {"bench-02": "123456"}, "board": "b-bench", "version": 1}
    {"version": 2, "within_s": 60}
"""

import json
import logging
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from club.model.clock import Clock
from club.model.errors import ClubError
from club.sync import events
from club.sync.client import ApiClient
from club.sync.identity import Identity
from club.sync.media import Quota
from club.sync.steady_clock import device_clock
from club.sync.store import DeviceStore
from club.sync.worker import SyncWorker
from club.wire.devices import OnGlass

_JOIN_WITHIN_S = 300.0
_QUOTA = Quota(quota_bytes=12_000_000, reserve_bytes=100_000_000)
"""Small, so that dozens of TVs on one disk do not fill it; what plays, played before and comes next is kept whatever the quota."""


class Tv:
    """One of them: tells the server what it shows, as a display does, and notes when it switched to each version of a board."""

    def __init__(self, folder: Path, url: str, code: str, board: str, heard: threading.Condition) -> None:
        folder.mkdir(mode=0o700, parents=True)
        self._code, self._board, self._heard = code, board, heard
        self._clock: Clock = device_clock("")
        self.switched_at: dict[int, float] = {}
        self.refused: ClubError | None = None
        self._store = DeviceStore(folder / "store.db")
        client = ApiClient(url, Identity.load_or_create(folder / "identity.json"), self._clock)
        self._worker = SyncWorker(
            self._store, client, self._clock, self._told, kind="lounge", media_dir=folder / "media", quota=_QUOTA
        )

    def start(self) -> None:
        self._worker.start()

    def close(self) -> None:
        self._worker.close()
        self._store.close()

    def _told(self, event: events.SyncEvent) -> None:
        at = time.monotonic()
        match event:
            case events.NeedsEnrolment():
                self._worker.enrol(self._code)
            case events.EnrolRefused(error):
                self._note(refused=error)
            case events.ManifestReady(manifest, _) if self._board in manifest.boards:
                board = manifest.boards[self._board]
                missing = self._worker.media.missing(manifest.media)
                if not missing:
                    what = f"{board.slug}@{board.version}"
                    self._worker.report(OnGlass(what=what, since=self._clock.now(), frames=board.version))
                    self._note(version=board.version, at=at)
            case _:
                pass

    def _note(self, *, version: int = 0, at: float = 0.0, refused: ClubError | None = None) -> None:
        with self._heard:
            self.refused = refused or self.refused
            if version:
                self.switched_at.setdefault(version, at)
            self._heard.notify_all()


class Refused(RuntimeError):
    """A TV was not let in."""


def switched(tvs: list[Tv], heard: threading.Condition, version: int, within_s: float) -> list[float]:
    """When each of them switched to a version; only those that did in time.

    Raises:
        Refused: the server did not let one of them in.
    """
    end = time.monotonic() + within_s
    with heard:
        while not all(version in tv.switched_at for tv in tvs) and time.monotonic() < end:
            refused = next((tv.refused for tv in tvs if tv.refused is not None), None)
            if refused is not None:
                raise Refused(f"expected every TV to be let in, found {refused.code}")
            heard.wait(max(0.0, end - time.monotonic()))
        return [tv.switched_at[version] for tv in tvs if version in tv.switched_at]


class Crowd:
    """The process of such TVs, from outside; a context manager.

    Args:
        url: of the central API.
        folder: where their folders lie; the log lies beside.
        codes: the code by the place of each.
        board: whose versions are noted.
        version: which one is published now.
    """

    def __init__(self, url: str, folder: Path, codes: Mapping[str, str], board: str, version: int) -> None:
        self._wanted = len(codes)
        self._given = {"url": url, "folder": str(folder), "codes": dict(codes), "board": board, "version": version}
        self._log = folder.with_suffix(".log")
        self._closing = ExitStack()
        self._process: subprocess.Popen[str]

    def __enter__(self) -> Self:
        log: IO[str] = self._closing.enter_context(self._log.open("w", encoding="utf-8"))
        self._process = self._closing.enter_context(
            subprocess.Popen(
                [sys.executable, "-m", "tests.bench.glass.crowd"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        )
        self._closing.callback(self._process.kill)
        try:
            self._tell(self._given)
            ready = self._answer()["ready"]
            if ready != self._wanted:
                said = self._log.read_text(encoding="utf-8", errors="replace")[-2000:]
                raise RuntimeError(f"expected {self._wanted} TVs to play, {ready} do: {said}")
        except BaseException:
            self._closing.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing.close()

    def switched_at(self, version: int, within_s: float) -> list[float]:
        """When each switched to a version, waited for at most so long; shorter than the crowd when some did not."""
        self._tell({"version": version, "within_s": within_s})
        found: list[float] = self._answer()["switched_at"]
        return found

    def _tell(self, line: Mapping[str, Any]) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(line) + "\n")
        self._process.stdin.flush()

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            said = self._log.read_text(encoding="utf-8", errors="replace")[-2000:]
            raise RuntimeError(f"expected an answer of the crowd, found it ended: {said}")
        found: dict[str, Any] = json.loads(line)
        return found


def _main() -> None:
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(threadName)s %(message)s")
    given = json.loads(sys.stdin.readline())
    heard = threading.Condition()
    tvs = [
        Tv(Path(given["folder"]) / place, given["url"], code, given["board"], heard)
        for place, code in given["codes"].items()
    ]
    for tv in tvs:
        tv.start()
    print(json.dumps({"ready": len(switched(tvs, heard, given["version"], _JOIN_WITHIN_S))}), flush=True)
    for line in sys.stdin:
        asked = json.loads(line)
        print(json.dumps({"switched_at": switched(tvs, heard, asked["version"], asked["within_s"])}), flush=True)
    for tv in tvs:
        tv.close()


if __name__ == "__main__":
    _main()
