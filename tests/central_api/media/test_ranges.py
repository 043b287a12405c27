"""Which bytes a Range header asks for (RFC 9110, section 14)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from central_api.media import ranges
from central_api.media.ranges import Span


@pytest.mark.parametrize(
    ("header", "span"),
    [
        (None, None),
        ("bytes=0-", Span(0, 99)),
        ("bytes=10-19", Span(10, 19)),
        ("bytes=90-400", Span(90, 99)),
        ("bytes=-10", Span(90, 99)),
        ("bytes=-400", Span(0, 99)),
        ("bytes=9-3", None),
        ("bytes=-", None),
        ("bytes=0-1,5-6", None),
        ("items=0-1", None),
    ],
)
def test_spans(header: str | None, span: Span | None) -> None:
    assert ranges.wanted(header, 100) == span


@pytest.mark.parametrize("header", ["bytes=100-", "bytes=100-200", "bytes=-0"])
def test_what_lies_behind_the_end_cannot_be_given(header: str) -> None:
    with pytest.raises(ranges.Unsatisfiable):
        ranges.wanted(header, 100)


@given(st.integers(1, 10_000), st.integers(0, 9_999), st.integers(0, 20_000))
def test_a_span_never_leaves_the_content(size: int, first: int, last: int) -> None:
    try:
        span = ranges.wanted(f"bytes={first}-{last}", size)
    except ranges.Unsatisfiable:
        assert first >= size
        return
    if span is not None:
        assert 0 <= span.first <= span.last < size
        assert span.length == span.last - span.first + 1
