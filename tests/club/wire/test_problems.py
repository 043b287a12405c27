"""Problems: an error of the server is the same error on the device."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from club.model import errors
from club.wire import codec
from club.wire.problems import Problem, to_error


@given(
    code=st.sampled_from(sorted(errors.BY_CODE)),
    detail=st.text(max_size=80),
    facts=st.dictionaries(
        st.sampled_from(["balance", "until", "reward"]), st.integers(-(2**53), 2**53) | st.text(max_size=20)
    ),
)
def test_an_error_travels_with_code_words_and_facts(code: str, detail: str, facts: dict[str, int | str]) -> None:
    sent = Problem(title="Refused", status=409, code=code, detail=detail, facts=facts)
    error = to_error(codec.decode(codec.encode(sent), Problem))
    assert type(error) is errors.BY_CODE[code]
    assert dict(error.facts) == facts
    assert str(error) == (detail or "Refused")


@pytest.mark.parametrize(
    "body",
    [
        b'{"title":"x","status":409}',
        b'{"status":409,"code":"refused"}',
        b'{"title":"x","status":"409","code":"refused"}',
    ],
)
def test_what_lacks_its_code_is_no_problem_of_ours(body: bytes) -> None:
    with pytest.raises(errors.Malformed):
        codec.decode(body, Problem)


def test_a_foreign_problem_with_more_fields_is_read() -> None:
    body = b'{"type":"about:blank","title":"x","status":409,"code":"card_blocked","instance":"/a","errors":[1]}'
    assert isinstance(to_error(codec.decode(body, Problem)), errors.CardBlocked)
