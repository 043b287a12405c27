"""What is said of an account is what the service lets it do."""

import pytest

from central_api.staff import roles
from club import resources
from demo import accounts
from demo.house import SignIn

_NEEDED: dict[str, set[roles.Right]] = {
    accounts.RUNS: {"boards.edit", "boards.publish", "notices.send", "devices.change"},
    accounts.PUBLISHES: {"boards.edit", "boards.publish"},
    accounts.LOOKS: set(),
}
_TOLD = set().union(*_NEEDED.values())


@pytest.mark.parametrize("role", sorted(roles.RIGHTS))
def test_each_role_may_what_is_said(role: str) -> None:
    """No more and no less."""
    assert roles.RIGHTS[role] & _TOLD == _NEEDED[accounts.MAY[role]]


def test_somebody_with_two_roles_may_the_most_of_both() -> None:
    """An unknown role adds nothing."""
    assert accounts.right_of(["service", "marketing", "gardener"]) == accounts.PUBLISHES
    assert accounts.right_of([]) == accounts.LOOKS


def test_the_account_to_use_comes_first_and_each_says_what_it_may() -> None:
    """All of the demo's staff are there."""
    known = accounts.roles(resources.demo_dir())
    said = accounts.lines([SignIn(number, "X", "secret") for number in known], known)
    assert said[0] == f"{accounts.BEST}  X  secret  {accounts.RUNS}  <- use this one"
    assert sum("use this one" in line for line in said) == 1
    assert len(said) == len(known) >= 10
    rights = [accounts.right_of(known[line[:4]]) for line in said]
    assert rights == sorted(rights, key=[accounts.RUNS, accounts.PUBLISHES, accounts.LOOKS].index)
