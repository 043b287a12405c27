"""The bench of growth times every operation on every size, and says by how much the largest is dearer."""

from pathlib import Path

import pytest

from tests.bench import growth


def test_every_operation_is_timed_on_every_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(growth, "_STORES", 5)
    monkeypatch.setattr(growth, "_REWARDS", 20)
    found = growth.measured("sqlite", [150, 300], 2, tmp_path)
    for what in growth.OPERATIONS:
        assert found[f"sqlite_{what}_us_150"] > 0
        assert found[f"sqlite_{what}_us_300"] > 0
        assert found[f"sqlite_growth_{what}"] > 0
    assert len(found) == 3 * len(growth.OPERATIONS)


def test_in_each_night_one_member_in_a_hundred_has_a_lot_that_ends() -> None:
    like = [growth._like(number, 3) for number in range(1000)]
    assert [like.count(model) for model in range(4)] == [970, 10, 10, 10]
