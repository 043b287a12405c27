"""Settings files are read into their schema, and refused with every fault named."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from club.settings import CentralSettings, Fault, KioskSettings, Secret, SettingsRefused, load, masked
from club.settings.schema import section, setting


@dataclass(frozen=True)
class Pump:
    litres: int = setting(5, "How much.", unit="l", minimum=1, maximum=50)
    ratio: float = setting(0.5, "Mixture.", minimum=0, maximum=1)
    on: bool = setting(False, "Whether it runs.")
    mode: Literal["slow", "fast"] = setting("slow", "Speed.")
    waits: tuple[int, ...] = setting((1, 2), "Pauses.", unit="s", minimum=0)
    folder: Path = setting(Path("/srv"), "Where.")
    password: Secret = setting(Secret(""), "Of the pump.")
    since: str = setting("", "Start.", instant=True)
    address: str = setting("", "Where it answers.", url=("http",))
    taps: tuple[str, ...] = setting((), "Who may turn it.", network=True)


@dataclass(frozen=True)
class Valve:
    open: bool = setting(True, "Whether it is open.")


@dataclass(frozen=True)
class Plant:
    pump: Pump = section(Pump)
    valve: Valve = section(Valve)


def written(folder: Path, text: str) -> Path:
    path = folder / "plant.toml"
    path.write_text(text, encoding="utf-8")
    return path


def refusal(folder: Path, text: str, *overrides: str) -> list[str]:
    with pytest.raises(SettingsRefused) as refused:
        load(written(folder, text), Plant, overrides)
    return [str(fault).replace(f"{folder}/", "") for fault in refused.value.faults]


def test_what_a_file_leaves_out_keeps_its_default(tmp_path: Path) -> None:
    plant = load(written(tmp_path, "[pump]\nlitres = 7\n"), Plant)
    assert plant == Plant(pump=Pump(litres=7))


def test_no_file_gives_the_defaults() -> None:
    assert load(None, Plant) == Plant()


def test_every_type_arrives_as_declared(tmp_path: Path) -> None:
    text = """
[pump]
ratio = 1
on = true
mode = "fast"
waits = [3, 4, 5]
folder = "here/there"
password = "tap"
since = 2026-05-16T14:32:00+08:00
address = "http://pump.example"
"""
    pump = load(written(tmp_path, text), Plant).pump
    assert (pump.ratio, type(pump.ratio), pump.on, pump.mode, pump.waits) == (1.0, float, True, "fast", (3, 4, 5))
    assert pump.folder == tmp_path / "here/there"
    assert pump.password.reveal() == "tap"
    assert pump.since == "2026-05-16T14:32:00+08:00"


def test_all_faults_are_reported_together_each_with_its_line(tmp_path: Path) -> None:
    text = '# head\n[pump]\nlitres = "many"\nlitters = 3\nratio = 1.5\n\n[walve]\nopen = true\n'
    assert refusal(tmp_path, text) == [
        "plant.toml:3: [pump] litres: expected a whole number of l from 1 to 50; found 'many'",
        "plant.toml:4: [pump] litters: there is no such setting; did you mean 'litres'?",
        "plant.toml:5: [pump] ratio: expected a number from 0 to 1; found 1.5",
        "plant.toml:7: expected one of the sections pump, valve; found [walve]; did you mean 'valve'?",
    ]


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("litres = 2.0", "a whole number of l from 1 to 50; found 2.0"),
        ("litres = true", "a whole number of l from 1 to 50; found True"),
        ("ratio = nan", "a number from 0 to 1; found nan"),
        ('on = "true"', "true or false; found 'true'"),
        ('mode = "quick"', "one of 'slow', 'fast'; found 'quick'"),
        ("waits = [1, -1]", "a list, each a whole number of s, 0 or more; found [1, -1]"),
        ('folder = ""', "a path; found ''"),
        ('since = "2026-05-16T14:32:00"', "an instant with its zone"),
        ("since = 2026-05-16", "an instant with its zone"),
        ('address = "ftp://pump.example"', "an address that begins with http://; found 'ftp://pump.example'"),
        (
            'taps = ["10.0.0.0/24", "*"]',
            "a list, each an IP address or a network, such as 10.0.0.7 or 10.0.0.0/24; found",
        ),
        ('taps = ["10.0.0.7/24"]', "a list, each an IP address or a network"),
    ],
)
def test_nothing_is_coerced(tmp_path: Path, line: str, wanted: str) -> None:
    (fault,) = refusal(tmp_path, f"[pump]\n{line}\n")
    assert fault.startswith("plant.toml:2: ")
    assert wanted in fault


def test_a_key_in_the_wrong_section_is_sent_home(tmp_path: Path) -> None:
    assert refusal(tmp_path, "[valve]\nlitres = 3\n") == [
        "plant.toml:2: [valve] litres: there is no such setting; it belongs under [pump]"
    ]


def test_a_key_outside_of_any_section_is_sent_home(tmp_path: Path) -> None:
    assert refusal(tmp_path, "litres = 3\n") == [
        "plant.toml:1: expected a section such as [pump]; found 'litres' outside of one; litres belongs under [pump]"
    ]


def test_broken_toml_names_the_line(tmp_path: Path) -> None:
    (fault,) = refusal(tmp_path, "[pump]\nlitres = \n")
    assert fault.startswith("plant.toml:2: expected TOML; ")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsRefused, match=r"gone\.toml: expected a settings file to read; No such file"):
        load(tmp_path / "gone.toml", Plant)


def test_lines_count_through_multi_line_text(tmp_path: Path) -> None:
    text = '[pump]\naddress = """http://\nlitres = 99\n"""\nlitres = 99\n'
    assert refusal(tmp_path, text) == [
        "plant.toml:5: [pump] litres: expected a whole number of l from 1 to 50; found 99"
    ]


def test_the_command_line_goes_before_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    overrides = ("pump.litres=9", "pump.on=true", "pump.waits=4,5", "pump.folder=var", "valve.open=false")
    plant = load(written(tmp_path, "[pump]\nlitres = 7\n"), Plant, overrides)
    assert plant == Plant(Pump(litres=9, on=True, waits=(4, 5), folder=tmp_path / "var"), Valve(open=False))


def test_faults_of_the_command_line_are_told_with_those_of_the_file(tmp_path: Path) -> None:
    faults = refusal(tmp_path, "[pump]\non = 1\n", "pump.litre=1", "pump.on=yes", "litres")
    assert faults == [
        "--set: expected a setting; did you mean 'pump.litres'?; found 'pump.litre'",
        "--set: [pump] on: expected true or false; found 'yes'",
        "--set: expected section.key=value; found 'litres'",
        "plant.toml:2: [pump] on: expected true or false; found 1",
    ]


def test_a_secret_shows_itself_nowhere(tmp_path: Path) -> None:
    plant = load(written(tmp_path, '[pump]\npassword = "rosebud"\n'), Plant)
    shown = f"{plant!r} {plant.pump.password} {plant.pump.password!s:>9} {masked(plant)}"
    assert "rosebud" not in shown
    assert plant.pump.password.reveal() == "rosebud"


def test_a_wrong_secret_is_not_repeated_in_the_fault(tmp_path: Path) -> None:
    (fault,) = refusal(tmp_path, "[pump]\npassword = 4711\n")
    assert fault == "plant.toml:2: [pump] password: expected text; found ***"


scalars = st.one_of(
    st.integers(-(2**40), 2**40).map(str),
    st.booleans().map(lambda value: str(value).lower()),
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
    st.text(st.characters(codec="ascii", categories=("L", "N")), max_size=20).map(lambda text: f'"{text}"'),
)
lines = st.dictionaries(st.sampled_from(["litres", "ratio", "on", "mode", "folder", "since", "spout"]), scalars)


def loaded_or_faults(path: Path) -> tuple[Pump, tuple[Fault, ...]]:
    try:
        return load(path, Plant).pump, ()
    except SettingsRefused as refused:
        return Pump(), refused.faults


@given(lines)
def test_any_file_gives_settings_within_bounds_or_a_fault_on_its_line(
    tmp_path_factory: pytest.TempPathFactory, chosen: dict[str, str]
) -> None:
    folder = tmp_path_factory.getbasetemp()
    path = written(folder, "[pump]\n" + "".join(f"{key} = {value}\n" for key, value in chosen.items()))
    pump, faults = loaded_or_faults(path)
    lines_at_fault = {fault.line for fault in faults}
    assert lines_at_fault <= set(range(2, 2 + len(chosen)))
    assert len(lines_at_fault) == len(faults)
    assert bool(faults) or "spout" not in chosen
    assert 1 <= pump.litres <= 50
    assert type(pump.litres) is int
    assert 0 <= pump.ratio <= 1


@pytest.mark.parametrize(
    ("schema", "section_name", "keys"),
    [
        (KioskSettings, "server", {"url"}),
        (KioskSettings, "clock", {"pinned", "pinned_runs"}),
        (CentralSettings, "keys", {"file"}),
    ],
)
def test_the_programs_have_what_others_count_on(schema: type, section_name: str, keys: set[str]) -> None:
    loaded: Any = load(None, schema)
    assert keys <= set(vars(type(getattr(loaded, section_name)))["__slots__"])
