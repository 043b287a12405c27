"""Errors: stable codes, and back again from the wire."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from club.model import errors


def test_every_error_has_a_code_of_its_own_and_says_something() -> None:
    every = errors._all(errors.ClubError)
    kinds = [kind for kind in every if kind.__module__ == errors.__name__]
    assert {kind.code for kind in every} == set(errors.BY_CODE)  # what a room derives for itself keeps its parent's
    assert len(kinds) == len(errors.BY_CODE)  # no two share a code
    assert all(str(kind()) for kind in kinds)
    assert all(kind.__name__ in (errors.__doc__ or "") for kind in kinds)  # the tree at the top is whole


@given(
    code=st.sampled_from(sorted(errors.BY_CODE)),
    facts=st.dictionaries(st.sampled_from(["balance", "price", "reason"]), st.integers() | st.text()),
)
def test_a_code_from_the_wire_becomes_the_same_error(code: str, facts: dict[str, int | str]) -> None:
    error = errors.revive(code, "what happened", facts)
    assert type(error) is errors.BY_CODE[code]
    assert (error.code, str(error), dict(error.facts)) == (code, "what happened", facts)


def test_an_unknown_code_is_kept_on_a_plain_error() -> None:
    error = errors.revive("full_moon", "not tonight", {})
    assert type(error) is errors.ClubError
    assert error.code == "full_moon"
    assert errors.ClubError.code == "club_error"


@pytest.mark.parametrize(("facts", "number", "text"), [({"a": 7}, 7, "7"), ({"a": "x"}, 0, "x"), ({}, 0, "")])
def test_facts_of_another_version_never_break_the_screen(facts: dict[str, int | str], number: int, text: str) -> None:
    error = errors.Refusal("", **facts)
    assert error.number("a") == number
    assert error.text("a") == text
