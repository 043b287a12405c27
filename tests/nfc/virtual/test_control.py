"""Decks of virtual cards and the control another program lays them with."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest

import nfc
from nfc import families
from nfc.protocol import keys, sun
from nfc.virtual import control, deck
from nfc.virtual.card import ATR_CLASSIC_1K, Card
from nfc.virtual.ntag424 import Ntag424
from nfc.virtual.slot import VirtualSlot
from tests.support.rig import FILE_MASTER, META_KEY, UID, CardRig

DECK = f"""
[[card]]
name = "gold"
kind = "ntag424"
uid = "{UID.hex()}"
meta_key = "{META_KEY.hex()}"
file_master = "{FILE_MASTER.hex()}"
counter_file = "gold.counter"

[[card]]
name = "old"
kind = "uid"
uid = "A1B2C3D4"
looks_like = "mifare_classic"
"""


EVERY_KIND = """
[[card]]
name = "ev3"
kind = "desfire"
uid = "04112233445566"
key = "000102030405060708090A0B0C0D0E0F"

[[card]]
name = "cpu"
kind = "cpu_card"
uid = "A1B2C3D4"
key = "000102030405060708090A0B0C0D0E0F"
cipher = "sm4"

[[card]]
name = "phone"
kind = "phone"
credential = "C0FFEE0000000001"

[[card]]
name = "stranger"
kind = "phone"

[[card]]
name = "m1"
kind = "classic"
uid = "A1B2C3D4"

[[card]]
name = "ntag"
kind = "ntag213"
uid = "04E10CDA993C80"

[[card]]
name = "felica"
kind = "uid"
uid = "0102030405060708"
looks_like = "felica"
"""


def a_deck(folder: Path, text: str = DECK) -> Path:
    path = folder / "cards.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_deck_holds_its_cards_by_name(tmp_path: Path) -> None:
    cards = deck.load(a_deck(tmp_path))
    assert list(cards) == ["gold", "old"]
    assert isinstance(cards["gold"], Ntag424)
    assert cards["old"].atr == ATR_CLASSIC_1K


def ask(card: Card, command: bytes) -> bytes:
    return card.transmit(command) or b""


def test_a_deck_holds_cards_of_every_family(tmp_path: Path) -> None:
    found: dict[str, str] = {}
    for name, card in deck.load(a_deck(tmp_path, EVERY_KIND)).items():
        card.power_on()
        try:
            evidence = families.read_evidence(partial(ask, card), card.atr)
        except families.NotReadable as refusal:
            found[name] = refusal.reason
        else:
            found[name] = evidence.family
    assert found == {
        "ev3": "desfire",
        "cpu": "cpu_card",
        "phone": "phone",
        "stranger": "random_uid",
        "m1": "mifare_classic",
        "ntag": "ultralight",
        "felica": "felica",
    }


@pytest.mark.parametrize(
    ("wrong", "complaint"),
    [
        ('kind = "desfire"\nuid = "04112233445566"\nkey = "00"', "key: expected 16 bytes"),
        (
            'kind = "desfire"\nuid = "04112233445566"\nkey = "' + "00" * 16 + '"\ngeneration = 4',
            "generation: .* found 4",
        ),
        (
            'kind = "desfire"\nuid = "04112233445566"\nkey = "' + "00" * 16 + '"\nrandom_uid = 1',
            "random_uid: .* found 1",
        ),
        (
            'kind = "cpu_card"\nuid = "A1B2C3D4"\nkey = "' + "00" * 16 + '"\ncipher = "rot13"',
            "cipher: .* found 'rot13'",
        ),
        ('kind = "transcript"\nfile = "nowhere.txt"', "file .*: expected a transcript"),
        ('kind = "phone"\nuid = "08112233"', "unknown key 'uid'"),
    ],
)
def test_a_card_of_any_family_that_is_not_complete_is_named(tmp_path: Path, wrong: str, complaint: str) -> None:
    with pytest.raises(deck.DeckError, match=f"card 'x': {complaint}"):
        deck.load(a_deck(tmp_path, f'[[card]]\nname = "x"\n{wrong}\n'))


def test_the_counter_goes_on_where_it_stopped(tmp_path: Path) -> None:
    path = a_deck(tmp_path)
    (tmp_path / "gold.counter").write_text("99", encoding="ascii")
    card = deck.load(path)["gold"]
    card.power_on()
    for command in ("00A4040C07D276000085010100", "00A4000C02E104", "00B0000080"):
        assert card.transmit(bytes.fromhex(command)) is not None
    assert (tmp_path / "gold.counter").read_text(encoding="ascii") == "100"
    again = deck.load(path)["gold"]
    assert isinstance(again, Ntag424)
    assert again.counter == 100


def test_a_card_may_bring_its_own_file_key(tmp_path: Path) -> None:
    own = keys.file_key(FILE_MASTER, UID).hex()
    text = DECK.replace(f'file_master = "{FILE_MASTER.hex()}"', f'file_key = "{own}"')
    assert isinstance(deck.load(a_deck(tmp_path, text))["gold"], Ntag424)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("[[card]]", "[card]"), "cannot be read"),
        (
            ('kind = "uid"', 'kind = "paper"'),
            "card 'old': kind: expected one of ntag424, uid, desfire, .* found 'paper'",
        ),
        (('uid = "A1B2C3D4"', 'uid = "A1B2"'), "card 'old': uid: expected 4 or 7 or 8 or 10 bytes"),
        (("looks_like", "look_like"), "card 'old': unknown key 'look_like'"),
        (('"mifare_classic"', '"gold bar"'), "looks_like: expected one of"),
        (("file_master", "file_kee"), "unknown key 'file_kee'"),
        ((f'file_master = "{FILE_MASTER.hex()}"', ""), "expected either file_key or file_master"),
        ((META_KEY.hex(), "zz"), "meta_key: expected 16 bytes in hexadecimal"),
        (('name = "old"', 'name = "gold"'), "two cards are called 'gold'"),
        (('name = "old"', 'name = "very old"'), "card 2: expected a name without spaces"),
    ],
)
def test_a_fault_in_a_deck_names_its_place(tmp_path: Path, change: tuple[str, str], message: str) -> None:
    path = a_deck(tmp_path, DECK.replace(*change))
    with pytest.raises(deck.DeckError, match=message) as fault:
        deck.load(path)
    assert str(path) in str(fault.value)
    assert META_KEY.hex() not in str(fault.value)


def test_a_missing_or_empty_deck_is_named(tmp_path: Path) -> None:
    with pytest.raises(deck.DeckError, match="cannot be read"):
        deck.load(tmp_path / "none.toml")
    with pytest.raises(deck.DeckError, match="at least one"):
        deck.load(a_deck(tmp_path, "title = 'x'"))


def test_a_counter_file_with_text_is_named(tmp_path: Path) -> None:
    (tmp_path / "gold.counter").write_text("many", encoding="ascii")
    with pytest.raises(deck.DeckError, match="expected a number"):
        deck.load(a_deck(tmp_path))


@contextmanager
def serving(folder: Path, port: int) -> Iterator[Path]:
    """Run a control in this process."""
    path = folder / "control"
    stop = threading.Event()
    with VirtualSlot("127.0.0.1", port) as slot:
        served = control.Control(slot, deck.load(a_deck(folder)))
        thread = threading.Thread(target=control.serve, args=(path, served, stop))
        thread.start()
        try:
            wait_for_listener(path)
            yield path
        finally:
            stop.set()
            thread.join()
    assert not path.exists()


def wait_for_listener(path: Path) -> None:
    """Return when somebody answers there (the test's own time limit ends a vain wait)."""
    while True:
        try:
            with socket.socket(socket.AF_UNIX) as link:
                link.connect(str(path))
                return
        except OSError:
            continue


@pytest.mark.reader
def test_another_program_lays_cards(rig: CardRig, tmp_path: Path) -> None:
    with serving(tmp_path, rig.pcscd.port) as path:
        assert control.ask(path, "cards") == "ok gold old"
        assert control.ask(path, "insert gold") == "ok"
        tap = rig.inbox.next(nfc.CardPresented)
        assert tap.evidence.sun_url
        picc = sun.verify(sun.parse(tap.evidence.sun_url), META_KEY, partial(keys.file_key, FILE_MASTER))
        assert picc == sun.PiccData(UID, 1)
        assert control.ask(path, "remove") == "ok"
        rig.inbox.next(nfc.CardGone)
        assert control.ask(path, "tap old 0.6") == "ok"
        assert rig.inbox.next(nfc.CardPresented).evidence.family is nfc.Family.CLASSIC
        rig.inbox.next(nfc.CardGone)
    assert path.parent.joinpath("gold.counter").read_text(encoding="ascii") == "1"


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("", "error expected"),
        ("dance gold", "error expected"),
        ("tap", "error expected"),
        ("tap silver", "error no card 'silver'; there are: gold, old"),
        ("insert silver", "error no card 'silver'"),
        ("tap gold long", "error seconds"),
        ("tap gold 61", "error seconds"),
        ("tap gold nan", "error seconds"),
        ("tap gold -1", "error seconds"),
        ("x" * 5000, "error expected"),
    ],
)
def test_a_wrong_command_is_answered(tmp_path: Path, line: str, answer: str) -> None:
    with serving(tmp_path, port=9) as path:
        assert control.ask(path, line).startswith(answer)


def test_commands_from_standard_input(tmp_path: Path) -> None:
    found = subprocess.run(
        [sys.executable, "-m", "nfc.virtual.control", "--cards", str(a_deck(tmp_path)), "--port", "9"],
        input="cards\nremove\n",
        capture_output=True,
        text=True,
        check=True,
    )
    assert found.stdout == "ok gold old\nok\n"


def test_a_bad_deck_ends_the_control_with_a_sentence(tmp_path: Path) -> None:
    found = subprocess.run(
        [sys.executable, "-m", "nfc.virtual.control", "--cards", str(tmp_path / "none"), "--port", "9"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.returncode == 1
    assert found.stderr.startswith("card control: ")


def test_the_control_process_stops_when_asked(tmp_path: Path) -> None:
    path = tmp_path / "control"
    command = [sys.executable, "-m", "nfc.virtual.control", "--cards", str(a_deck(tmp_path)), "--port", "9"]
    with subprocess.Popen([*command, "--listen", str(path)]) as process:
        try:
            wait_for_listener(path)
            assert control.ask(path, "cards") == "ok gold old"
        finally:
            process.terminate()
        assert process.wait(20.0) == 0
    assert not path.exists()
