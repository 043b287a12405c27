"""The locks pin every package by hash, agree with one another and with pyproject.toml."""

import re
import tomllib

import pytest

from tests.project import tree

LOCKS = ("build", "dev", "kiosk", "lounge", "server")
PROJECT = tomllib.loads((tree.ROOT / "pyproject.toml").read_text(encoding="utf-8"))
OWN = "xingzhou-club"


def lock(name: str) -> str:
    return (tree.ROOT / f"requirements-{name}.lock").read_text(encoding="utf-8")


def pins(name: str) -> dict[str, str]:
    return dict(re.findall(r"^([a-z0-9-]+)==(\S+)", lock(name), re.MULTILINE))


def wanted(requirements: list[str]) -> set[str]:
    """Return the normalised names of requirements; the project's own extras are followed."""
    names = set()
    for requirement in requirements:
        match = re.match(r"([A-Za-z0-9._-]+)(?:\[([\w,]+)\])?", requirement)
        assert match
        name = re.sub(r"[-_.]+", "-", match[1]).lower()
        if name == OWN:
            for extra in match[2].split(","):
                names |= wanted(PROJECT["project"]["optional-dependencies"][extra])
        else:
            names.add(name)
    return names


@pytest.mark.parametrize("name", LOCKS)
def test_every_pin_has_a_hash(name: str) -> None:
    entries = re.split(r"\n(?=\S)", lock(name).strip())
    assert [entry.partition("\n")[0] for entry in entries if "--hash=sha256:" not in entry] == []


@pytest.mark.parametrize("name", LOCKS[1:])
def test_a_lock_holds_what_its_extra_asks_for(name: str) -> None:
    extras = PROJECT["project"]["optional-dependencies"]
    asked = wanted([*PROJECT["project"]["dependencies"], *extras[name]])
    assert asked - set(pins(name)) == set()


@pytest.mark.parametrize("name", LOCKS[2:])
def test_a_store_installs_the_versions_that_were_tested(name: str) -> None:
    tested = pins("dev")
    assert {package: version for package, version in pins(name).items() if tested.get(package) != version} == {}


def test_the_build_lock_holds_what_building_asks_for() -> None:
    assert set(pins("build")) >= wanted(PROJECT["build-system"]["requires"])


def test_a_kiosk_installs_no_server_and_a_server_no_kivy() -> None:
    assert {"litestar", "sqlalchemy", "openpyxl"}.isdisjoint(pins("kiosk"))
    assert {"kivy", "pyscard", "sqlite-utils"}.isdisjoint(pins("server"))
