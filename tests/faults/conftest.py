"""One store for all tests of this folder; each finds it at rest."""

from collections.abc import Iterator

import pytest

from tests.support.visit_house import Visitor, open_house


@pytest.fixture(scope="session")
def _house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Visitor]:
    # A shorter patience than a store's: it is waited out often here.
    with open_house(tmp_path_factory.mktemp("house"), kiosk_settings=("server.read_timeout_s=4",)) as visitor:
        yield visitor


@pytest.fixture
def visitor(_house: Visitor) -> Visitor:
    _house.rest()
    return _house
