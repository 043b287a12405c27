"""What the tests of staff share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.screens_club import Club, screens_club


@pytest.fixture
def club(tmp_path: Path) -> Iterator[Club]:
    with screens_club(tmp_path) as found:
        yield found
