"""The door of ``nfc``: what it offers, and that it is light."""

from __future__ import annotations

import subprocess
import sys

import pytest

import nfc
from tests.support.rig import Inbox


def test_all_is_what_is_there() -> None:
    public = {
        name
        for name, value in vars(nfc).items()
        if not name.startswith("_") and getattr(value, "__module__", "").startswith("nfc.")
    }
    assert set(nfc.__all__) == public | {"Event"}
    assert nfc.__all__ == sorted(nfc.__all__)


def test_importing_it_loads_no_card_library() -> None:
    check = "import sys, nfc; print(sorted({'smartcard', 'cryptography', 'nfc.pcsc'} & set(sys.modules)))"
    found = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


@pytest.mark.parametrize("spec", ["", "usb", "simulated:x", "PCSC"])
def test_an_unknown_spec_is_named(spec: str) -> None:
    with pytest.raises(ValueError, match=f"expected 'pcsc' or 'pcsc:NAME', found {spec!r}"):
        nfc.open_reader(spec, Inbox())
