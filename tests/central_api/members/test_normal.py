"""However a phone, plate, number or name was typed, it is compared in one form; what is none is refused without repeating it."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from central_api.members import masks, normal
from club.model import errors

PHONES = st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True)
PLATES = st.from_regex(r"[京沪粤苏浙][A-Z][A-Z0-9]{4}([A-Z0-9]|[A-Z0-9]{2}|[挂学警])", fullmatch=True)
GAPS = st.sampled_from(["", " ", "  ", "-", "·", "\u3000", "－", "•", "\u200b", "\u00a0"])


def wide(text: str) -> str:
    """The full-width forms that a Chinese keyboard types."""
    return "".join(chr(ord(letter) + 0xFEE0) if "!" <= letter <= "~" else letter for letter in text)


@st.composite
def typed(draw: st.DrawFn, texts: st.SearchStrategy[str]) -> tuple[str, str]:
    """A text, and the same text as somebody types it."""
    text = draw(texts)
    written = "".join(letter + draw(GAPS) for letter in text)
    if draw(st.booleans()):
        written = wide(written)
    return text, draw(GAPS) + written


@given(typed(PHONES), st.sampled_from(["", "+86", "0086", "+86 ", "＋８６", "(+86)"]))
def test_a_phone_is_the_same_however_it_is_typed(pair: tuple[str, str], country: str) -> None:
    text, written = pair
    assert normal.phone(country + written) == text
    assert normal.phone(normal.phone(written)) == text


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("021-6888 0000", "02168880000"),
        ("+86 21 6888 0000", "02168880000"),
        ("+86 021 6888 0000", "02168880000"),
        ("400-0000-1234", None),
        ("400 000 1234", "4000001234"),
        ("+852 6123 4567", "+85261234567"),
        ("+1 (212) 555-0100", "+12125550100"),
        ("12800000000", None),
        ("1380000662", None),
        ("138000066212", None),
        ("", None),
        ("一三八", None),
        ("١٣٨٠٠٠٠٦٦٢١", None),
    ],
)
def test_other_phones(written: str, kept: str | None) -> None:
    if kept is None:
        with pytest.raises(errors.Malformed) as refused:
            normal.phone(written)
        assert not written or written not in str(refused.value)
    else:
        assert normal.phone(written) == kept


@given(typed(PLATES), st.booleans())
def test_a_plate_is_the_same_however_it_is_typed(pair: tuple[str, str], lower: bool) -> None:
    text, written = pair
    assert normal.plate(written.lower() if lower else written) == text


@pytest.mark.parametrize(
    ("one", "other"),
    [("沪A·IO6K8", "沪a 106k8"), ("沪A·DIO852", "沪AD10852"), ("沪O·I0I0I", "沪O·10101")],
)
def test_i_and_o_are_read_as_figures_but_where_the_region_stands(one: str, other: str) -> None:
    assert normal.plate_key(one) == normal.plate_key(other)
    assert normal.plate_key("沪O·12345") != normal.plate_key("沪0·12345".replace("0", "A"))


@pytest.mark.parametrize(
    "text", ["", "沪A1234", "沪A·1234567", "A12345", "沪·12345", "港A12345", "沪A12 34挂5", "沪1·23456"]
)
def test_what_is_no_plate(text: str) -> None:
    with pytest.raises(errors.Malformed):
        normal.plate(text)


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("11010519491231002X", True),
        ("１１０１０５ １９４９１２３１ ００２x", True),
        ("110105194912310021", False),
        ("E12345678", True),
        ("EABCDEFGH", False),
        ("123", False),
    ],
)
def test_identity_numbers_are_right_by_their_check_digit(text: str, right: bool) -> None:
    if right:
        assert normal.id_number(normal.id_number(text)) == normal.id_number(text)
    else:
        with pytest.raises(errors.Malformed):
            normal.id_number(text)


@given(st.text(max_size=80))
def test_any_text_is_normalised_once_or_refused(text: str) -> None:
    for normalise in (normal.phone, normal.plate, normal.plate_key, normal.vin, normal.id_number, normal.name):
        try:
            found = normalise(text)
        except errors.Malformed:
            continue
        assert normalise(found) == found
        assert unicodedata.normalize("NFKC", found) == found
    assert normal.name_key(normal.name_key(text)) == normal.name_key(text)


def test_names() -> None:
    assert normal.name("  王　砚舟 ") == "王 砚舟"
    assert normal.name_key("Jean-Luc  O. PICARD") == normal.name_key("jeanluc o picard")
    assert normal.name_key("阿布·买买提") == normal.name_key("阿布买买提")
    for text in ("", "   ", "a\0b", "x" * 65, "\ue000"):
        with pytest.raises(errors.Malformed):
            normal.name(text)


def test_masks_show_what_the_screens_show() -> None:
    assert masks.name("王") == "王**"
    assert masks.name("欧阳") == "欧阳**"
    assert masks.company("澄屿示范物流（虚构）") == "澄屿**"
    assert masks.phone("13812345678") == "138****5678"
    assert masks.plate("沪AIO6K8") == "沪A **6K8"
    assert masks.plate("沪ADIO852") == "沪A ***852"
    assert masks.id_number("11010519491231002X") == "110***********002X"
    assert masks.vin("LSVAA4182E2000137") == "***********000137"
    assert (masks.name(""), masks.company("")) == ("", "")


@given(PHONES, PLATES)
def test_a_mask_hides_enough_and_never_grows(phone: str, plate: str) -> None:
    assert masks.phone(phone).count("*") == 4
    assert len(masks.phone(phone)) == 11
    assert masks.plate(plate).count("*") == len(plate) - 5
