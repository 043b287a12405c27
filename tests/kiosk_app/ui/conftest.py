"""One window for all tests of the screens."""

from collections.abc import Iterator

import pytest

from tests.kiosk_app.ui import program
from tests.support.window_process import WindowProcess


@pytest.fixture(scope="session")
def kiosk() -> Iterator[WindowProcess]:
    """The kiosk's screens in their own process, at half size."""
    window = WindowProcess(program.opened, 540, 960)
    yield window
    window.close()
