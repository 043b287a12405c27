"""One store for all tests of this folder; each finds it at rest."""

from collections.abc import Iterator

import pytest

from tests.support.visit_house import Visitor, open_house


@pytest.fixture(scope="session")
def _house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Visitor]:
    with open_house(tmp_path_factory.mktemp("house")) as visitor:
        yield visitor


@pytest.fixture
def visitor(_house: Visitor) -> Visitor:
    _house.rest()
    return _house
