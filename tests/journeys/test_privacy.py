"""K13, X2: after a visit nothing of the member is on a widget, in any program's log, or on a device's disk beyond the mirror's fields."""

import csv
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from club import resources
from club.model import voucher
from kiosk_app.flow.actions import Action
from tests.support.visit_house import NOBODY, Visitor, open_house

pytestmark = [pytest.mark.window, pytest.mark.reader, pytest.mark.timeout(180)]

WANG, ZHENG = "m0001", "m0007"  # a genuine card, and one that can be copied and so asks its PIN at once


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Visitor]:
    """The whole house, each program telling all it can tell."""
    programs = frozenset({"central-api", "kiosk", "lounge"})
    with open_house(tmp_path_factory.mktemp("house"), programs=programs, log_level="debug") as visitor:
        yield visitor


def member_row(member: str) -> dict[str, str]:
    with (resources.demo_dir() / "members.csv").open(encoding="utf-8", newline="") as table:
        return next(row for row in csv.DictReader(table) if row["id"] == member)


def secrets_of(visitor: Visitor, member: str) -> set[str]:
    """What no device may keep of a member and no log may say, as it could be written."""
    row = member_row(member)
    uid = bytes.fromhex(row["card_uid"])
    hexes = {uid.hex(), uid.hex().upper(), uid.hex(" "), uid.hex(" ").upper(), uid.hex(":")}
    number = row["card_number"]
    codes = set(visitor.account(member).vouchers)
    plates = set(row["vehicles"].replace("|", ";").split(";"))
    return {
        *hexes,
        *(number, number.replace(" ", ""), number.split()[-1]),
        *(row["phone"], row["phone"].replace("-", "")),
        row["given"],
        *plates,
        *codes,
        *(voucher.grouped(code) for code in codes),
        *(voucher.qr_text(code) for code in codes),
        visitor.store.members[member],
        "c.example.invalid",
        "example.invalid/t?",
    }


def names_of(member: str) -> set[str]:
    row = member_row(member)
    return {row["surname"] + row["title"], row["surname"] + row["given"], row["surname_en"] + " ", row["surname"]}


def found_in(text: str, secrets: set[str]) -> set[str]:
    """Which of them stand there by themselves: digits within a longer number or an id are not a PIN."""
    return {secret for secret in secrets if re.search(rf"(?<![0-9A-Za-z]){re.escape(secret)}(?![0-9A-Za-z])", text)}


def on_disk(folder: Path) -> bytes:
    """All bytes of a device's folder but its pictures: database, write-ahead log, whatever else."""
    files = [file for file in folder.rglob("*") if file.is_file() and "media" not in file.parts]
    assert any(file.name == "store.db" for file in files)
    return b"\0".join(file.read_bytes() for file in files)


def visit_with_a_redemption(visitor: Visitor, member: str) -> None:
    before = visitor.account(member)
    visitor.to_the_sheet(member)
    visitor.confirm(member)
    visitor.screen("success")
    assert visitor.account(member).once_more(before)
    code = visitor.account(member).vouchers[-1]
    assert visitor.searches(voucher.grouped(code)) == [voucher.grouped(code)], "the search itself must be able to find"
    visitor.press(Action.EXIT)
    visitor.screen(NOBODY)
    visitor.take()


@pytest.mark.parametrize("member", [WANG, ZHENG])
def test_nothing_is_left_after_a_redemption(house: Visitor, member: str) -> None:
    house.rest()
    visit_with_a_redemption(house, member)
    secrets, names, account = secrets_of(house, member), names_of(member), house.account(member)
    figures = {f"{account.points:,}", f"{account.points + account.taken[-1]:,}"}

    answer = house.ask(do="search", **{"for": sorted(secrets | names | figures | {member})})
    assert answer == {"found": [], "evidence": False}

    logs = sorted(house.store.options.logs.glob("*.log"))
    assert {log.stem for log in logs} == {"central-api", "kiosk", "lounge"}
    for log in logs:
        said = log.read_text(encoding="utf-8")
        assert said
        assert found_in(said, secrets) == set(), f"{log.name} says what no log may say"
        assert {name for name in names if name in said} == set(), f"{log.name} names a member"

    uid = bytes.fromhex(member_row(member)["card_uid"])
    for device in ("kiosk", "lounge"):
        folder = house.store.options.state / device

        def left(folder: Path = folder) -> set[str]:
            held = on_disk(folder)
            text = held.decode("latin-1")
            return {one for one in secrets if one.encode() in held and (not one.isdigit() or found_in(text, {one}))}

        assert house.within(15, lambda _now, left=left: not left()), f"left on the {device}'s disk: {left()}"  # type: ignore[misc]
        assert uid not in on_disk(folder), f"the card's UID is on the {device}'s disk, byte for byte"
    assert member.encode() not in on_disk(house.store.options.state / "lounge")
    assert house.outbox() == []


def test_another_member_finds_nothing_of_the_one_before(house: Visitor) -> None:
    house.rest()
    house.at_home(WANG)
    assert house.searches("王先生") == ["王先生"]
    house.lay(house.cards[ZHENG])  # without signing out
    house.until(lambda now: now["confirmed"] and house.searches("郑先生"), "the other member's page")
    house.screen("home")
    account = house.account(WANG)
    answer = house.searches("王先生", "2719", f"{account.points:,}", "18,640", WANG)
    assert answer == []
    house.leave()
    assert house.ask(do="search", **{"for": ["郑先生", "1145", ZHENG]}) == {"found": [], "evidence": False}


def test_a_visit_that_runs_out_in_the_middle_of_a_pin_leaves_nothing(house: Visitor) -> None:
    house.rest()
    pin = house.store.members[WANG]
    house.to_the_sheet(WANG)
    house.press(Action.CONFIRM)
    house.screen("pin")
    house.enter_pin(pin[:-1])
    house.take()
    assert house.within(45, lambda now: now["asking"]), "expected the last seconds to be counted down"
    house.press(Action.DIGIT, pin[-1])  # under the count-down: not a digit any more
    ended = house.within(30, lambda now: now["screen"] == NOBODY and now["settled"])
    assert ended, "expected the session to end by itself"
    assert house.ask(do="search", **{"for": ["王先生", pin[:-1], pin, "2719"]}) == {"found": [], "evidence": False}


def test_the_lounge_never_learns_of_members(house: Visitor) -> None:
    house.rest()
    held = on_disk(house.store.options.state / "lounge").decode("utf-8", "replace")
    deck = tomllib.loads((house.central / "cards.toml").read_text(encoding="utf-8"))["card"]
    named = {row["surname"] + row["title"] for row in map(member_row, ("m0002", "m0003", "m0012", "m0015"))}
    assert len(deck) > 20
    assert {card["name"] for card in deck if card["name"] in held} == set()
    assert {name for name in named if name in held} == set()
