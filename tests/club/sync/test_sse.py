"""The parser of server-sent events: cut anywhere, it gives what the standard says."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from club.sync import errors
from club.sync.sse import Parser, ServerSent

_text = st.text(st.characters(exclude_characters="\r\n", exclude_categories=["Cs"]), max_size=40)
_ends = st.sampled_from(["\n", "\r\n", "\r"])


def _parsed(raw: bytes, cuts: list[int]) -> list[ServerSent]:
    parser = Parser()
    places = sorted({min(cut, len(raw)) for cut in cuts} | {0, len(raw)})
    return [event for start, end in itertools.pairwise(places) for event in parser.feed(raw[start:end])]


@given(
    events=st.lists(st.tuples(_text.filter(bool), st.lists(_text, min_size=1, max_size=3)), max_size=5),
    end=_ends,
    cuts=st.lists(st.integers(0, 400), max_size=8),
    bom=st.booleans(),
)
def test_any_text_comes_through_however_it_is_cut(
    events: list[tuple[str, list[str]]], end: str, cuts: list[int], bom: bool
) -> None:
    lines = [line for name, data in events for line in (f"event: {name}", *(f"data: {part}" for part in data), "")]
    raw = ("\ufeff" if bom else "").encode() + "".join(line + end for line in lines).encode()
    # With bare CR the last line's end stays open until another byte says that no LF follows.
    raw += b":\n" if end == "\r" else b""

    found = _parsed(raw, cuts)

    assert found == [ServerSent(name, "\n".join(data)) for name, data in events]


@given(raw=st.binary(max_size=300), cuts=st.lists(st.integers(0, 300), max_size=6))
def test_junk_never_breaks_it_and_cuts_never_matter(raw: bytes, cuts: list[int]) -> None:
    assert _parsed(raw, cuts) == _parsed(raw, [])


@pytest.mark.parametrize(
    ("raw", "found"),
    [
        (b": heartbeat\n\n", []),
        (b"data: one\n\n", [ServerSent("message", "one")]),
        (b"data:one\n\n", [ServerSent("message", "one")]),
        (b"data:  one\n\n", [ServerSent("message", " one")]),
        (b"data\n\n", [ServerSent("message", "")]),
        (b"event: nudge\n\n", []),  # no data, no event
        (b"data: half", []),
        (b"id: e1/7\ndata: a\n\ndata: b\n\n", [ServerSent("message", "a", "e1/7"), ServerSent("message", "b", "e1/7")]),
        (b"retry: 10\nfuture: x\ndata: a\n\n", [ServerSent("message", "a")]),
        ("data: 精洗\u2028一次\u0085\n\n".encode(), [ServerSent("message", "精洗\u2028一次\u0085")]),
    ],
)
def test_lines_of_the_standard(raw: bytes, found: list[ServerSent]) -> None:
    assert Parser().feed(raw) == found


def test_an_endless_event_is_refused_before_it_fills_the_memory() -> None:
    parser = Parser()
    for _ in range(9):
        parser.feed(b"data: " + b"x" * 100_000)
    with pytest.raises(errors.ServerConfused, match="at most"):
        parser.feed(b"x" * 200_000)
