"""The doctor: each fault of a machine is named in plain words, with what to do about it."""

from __future__ import annotations

import plistlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from nfc import doctor, reader, service
from nfc.doctor import Machine, Verdict
from tests.nfc.scripted_service import ScriptedService

ACR122 = "ACS ACR122U PICC Interface 00 00"


class Ward:
    """A machine made of a folder and a scripted service."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.service = ScriptedService()
        self.fault: Exception | None = None
        self.write("usr/sbin/pcscd", "")
        self.write("run/pcscd.comm", "")
        self.write("proc/modules", "usbhid 65536 0 - Live 0x0\n")

    def write(self, name: str, text: str) -> None:
        (self.root / name).parent.mkdir(parents=True, exist_ok=True)
        (self.root / name).write_text(text, encoding="utf-8")

    def plug_usb(self, port: str = "1-1", maker: str = "072f", product: str = "ACR122U PICC Interface") -> None:
        self.write(f"sys/bus/usb/devices/{port}:1.0/bInterfaceClass", "0b\n")
        for name, text in (("idVendor", maker), ("idProduct", "2200"), ("product", product)):
            self.write(f"sys/bus/usb/devices/{port}/{name}", f"{text}\n")

    def driver(self, options: str = "0x0000") -> None:
        self.write(
            "usr/lib/pcsc/drivers/ifd-ccid.bundle/Contents/Info.plist",
            plistlib.dumps({"ifdDriverOptions": options}).decode(),
        )

    @contextmanager
    def connected(self) -> Iterator[service.Context]:
        if self.fault:
            raise self.fault
        yield self.service.open_context()

    def findings(self) -> list[doctor.Finding]:
        return doctor.examine(Machine(self.root, "kiosk-7", self.connected, self.root / "run/pcscd.comm"))

    def bad(self) -> doctor.Finding:
        """The one bad finding there must be."""
        [found] = [finding for finding in self.findings() if finding.verdict is Verdict.BAD]
        assert found.fix
        return found


@pytest.fixture
def ward(tmp_path: Path) -> Ward:
    return Ward(tmp_path)


def test_a_healthy_machine(ward: Ward) -> None:
    ward.plug_usb()
    ward.driver("0x0001")
    ward.service.plug(ACR122)
    assert {finding.verdict for finding in ward.findings()} == {Verdict.GOOD}
    assert any(ACR122 in finding.found for finding in ward.findings())


def test_a_reader_with_a_serial_number_says_how_to_name_it(ward: Ward) -> None:
    ward.service.plug("Twin Reader (70D7E2EE) 00 00")
    assert "'pcsc:serial=70D7E2EE'" in ward.findings()[1].found


def test_no_service_installed(ward: Ward) -> None:
    (ward.root / "usr/sbin/pcscd").unlink()
    ward.fault = service.ServiceLost("SCardEstablishContext: 8010001D")
    assert ward.bad().fix == "apt install pcscd"


def test_a_service_that_does_not_run(ward: Ward) -> None:
    (ward.root / "run/pcscd.comm").unlink()
    ward.fault = service.ServiceLost("SCardEstablishContext: 8010001D")
    assert "systemctl enable --now pcscd.socket" in ward.bad().fix


def test_a_service_that_died_and_left_its_socket(ward: Ward) -> None:
    ward.fault = service.ServiceLost("SCardEstablishContext: 8010001D")
    assert "restart" in ward.bad().fix


def test_polkit_without_a_rule(ward: Ward) -> None:
    ward.fault = service.AccessDenied("SCardEstablishContext: 8010006A")
    found = ward.bad()
    assert "'kiosk-7'" in found.found
    assert "polkit-pcscd.rules" in found.fix


def test_polkit_with_a_rule_for_somebody_else(ward: Ward) -> None:
    ward.write("etc/polkit-1/rules.d/40-kiosk.rules", "org.debian.pcsc-lite.access_pcsc")
    ward.fault = service.AccessDenied("SCardEstablishContext: 8010006A")
    assert "40-kiosk.rules, but it does not name this account" in ward.bad().fix


def test_nothing_plugged_in(ward: Ward) -> None:
    assert ward.bad().found == "no card reader is plugged in"


def test_a_reader_without_its_driver(ward: Ward) -> None:
    ward.plug_usb()
    found = ward.bad()
    assert "ACR122U PICC Interface is plugged in at port 1-1" in found.found
    assert "libccid" in found.fix


def test_a_reader_that_the_service_does_not_see(ward: Ward) -> None:
    ward.plug_usb()
    ward.driver()
    assert "journalctl" in ward.bad().fix


def test_the_kernels_own_driver_has_the_reader(ward: Ward) -> None:
    ward.plug_usb()
    ward.driver()
    ward.write(
        "proc/modules",
        "pn533_usb 20480 0 - Live 0x0\npn533 61440 1 pn533_usb, Live 0x0\nnfc 155648 1 pn533, Live 0x0\n",
    )
    found = [finding for finding in ward.findings() if "pn533" in finding.found]
    assert [finding.verdict for finding in found] == [Verdict.BAD]
    assert "modprobe -r pn533_usb pn533 nfc" in found[0].fix
    assert "modprobe-nfc.conf" in found[0].fix


def test_the_kernels_own_driver_beside_another_reader_is_only_a_hint(ward: Ward) -> None:
    ward.plug_usb(maker="08e6", product="PC Twin Reader")
    ward.service.plug("Twin Reader 00 00")
    ward.write("proc/modules", "pn533 61440 0 - Live 0x0\n")
    assert [finding.verdict for finding in ward.findings()][-1] is Verdict.HINT


def test_lamp_and_buzzer_that_the_driver_keeps_still(ward: Ward) -> None:
    ward.driver()
    ward.service.plug(ACR122)
    hint = ward.findings()[-1]
    assert (hint.verdict, "0x0001" in hint.fix) == (Verdict.HINT, True)


def test_missing_library(ward: Ward) -> None:
    ward.fault = reader.ReaderSupportMissing("cannot load pyscard (no module)")
    assert "libpcsclite1" in ward.bad().fix
