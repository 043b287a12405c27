"""Stores and clients that are closed when the test ends."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from club.sync.store import DeviceStore


@pytest.fixture
def store(tmp_path: Path) -> Iterator[DeviceStore]:
    """A new, empty device store."""
    made = DeviceStore(tmp_path / "state" / "device.db")
    yield made
    made.close()
