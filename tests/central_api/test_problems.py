"""Every error of the club has a status, and comes back as itself on the device."""

import pytest

from central_api import problems
from club.model import errors
from club.wire import codec
from club.wire.problems import Problem, to_error


@pytest.mark.parametrize("kind", errors.BY_CODE.values(), ids=errors.BY_CODE)
def test_an_error_travels_whole(kind: type[errors.ClubError]) -> None:
    error = kind("what was expected and what was found", left=3, reward="detail-wash")
    answer = problems.answer(error, "ref-1")
    found = codec.decode(answer.content, Problem)
    assert answer.media_type == "application/problem+json"
    assert (found.status, found.code, found.reference) == (answer.status_code, kind.code, "ref-1")
    assert 400 <= found.status < 600
    back = to_error(found)
    assert (type(back), back.facts) == (kind, {"left": 3, "reward": "detail-wash"})


def test_only_what_may_pass_says_try_again() -> None:
    again = {kind for kind in errors.BY_CODE.values() if problems.status_of(kind()) >= 500}
    assert again == {errors.ClubError, errors.Unavailable}


def test_what_may_pass_says_when_to_come_back() -> None:
    assert problems.answer(errors.Unavailable()).headers == {"Retry-After": str(problems.RETRY_S)}
    assert problems.answer(errors.TooManyGuesses(seconds=600)).headers == {"Retry-After": "600"}
    assert problems.answer(errors.ClubError()).headers == {}
