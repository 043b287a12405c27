"""What the tests of staff share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.screens_club import Club, Made, make, screens_club


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    return make(tmp_path_factory.mktemp("screens"))


@pytest.fixture
def club(made: Made, tmp_path: Path) -> Iterator[Club]:
    with screens_club(made, tmp_path) as found:
        yield found
