"""The house knows which of its programs ended, and says it with what is needed to look further."""

import sys
from pathlib import Path

import pytest

from demo import __main__ as demo
from demo.house import House, Options
from demo.processes import Program, ProgramFailed
from demo.reader import PluggedReader

_STAYS = "import signal; signal.pause()"


def a_house(folder: Path, kiosk: str) -> House:
    """A house whose programs are Python one-liners; the kiosk's is given."""
    house = House(Options(state=folder, logs=folder, virtual=True), lambda _said: None)
    house.reader = PluggedReader()
    house.server, house.lounge, house.kiosk = (
        Program(name, [sys.executable, "-c", code], env={}, log=folder / f"{name}.log")
        for name, code in (("central-api", _STAYS), ("lounge", _STAYS), ("kiosk", kiosk))
    )
    return house


def test_a_program_that_ends_by_itself_is_named_with_its_end_and_its_log(tmp_path: Path) -> None:
    """Not only that one did."""
    house = a_house(tmp_path, "raise SystemExit(3)")
    programs = [house.server, house.lounge, house.kiosk]
    try:
        for program in programs:
            program.start()
        told = rf"kiosk did not: it ended with exit code 3\. Its log: {tmp_path / 'kiosk.log'}$"
        with pytest.raises(ProgramFailed, match=told):
            demo._stay(house)
    finally:
        for program in programs:
            program.stop()


def test_data_that_were_not_loaded_to_their_end_are_loaded_anew_and_it_is_said(tmp_path: Path) -> None:
    """As after Ctrl-C at the first start: what there is of them goes, and with it devices that a new database does not know."""
    said: list[str] = []
    house = House(Options(state=tmp_path, logs=tmp_path, virtual=True), said.append)
    for name in ("central", "kiosk", "lounge"):
        (tmp_path / name).mkdir()
    (tmp_path / "central" / "club.db").write_bytes(b"half a database")
    house._load(tmp_path / "central")
    house._read_sign_ins(tmp_path / "central")
    assert said == ["the data kept here were not loaded to their end; loading anew", "database and demo members"]
    assert house.members
    assert not (tmp_path / "kiosk").exists()
    assert not (tmp_path / "lounge").exists()

    before = (tmp_path / "central" / "sign-in.json").read_bytes()
    (tmp_path / "kiosk").mkdir()
    house._load(tmp_path / "central")
    assert said[2:] == ["database and demo members"]
    assert (tmp_path / "central" / "sign-in.json").read_bytes() == before
    assert (tmp_path / "kiosk").exists()


def test_while_all_run_none_has_ended(tmp_path: Path) -> None:
    """Only those that belong to the house count."""
    house = a_house(tmp_path, _STAYS)
    programs = [house.server, house.lounge, house.kiosk]
    try:
        for program in programs:
            program.start()
        assert house.ended() is None
        house.lounge.kill()
        assert house.ended() is house.lounge
    finally:
        for program in programs:
            program.stop()
