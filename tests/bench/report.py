"""What a bench says at its end: figures, aims, and whether they were met, as one JSON line."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Aim:
    """A bound on one figure: at most, or at least when `at_least`."""

    value: float
    at_least: bool = False

    def met_by(self, figure: float) -> bool:
        """Whether a figure keeps the bound; a figure that is not a number keeps none."""
        if math.isnan(figure):
            return False
        return figure >= self.value if self.at_least else figure <= self.value


def last_line(bench: str, figures: Mapping[str, float], aims: Mapping[str, Aim]) -> str:
    """The JSON object a bench prints last; a figure that is not a number is null in it.

    Raises:
        ValueError: an aim names a figure that was not measured.
    """
    unknown = sorted(set(aims) - set(figures))
    if unknown:
        raise ValueError(f"expected a figure for every aim; {unknown} were not measured")
    return json.dumps(
        {
            "bench": bench,
            "figures": {name: None if math.isnan(value) else round(value, 3) for name, value in figures.items()},
            "aims": {name: f"{'>=' if aim.at_least else '<='} {aim.value:g}" for name, aim in aims.items()},
            "met_each": {name: aim.met_by(figures[name]) for name, aim in aims.items()},
            "met": all(aim.met_by(figures[name]) for name, aim in aims.items()),
        }
    )


def percentile(values: Sequence[float], percent: float) -> float:
    """The smallest value that at least `percent` % of the values do not exceed (nearest rank); NaN without values."""
    if not values:
        return math.nan
    ordered = sorted(values)
    return ordered[max(0, math.ceil(percent / 100 * len(ordered)) - 1)]
