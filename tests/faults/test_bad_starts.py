"""What is wrong when a program starts is said once, in one place, with what to do; and what can be mended by itself is."""

import http.server
import socket
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from club.ui.control import ask
from demo.xscreen import XScreen
from nfc.virtual.pcscd import PrivatePcscd
from tests.support import bad_day, central
from tests.support.served import served
from tests.support.wait import until

pytestmark = pytest.mark.timeout(180)

READY = {"kiosk-app": "kiosk ready", "lounge-display": "lounge ready"}
WRONG_KEYS = {
    "central-api": ("[http]\nhost = '127.0.0.1'\nprot = 8700\n", 3, "port"),
    "kiosk-app": ("[timing]\n\nsession_idle = 30\n", 3, "session_idle_s"),
    "lounge-display": ("[window]\nfull_screen = true\n", 2, "fullscreen"),
}


@pytest.fixture
def screen() -> Iterator[XScreen]:
    with XScreen(540, 540) as opened:
        yield opened


def verb(program: str) -> tuple[str, ...]:
    return ("serve",) if program == "central-api" else ()


@pytest.mark.parametrize("program", bad_day.MODULES)
def test_a_wrong_key_is_named_with_file_and_line_and_what_was_meant(program: str, tmp_path: Path) -> None:
    text, line, meant = WRONG_KEYS[program]
    file = tmp_path / "settings.toml"
    file.write_text(text, encoding="utf-8")
    ended = bad_day.ends(program, [], *verb(program), "--config", str(file))
    assert ended.code == 2
    assert f"{file}:{line}: " in ended.refusal
    assert f"did you mean {meant!r}?" in ended.refusal


def test_a_port_in_use(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        settings = [*bad_day.where("central-api", tmp_path), f"http.port={port}"]
        said = bad_day.ends("central-api", settings, "serve").refusal
    assert f"expected to listen on 127.0.0.1:{port}; Address already in use" in said
    assert "stop it, or set http.port" in said


def test_an_address_that_is_not_of_this_machine(tmp_path: Path) -> None:
    settings = [*bad_day.where("central-api", tmp_path), "http.host=192.0.2.1"]
    said = bad_day.ends("central-api", settings, "serve").refusal
    assert "expected to listen on 192.0.2.1:" in said
    assert "Set http.host" in said


@pytest.mark.parametrize("program", bad_day.DEVICES)
@pytest.mark.parametrize("display", ["", ":4711"])
def test_no_screen(program: str, display: str, tmp_path: Path) -> None:
    env = {"DISPLAY": display} if display else {}
    ended = bad_day.ends(program, bad_day.where(program, tmp_path), env=env)
    assert "expected a display to open the window on" in ended.refusal
    assert "DISPLAY" in ended.refusal
    assert "critical" not in ended.said.lower(), "what Kivy tried is nobody's concern"


@pytest.mark.parametrize("program", bad_day.DEVICES)
def test_no_font(program: str, tmp_path: Path) -> None:
    said = bad_day.ends(program, bad_day.where(program, tmp_path), env={"CLUB_FONTS": str(tmp_path)}).refusal
    assert f"expected the font NotoSansSC-Regular.otf in {tmp_path}" in said
    assert "./dev set-up" in said


@pytest.mark.window
@pytest.mark.parametrize("program", bad_day.DEVICES)
def test_no_art(program: str, tmp_path: Path, screen: XScreen) -> None:
    (tmp_path / "assets").mkdir()
    env = {**screen.env, "CLUB_ASSETS": str(tmp_path / "assets")}
    said = bad_day.ends(program, bad_day.where(program, tmp_path / "data"), env=env).refusal
    assert "set CLUB_ASSETS" in said.replace("Set", "set")


@pytest.mark.parametrize("program", bad_day.DEVICES)
@pytest.mark.parametrize("content", [b"", b"{}", b"\xff\x00", b'{"device_id": "dev-1", "private_key": "short"}'])
def test_a_damaged_identity_is_left_as_it_is(program: str, content: bytes, tmp_path: Path) -> None:
    file = tmp_path / "identity.json"
    file.write_bytes(content)
    file.chmod(0o600)
    said = bad_day.ends(program, bad_day.where(program, tmp_path)).refusal
    assert f"expected a device identity in {file}, found something unreadable" in said
    assert "enrol this device anew" in said
    assert file.read_bytes() == content


@pytest.mark.parametrize("program", bad_day.DEVICES)
def test_an_identity_of_another_account(program: str, tmp_path: Path) -> None:
    file = tmp_path / "identity.json"
    file.write_text("{}", encoding="utf-8")
    file.chmod(0)
    said = bad_day.ends(program, bad_day.where(program, tmp_path)).refusal
    assert f"expected to read the device's identity in {file}; Permission denied" in said
    assert "Give the file to the account of this program" in said


@pytest.mark.parametrize("program", bad_day.MODULES)
def test_a_folder_that_may_not_be_written(program: str, tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    folder.chmod(0o500)
    said = bad_day.ends(program, bad_day.where(program, folder), *verb(program)).refusal
    assert str(folder) in said
    assert ("database.url" if program == "central-api" else "device.data_dir") in said


def test_pictures_that_cannot_be_kept(tmp_path: Path) -> None:
    (tmp_path / "media").mkdir(mode=0o500)
    said = bad_day.ends("central-api", bad_day.where("central-api", tmp_path), "serve").refusal
    assert f"expected to keep pictures in {tmp_path / 'media'}; Permission denied. Set media.dir" in said


@pytest.mark.window
@pytest.mark.parametrize("program", bad_day.DEVICES)
def test_a_damaged_store_is_put_aside_and_a_new_one_begins(program: str, tmp_path: Path, screen: XScreen) -> None:
    store = tmp_path / "store.db"
    store.write_bytes(b"no database at all; " * 500)
    with bad_day.runs(program, bad_day.where(program, tmp_path), env=screen.env, log=tmp_path / "log") as running:
        running.wait_for(READY[program])
        said = running.output()
    assert said.count("the device store is damaged") == 1
    assert "Traceback" not in said
    assert store.with_name("store.db.damaged").read_bytes().startswith(b"no database")
    with closing(sqlite3.connect(store)) as link:
        assert link.execute("PRAGMA integrity_check").fetchone() == ("ok",)


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("sqlite:///{junk}", "expected an SQLite database at {junk}; file is not a database"),
        ("mysql://club:hidden@db/club", "found mysql://"),
        ("club hidden", "found something else"),
        ("postgresql+psycopg://club:hidden@127.0.0.1:1/club", "expected PostgreSQL at 127.0.0.1:1 to answer"),
    ],
)
def test_a_database_that_cannot_be_used(url: str, told: str, tmp_path: Path) -> None:
    junk = tmp_path / "junk.db"
    junk.write_bytes(b"no database at all; " * 500)
    settings = [*bad_day.where("central-api", tmp_path), "database.url=" + url.format(junk=junk)]
    said = bad_day.ends("central-api", settings, "serve").refusal
    assert told.format(junk=junk) in said
    assert "database.url" in said
    assert "hidden" not in said
    assert junk.read_bytes().startswith(b"no database"), "what may still be saved is left as it is"


@pytest.mark.parametrize("content", [b"meta_key = ", b"\xff\xfe", b'meta_key = "00"'])
def test_damaged_master_keys(content: bytes, tmp_path: Path) -> None:
    keys = tmp_path / "keys.toml"
    keys.write_bytes(content)
    keys.chmod(0o600)
    said = bad_day.ends("central-api", bad_day.where("central-api", tmp_path), "serve").refusal
    assert f"{keys}: expected" in said
    assert "from a backup" in said
    assert keys.read_bytes() == content


def test_a_time_zone_that_does_not_exist(tmp_path: Path) -> None:
    settings = [*bad_day.where("central-api", tmp_path), "programme.time_zone=Asia/Shanghia"]
    said = bad_day.ends("central-api", settings, "serve").refusal
    assert "[programme] time_zone: expected the IANA name of a time zone" in said
    assert "'Asia/Shanghia'" in said


# -- the central API, as a device finds it ---------------------------------------------------------------------------


@pytest.mark.parametrize("program", bad_day.DEVICES)
@pytest.mark.parametrize("url", ["http://", "club.example:8700", "http://club.example:port"])
def test_an_address_that_is_none(program: str, url: str, tmp_path: Path) -> None:
    settings = [*bad_day.where(program, tmp_path), f"server.url={url}"]
    said = bad_day.ends(program, settings).refusal
    assert "[server] url: expected an address that begins with http:// or https://" in said
    assert repr(url) in said


@contextmanager
def another_server() -> Iterator[str]:
    """A web server that is not ours; its address."""

    class Page(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            page = b"<html>Welcome to the printer</html>"
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(page)))
            self.end_headers()
            self.wfile.write(page)

        do_POST = do_GET  # noqa: N815 -- http.server's name

        def log_message(self, format: str, *args: object) -> None:
            """Nothing: it is not what is tested."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def nobody() -> Iterator[str]:
    """An address at which nobody listens."""
    with socket.socket() as bound:  # not listening: whoever calls is refused
        bound.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{bound.getsockname()[1]}"


@pytest.mark.window
@pytest.mark.parametrize("program", bad_day.DEVICES)
@pytest.mark.parametrize("there", [another_server, nobody])
def test_an_address_at_which_there_is_no_central_api(
    program: str, there: Callable[[], AbstractContextManager[str]], tmp_path: Path, screen: XScreen
) -> None:
    with there() as url:
        control = tmp_path / "control.sock"
        settings = [*bad_day.where(program, tmp_path / "data"), f"server.url={url}", f"control.socket={control}"]
        with bad_day.runs(program, settings, "--enrol", "123456", env=screen.env, log=tmp_path / "log") as running:
            running.wait_for(rf"WARNING .*the central API at {url} does not answer as expected")
            # The log says so from the worker's thread, the screen once the window has drawn again.
            until(lambda: ask(control, {"do": "state"})["online"] is False, "the device to know it")
            assert running.running
            said = running.output()
    assert said.count("does not answer as expected") == 1
    assert "server.url" in said
    assert "Traceback" not in said


@pytest.mark.window
@pytest.mark.reader
def test_a_clock_that_is_a_day_off_is_put_right_by_the_server(tmp_path: Path, screen: XScreen) -> None:
    """L5: the store's computer says today, the club's clock yesterday."""
    home = tmp_path / "central"
    yesterday = datetime.now(UTC) - timedelta(days=1)
    central.load_demo_club(home, at=yesterday)
    clock = [f"clock.pinned={yesterday.isoformat()}", "clock.pinned_runs=true"]
    there = [*bad_day.where("central-api", home), *clock]
    code = bad_day.prints("central-api", there, "enrol-code", "--place", "kiosk-1").split()[-1]
    control = tmp_path / "control.sock"
    with PrivatePcscd() as pcscd, served(home, *clock) as service:
        settings = [
            *bad_day.where("kiosk-app", tmp_path / "kiosk"),
            f"server.url={service.url}",
            f"control.socket={control}",
        ]
        with bad_day.runs(
            "kiosk-app", settings, "--enrol", code, env={**screen.env, **pcscd.env}, log=tmp_path / "log"
        ) as running:
            running.wait_for(r"enrolled as kiosk-1")
            until(lambda: ask(control, {"do": "state"})["screen"] == "attract", "the attract loop")

            def told() -> bool:
                """Each change of what is on the glass is told with the moment by the kiosk's own clock."""
                if ask(control, {"do": "state"})["screen"] == "attract":
                    ask(control, {"do": "touch", "x": 540, "y": 960})
                with closing(sqlite3.connect(home / "club.db")) as link:
                    rows = link.execute("SELECT on_glass_since FROM devices WHERE on_glass_since NOT NULL").fetchall()
                since = [datetime.fromisoformat(text).replace(tzinfo=UTC) for (text,) in rows]
                return any(abs(each + timedelta(days=1) - datetime.now(UTC)) < timedelta(minutes=2) for each in since)

            assert until(told, "the whole program to go by the club's clock", within_s=60)
            said = running.output()
    corrections = [line for line in said.splitlines() if "off the server's; corrected" in line]
    assert len(corrections) == 1, said
