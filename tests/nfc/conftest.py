"""Fixtures of the card tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.rig import CardRig, card_rig


@pytest.fixture
def rig() -> Iterator[CardRig]:
    """A private PC/SC service with two virtual readers, watched."""
    with card_rig() as running:
        yield running
