"""What a stranger sends neither writes into our log, nor leads staff away, nor runs a script of somebody else's (X2, C1)."""

import io
import logging
import re
import threading
from pathlib import Path

import pytest
from PIL import Image

from central_api.console import sign_in
from central_api.db import Database
from central_api.media import pictures
from club.settings import log
from club.settings.shared import Log
from club.words.catalogue import words
from tests.support.central import Club, Device


def test_no_page_of_the_service_takes_scripts_from_elsewhere(club: Club) -> None:
    for path in ("/openapi", "/openapi/", "/openapi/redoc", "/openapi/swagger", "/openapi.json", "/console/sign-in"):
        answer = club.http.get(path)
        assert not re.search(r"<script[^>]+src=.https?:", answer.text), path
        is_page = "text/html" in answer.headers["content-type"]
        assert path.startswith("/console") or answer.status_code == 404 or not is_page, path


@pytest.mark.parametrize(
    "back",
    [
        "//evil.example",
        "https://evil.example",
        "/console/../../evil",
        "/console//evil.example",
        "/console/\r\nSet-Cookie: club=x",
        "/console/\t/evil",
        "/console/你好",
        "/console/%2f%2fevil.example",
        "/console/@evil.example",
        "/console/boards\n",
        "/consolevil",
    ],
)
def test_signing_in_leads_nowhere_but_to_pages_of_the_console(club: Club, back: str) -> None:
    person = club.demo.staff[0]
    form = {"number": person["number"], "password": person["password"], "next": back}
    answer = club.http.post("/console/sign-in", data=form, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/console/boards")


def test_pages_of_the_console_are_led_back_to() -> None:
    assert all(sign_in._is_ours(path) for path in ("/console/boards", "/console/boards/b-lakeside", "/console/"))


def test_a_line_break_in_a_path_begins_no_line_of_the_log(capsys: pytest.CaptureFixture[str]) -> None:
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    try:
        log.start(Log(form="text"))
        logging.getLogger("club").warning("GET %s refused", "/x\r\n2026-01-01 ERROR forged\u2028line\x1b[31m")
    finally:
        root.handlers[:] = before
        root.setLevel(level)
    said = capsys.readouterr().err
    assert len(said.splitlines()) == 1
    assert "/x\\x0d\\x0a2026-01-01 ERROR forged\\x2028line\\x1b[31m" in said


def test_any_number_of_language_tags_takes_no_room() -> None:
    assert words("en") is words("en-GB") is words("en" + "x" * 5000)
    assert words("../../etc") is words("zh-CN")


def test_only_the_account_of_the_service_reads_its_database(tmp_path: Path) -> None:
    path = tmp_path / "club.db"
    path.touch(0o644)
    database = Database(f"sqlite:///{path}")
    try:
        with database.write() as tx:
            tx.connection.exec_driver_sql("CREATE TABLE t (x)")
            beside = [file.stat().st_mode & 0o077 for file in tmp_path.iterdir()]
    finally:
        database.close()
    assert (path.stat().st_mode & 0o777, set(beside)) == (0o600, {0})


def test_a_photo_that_is_prepared_holds_up_no_tap(club: Club, monkeypatch: pytest.MonkeyPatch) -> None:
    person = next(one for one in club.demo.staff if one["number"] == "1001")
    club.http.post("/console/sign-in", data={"number": person["number"], "password": person["password"]})
    page = club.http.get("/console/boards/b-lakeside").text
    fields = {name: _field(page, name) for name in ("csrf", "edit", "page")}
    kiosk: Device = club.device()
    begun, go = threading.Event(), threading.Event()
    prepare = pictures.prepare

    def slow(data: bytes) -> pictures.Prepared:
        begun.set()
        assert go.wait(20)
        return prepare(data)

    monkeypatch.setattr(pictures, "prepare", slow)
    out = io.BytesIO()
    Image.new("RGB", (1920, 1080)).save(out, "PNG")
    answers: list[int] = []

    def upload() -> None:
        files = {"upload": ("photo.png", out.getvalue(), "image/png")}
        url = "/console/boards/b-lakeside/picture"
        answers.append(club.http.post(url, data=fields, files=files, follow_redirects=False).status_code)

    uploading = threading.Thread(target=upload)
    uploading.start()
    try:
        assert begun.wait(20)
        tapped = kiosk.open(club.card().tap()).status_code
    finally:
        go.set()
        uploading.join(20)
    assert (tapped, answers) == (200, [303])


def _field(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found is not None
    return found[1]
