"""The bench of redemptions takes its ratios within a round, and measures everything that it sets against something."""

from pathlib import Path
from typing import cast

from tests.bench.points.club import Club, Size
from tests.bench.points.load import Ran
from tests.bench.redeem import AIMS, RATIOS, Bench, Plan, Side
from tests.support.postgres import Cluster


def a_side(name: str) -> Side:
    """A side without anything behind it."""
    found = object.__new__(Side)
    found.name, found.told_after_s, found.club = name, [0.1, 0.4], object.__new__(Club)
    return found


def a_bench() -> Bench:
    return Bench(Plan(2, 1.0, Size(100, 10, 5)), cast("Cluster", None), Path())


def a_run(per_s: float) -> Ran:
    return Ran(per_s, 1.0, per_s / 10, (), 1, 1.0, 0.2)


def test_every_ratio_is_of_what_is_measured() -> None:
    cells = [name for name, _ in a_bench()._cells(a_side("pg"), a_side("sqlite"), "http://127.0.0.1:9")]
    assert len(cells) == len(set(cells))
    assert {name for pair in RATIOS.values() for name in pair} <= set(cells)


def test_a_floor_is_measured_beside_what_is_set_against_it() -> None:
    cells = [name for name, _ in a_bench()._cells(a_side("pg"), a_side("sqlite"), "http://127.0.0.1:9")]
    for above, below in RATIOS.values():
        if below.startswith("floor"):
            assert cells.index(below) == cells.index(above) + 1


def test_ratios_are_taken_within_a_round_and_figures_are_medians() -> None:
    bench = a_bench()
    rates = {name: [100.0, 100.0, 100.0] for pair in RATIOS.values() for name in pair}
    rates |= {"sqlite_http_c16": [900.0, 1200.0, 1000.0]}
    rates |= {"pg_http_c16": [400.0, 300.0, 100.0], "floor_c16": [800.0, 300.0, 400.0], "empty_c16": [1.0, 2.0, 3.0]}
    bench._rates = rates
    bench._ran = {
        name: [a_run(one) for one in each] for name, each in rates.items() if not name.startswith(("hordak", "sums"))
    }
    found = bench._figures(a_side("pg"), a_side("sqlite"))
    assert (found["pg_http_floor_ratio_c16_min"], found["pg_http_floor_ratio_c16_max"]) == (0.25, 1.0)
    assert found["pg_http_floor_ratio_c16"] == 0.5
    assert (found["pg_http_c16_per_s"], found["sqlite_http_per_s"], found["hordak_ratio_c4"]) == (300.0, 1000.0, 3.0)
    assert (found["pg_http_c16_p99_ms"], found["pg_told_after_s"]) == (30.0, 0.4)
    assert found["refused"] == sum(len(each) for each in bench._ran.values())
    audited = {"violations", "verify_proved", "planted_found"}
    assert set(AIMS) - audited <= set(found)
