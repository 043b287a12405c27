"""Readers by product, serial number and port, never by the order they were plugged in (spec N1)."""

from __future__ import annotations

from pathlib import Path

import pytest

from nfc import naming


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("ACS ACR122U PICC Interface 00 00", naming.ReaderName("ACS ACR122U PICC Interface")),
        ("ACS ACR122U PICC Interface 01 00", naming.ReaderName("ACS ACR122U PICC Interface")),
        (
            "ACS ACR1252 Dual Reader [ACR1252 Dual Reader PICC] (RR550-1) 00 01",
            naming.ReaderName("ACS ACR1252 Dual Reader", "ACR1252 Dual Reader PICC", "RR550-1", "01"),
        ),
        ("Gemalto PC Twin Reader (70D7E2EE) 02 00", naming.ReaderName("Gemalto PC Twin Reader", "", "70D7E2EE")),
        ("ACS ACR122 0", naming.ReaderName("ACS ACR122")),
        ("Something", naming.ReaderName("Something")),
        ("", naming.ReaderName("")),
    ],
)
def test_a_name_is_taken_apart(name: str, parts: naming.ReaderName) -> None:
    assert naming.parse(name) == parts


def test_the_identity_outlives_replugging_and_tells_slots_apart() -> None:
    before, after = naming.parse("Reader [A] (7) 00 00"), naming.parse("Reader [A] (7) 05 00")
    assert before.identity == after.identity == "Reader [A] (7)"
    assert naming.parse("Reader [A] (7) 00 01").identity == "Reader [A] (7) slot 01"


@pytest.mark.parametrize(
    ("spec", "name", "port", "fits"),
    [
        ("pcsc", "Any 00 00", "", True),
        ("pcsc:acr122", "ACS ACR122U 00 00", "", True),
        ("pcsc:virtual*00 01", "Virtual Reader 00 01", "", True),
        ("pcsc:acr122", "Other 00 00", "", False),
        ("pcsc:serial=ab7", "Reader (AB7) 03 00", "", True),
        ("pcsc:serial=ab", "Reader (AB7) 03 00", "", False),
        ("pcsc:port=1-1.2", "Reader 00 00", "1-1.2", True),
        ("pcsc:port=1-1.2", "Reader 00 00", "1-1.20", False),
        ("pcsc:colour=red", "Reader colour=red 00 00", "", True),
    ],
)
def test_a_spec_chooses(spec: str, name: str, port: str, fits: bool) -> None:
    assert naming.choice(spec).fits(name, lambda asked: port if asked == name else "") is fits


def test_ports_are_asked_only_by_a_spec_that_names_one() -> None:
    def never(name: str) -> str:
        raise AssertionError(f"asked for the port of {name}")

    assert naming.choice("pcsc:reader").fits("Reader 00 00", never)
    assert not naming.choice("pcsc:serial=9").fits("Reader 00 00", never)


@pytest.mark.parametrize("spec", ["pcsc:serial=", "pcsc:port=", "usb", ""])
def test_a_spec_that_says_nothing_is_refused(spec: str) -> None:
    with pytest.raises(ValueError, match="expected"):
        naming.choice(spec)


def test_the_kernels_list_leads_from_bus_and_address_to_the_port(tmp_path: Path) -> None:
    for name, bus, address in [("usb1", 1, 1), ("1-1", 1, 4), ("1-1.2", 1, 7), ("2-1", 2, 7)]:
        device = tmp_path / name
        device.mkdir()
        (device / "busnum").write_text(f"{bus}\n", encoding="ascii")
        (device / "devnum").write_text(f"{address}\n", encoding="ascii")
    (tmp_path / "1-1.2:1.0").mkdir()
    (tmp_path / "3-1").mkdir()  # unplugged while the kernel was asked
    assert naming.usb_port(0x0020_0107, tmp_path) == "1-1.2"
    assert naming.usb_port(0x0020_0207, tmp_path) == "2-1"
    assert naming.usb_port(0x0020_0109, tmp_path) == ""
    assert naming.usb_port(0x0001_0107, tmp_path) == ""  # a serial port
    assert naming.usb_port(None, tmp_path) == ""
