"""What a device signs: one text for one request, and no two requests share it."""

from typing import TypedDict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from club.wire import signing


class _Parts(TypedDict):
    method: str
    target: str
    body: bytes
    device: str
    signed_at: str
    key: str


# No part can hold a line break: HTTP does not let it through, and ids are checked.
_line = st.text(st.characters(exclude_characters="\n", exclude_categories=["Cs"]), max_size=20)
_parts = st.fixed_dictionaries(
    {
        "method": st.sampled_from(["GET", "POST", "DELETE"]),
        "target": _line,
        "body": st.binary(max_size=20),
        "device": _line,
        "signed_at": _line,
        "key": _line,
    }
)


@given(one=_parts, two=_parts)
def test_two_requests_share_their_text_only_when_they_are_equal(one: _Parts, two: _Parts) -> None:
    assert (signing.text_to_sign(**one) == signing.text_to_sign(**two)) == (one == two)


def test_the_text_is_written_down_and_never_changes() -> None:
    text = signing.text_to_sign(
        method="POST",
        target="/v1/redemptions",
        body=b"{}",
        device="dev-kiosk-east-1",
        signed_at="2026-05-16T06:32:00.000+00:00",
        key="command-0001",
    )
    assert text == (
        b"club-sig-1\nPOST\n/v1/redemptions\n"
        b"44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a\n"
        b"dev-kiosk-east-1\n2026-05-16T06:32:00.000+00:00\ncommand-0001"
    )


@given(raw=st.binary(max_size=80))
def test_keys_and_signatures_travel_without_padding(raw: bytes) -> None:
    text = signing.to_text(raw)
    assert "=" not in text
    assert signing.from_text(text) == raw


@pytest.mark.parametrize("text", ["a", "ab+/", "精洗", "ab cd", "ab\n"])
def test_what_is_no_base64url_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="base64url"):
        signing.from_text(text)
