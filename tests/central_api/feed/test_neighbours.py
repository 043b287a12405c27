"""What one process tells the others: short texts of numbers, gathered, and nothing of one's own."""

import string

from hypothesis import given
from hypothesis import strategies as st

from central_api.feed import neighbours
from central_api.feed.neighbours import Neighbours
from central_api.feed.notes import Closed, CommandHint, DisplayHint, Note, Nudge

names = st.text(string.ascii_lowercase + string.digits + "-", min_size=1, max_size=64)
numbers = st.integers(0, 2**62)
notes: st.SearchStrategy[list[Note]] = st.lists(
    st.one_of(
        st.builds(Nudge, names, numbers),
        st.builds(DisplayHint, names, names, numbers),
        st.builds(CommandHint, names, st.integers(0, 20)),
        st.builds(Closed, names),
    ),
    max_size=300,
)


@given(sent=notes)
def test_whatever_is_sent_is_heard_whole_and_in_texts_the_server_takes(sent: list[Note]) -> None:
    texts = neighbours.packed(sent, "me")
    assert all(len(text.encode()) < 8000 for text in texts)
    assert [note for text in texts for note in neighbours.unpacked(text, "somebody else")] == sent
    assert [note for text in texts for note in neighbours.unpacked(text, "me")] == []


@given(text=st.text(max_size=200))
def test_texts_of_others_and_of_tomorrow_say_nothing_and_break_nothing(text: str) -> None:
    assert neighbours.unpacked(text, "me") == []
    assert neighbours.unpacked(f'["other", [["z", "{"x" * 5}"]]]', "me") == []


def test_of_each_feed_the_newest_number_is_sent_once() -> None:
    quiet = Neighbours("postgresql+psycopg://nobody@/nowhere", lambda _: None, lambda: None)
    for seq in (3, 5, 4):
        quiet.post([Nudge("global", seq), DisplayHint("store-east", "tv-1", seq)])
    waiting = quiet.waiting()
    assert Nudge("global", 5) in waiting
    assert Nudge("global", 3) not in waiting
    assert len([note for note in waiting if isinstance(note, DisplayHint)]) == 3
