"""The last line of a bench says truly whether its aims were met."""

import json
import math

import pytest

from tests.bench.report import Aim, last_line, percentile


def test_met_only_when_every_aim_is_kept() -> None:
    """One missed aim makes it false."""
    figures = {"a_ms": 10.0, "b_fps": 24.0}
    kept = json.loads(last_line("x", figures, {"a_ms": Aim(10), "b_fps": Aim(20, at_least=True)}))
    missed = json.loads(last_line("x", figures, {"a_ms": Aim(9)}))
    assert kept["met"] is True
    assert missed["met"] is False
    assert kept["figures"] == figures


def test_a_figure_that_is_no_number_keeps_no_aim() -> None:
    """Nothing measured is not a success."""
    assert not Aim(10).met_by(math.nan)
    told = json.loads(last_line("x", {"a": math.nan}, {"a": Aim(10)}))
    assert (told["figures"], told["met_each"]) == ({"a": None}, {"a": False})


def test_an_aim_without_a_figure_is_a_mistake() -> None:
    """It would be met silently."""
    with pytest.raises(ValueError, match="not measured"):
        last_line("x", {}, {"a": Aim(1)})


@pytest.mark.parametrize(("percent", "value"), [(50, 2), (95, 4), (100, 4), (1, 1)])
def test_percentiles_are_values_that_were_measured(percent: float, value: float) -> None:
    """Nearest rank."""
    assert percentile([4, 1, 3, 2], percent) == value
