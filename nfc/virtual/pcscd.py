"""Runs a PC/SC service of our own with two virtual readers, beside the system's and without any right to touch it.

pcscd refuses a second instance because its socket's path is compiled in; started through systemd's socket activation
(LISTEN_FDS) it takes the socket it is given instead. Clients find it by ``PCSCLITE_CSOCK_NAME``, which libpcsclite reads
once per process. As root the service runs as ``nobody``: a second root instance would delete the system's pid file.
Where others may not enter the root folder it stays root: no system service runs there.

pcscd also insists on its folder /run/pcscd, though it writes nothing there. Where no system service ever ran, root makes
it, and anyone else gets a private /run in a mount namespace (util-linux' unshare).
"""

from __future__ import annotations

import fcntl
import logging
import os
import pwd
import shutil
import signal
import socket
import stat
import subprocess
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Self

from nfc.virtual.slot import VirtualSlot

log = logging.getLogger(__name__)

READER_NAME = "Virtual Reader"
_DRIVER_PLACES = (
    "/usr/lib/pcsc/drivers/serial/libifdvpcd.so",
    "/usr/lib64/pcsc/drivers/serial/libifdvpcd.so",
    "/usr/local/lib/pcsc/drivers/serial/libifdvpcd.so",
)
_PCSCD_PLACES = ("/usr/sbin", "/usr/local/sbin", "/sbin")
_SLOTS = 2  # one entry of vpcd's configuration always makes two readers, on this port and the next
_READY_LINE = "daemon ready"
_START_S = 10.0
_STOP_S = 3.0
_PORT_ATTEMPTS = 50
_IPC_FOLDER = Path("/run/pcscd")
_TAIL_LINES = 20
_HIGH_DESCRIPTOR = 20

# The shell becomes pcscd (exec keeps its process id, which LISTEN_PID must name) after moving our socket from standard
# input to descriptor 3, where socket activation expects it.
_LAUNCH = 'LISTEN_PID=$$; export LISTEN_PID; exec "$@" 3<&0 </dev/null'
_PRIVATE_RUN = f"mount -t tmpfs none /run && mkdir {_IPC_FOLDER} && {_LAUNCH}"


class PcscdMissing(Exception):
    """A program or driver needed for virtual cards is not installed; the message names the Debian package."""


class PcscdFailed(Exception):
    """The private PC/SC service did not start; the message holds the end of its log."""


class PrivatePcscd:
    """A private PC/SC service, running inside the ``with`` block.

    Start it from a thread that lives as long as the service is wanted (normally the main thread): the kernel ends the
    service when that thread ends, so that even a killed program leaves nothing behind.

    Args:
        socket_path: where clients connect; None for a fresh one. A process keeps the first path it ever used, so tests
            that restart services within one process give the same path each time.
        reader_name: the virtual readers are called ``NAME 00 00`` and ``NAME 00 01``.
        driver: path of libifdvpcd.so; None to look in the usual places.
    """

    def __init__(
        self, socket_path: Path | None = None, reader_name: str = READER_NAME, driver: Path | None = None
    ) -> None:
        self._reader_name = reader_name
        self._driver = _find_driver((str(driver),) if driver else _DRIVER_PLACES)
        self._program = _find_pcscd()
        self._folder = Path(tempfile.mkdtemp(prefix="nfc-pcscd-"))
        self.socket_path = socket_path or self._folder / "pcscd.comm"
        self.port = _free_ports()
        self._process: subprocess.Popen[bytes] | None = None
        self._reader: threading.Thread | None = None
        self._started = threading.Event()
        self._ready = False
        self._tail: list[str] = []

    @property
    def env(self) -> dict[str, str]:
        """Environment entries that lead a client process to this service."""
        return {"PCSCLITE_CSOCK_NAME": str(self.socket_path)}

    @property
    def readers(self) -> tuple[str, str]:
        """Names of the two readers as PC/SC clients see them."""
        return f"{self._reader_name} 00 00", f"{self._reader_name} 00 01"

    @property
    def pid(self) -> int | None:
        """Process id of the running service, None when it is down."""
        return self._process.pid if self._process else None

    def slot(self, number: int = 0) -> VirtualSlot:
        """Return the place for cards on reader 0 or 1."""
        if not 0 <= number < _SLOTS:
            raise ValueError(f"expected reader 0 or 1, found {number}")
        return VirtualSlot("127.0.0.1", self.port + number)

    def __enter__(self) -> Self:
        try:
            self._configure()
            self.start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def start(self) -> None:
        """Start the service and wait until it is ready.

        Raises:
            PcscdFailed: it ended or was not ready in time.
        """
        self._started.clear()
        self._ready = False
        self._tail.clear()
        self.socket_path.unlink(missing_ok=True)
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
            listener.bind(str(self.socket_path))
            listener.listen(16)
            self._process = self._spawn(listener)
        # Our own copy of the socket is closed again: when the service dies, clients must be refused, not kept waiting.
        self._reader = threading.Thread(
            target=self._follow, args=(self._process.stdout,), name="private-pcscd-log", daemon=True
        )
        self._reader.start()
        self._started.wait(_START_S)
        if not self._ready:
            self.kill()
            tail = "\n".join(self._tail)
            raise PcscdFailed(
                f"the private PC/SC service ended or was not ready within {_START_S:.0f} s; its log:\n{tail}"
            )

    def kill(self) -> None:
        """End the service as a crash would (SIGKILL); clients notice at once."""
        self._end(signal.SIGKILL)

    def restart(self) -> None:
        """Start it again, on the same socket and ports."""
        self._end(signal.SIGTERM)
        self.start()

    def close(self) -> None:
        """End the service and remove its files."""
        self._end(signal.SIGTERM)
        self.socket_path.unlink(missing_ok=True)
        shutil.rmtree(self._folder, ignore_errors=True)

    def _configure(self) -> None:
        configuration = (
            f'FRIENDLYNAME "{self._reader_name}"\n'
            f"DEVICENAME /dev/null:0x{self.port:04X}\n"
            f"LIBPATH {self._driver}\n"
            f"CHANNELID 0x{self.port:04X}\n"
        )
        folder = self._folder / "readers"
        folder.mkdir()
        folder.chmod(0o755)
        file = folder / "virtual"
        file.write_text(configuration, encoding="utf-8")
        file.chmod(0o644)

    def _command(self, configuration: int) -> list[str]:
        pcscd = [str(self._program), "--foreground", "--info", "--config", f"/proc/self/fd/{configuration}"]
        setpriv = shutil.which("setpriv")
        # util-linux' setpriv ties the service's life to ours, also when we are killed.
        tie = [setpriv, "--pdeathsig", "TERM", "--"] if setpriv else []
        if _IPC_FOLDER.is_dir():
            return ["/bin/sh", "-c", _LAUNCH, "private-pcscd", *tie, *pcscd]
        return ["unshare", "--map-root-user", "--mount", "/bin/sh", "-c", _PRIVATE_RUN, "private-pcscd", *tie, *pcscd]

    def _spawn(self, listener: socket.socket) -> subprocess.Popen[bytes]:
        as_root = os.geteuid() == 0
        if as_root:
            with suppress(OSError):  # /run may be read-only: then we are like anyone else
                _IPC_FOLDER.mkdir(exist_ok=True)
        # Where others may not even enter the root folder (a system in a folder of root's own), nobody could start nothing.
        others_may_enter = bool(Path("/").stat().st_mode & stat.S_IXOTH)
        nobody = pwd.getpwnam("nobody") if as_root and others_may_enter else None
        with _opened(self._folder / "readers") as configuration:
            return subprocess.Popen(
                self._command(configuration),
                stdin=listener.fileno(),
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                pass_fds=(configuration,),
                cwd="/",
                env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LISTEN_FDS": "1"},
                # Ctrl-C reaches the whole terminal; the service should outlive our own orderly end.
                start_new_session=True,
                user=nobody.pw_uid if nobody else None,
                group=nobody.pw_gid if nobody else None,
                extra_groups=[] if nobody else None,
            )

    def _follow(self, output: IO[bytes]) -> None:
        with output:
            for raw in output:
                line = raw.decode("utf-8", "replace").rstrip()
                self._tail.append(line)
                del self._tail[:-_TAIL_LINES]
                log.debug("pcscd: %s", line)
                if _READY_LINE in line:
                    self._ready = True
                    self._started.set()
        self._started.set()  # it may have ended before it was ready

    def _end(self, how: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(how)
        try:
            process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            # pcscd waits for its clients' threads; ours may be blocked by a mute card.
            process.kill()
            process.wait()
        if self._reader:
            self._reader.join()


@contextmanager
def _opened(folder: Path) -> Iterator[int]:
    """Open a folder for a child that may not be able to walk to it, as nobody in root's private temporary folder."""
    low = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        # Away from 3, where the child wants its socket.
        high = fcntl.fcntl(low, fcntl.F_DUPFD_CLOEXEC, _HIGH_DESCRIPTOR)
    finally:
        os.close(low)
    try:
        yield high
    finally:
        os.close(high)


def _find_driver(places: Sequence[str]) -> Path:
    for place in places:
        if Path(place).exists():
            return Path(place)
    raise PcscdMissing(
        f"the virtual reader driver was not found as {', '.join(places)}: install Debian's vsmartcard-vpcd package"
    )


def _find_pcscd() -> Path:
    search = os.pathsep.join((os.environ.get("PATH", ""), *_PCSCD_PLACES))
    found = shutil.which("pcscd", path=search)
    if not found:
        raise PcscdMissing("the PC/SC service pcscd was not found: install Debian's pcscd package")
    return Path(found)


def _free_ports() -> int:
    """Return a port that is free together with the next one (vpcd takes both)."""
    for _ in range(_PORT_ATTEMPTS):
        with socket.socket() as first, socket.socket() as second:
            first.bind(("", 0))
            port = int(first.getsockname()[1])
            try:
                second.bind(("", port + 1))
            except (OSError, OverflowError):
                continue
            return port
    raise PcscdFailed("no two neighbouring ports are free for the virtual readers")
