"""Design tokens are read into typed values, or the token that is wrong is named."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from club.resources import Colour, ThemeFault, assets_dir
from club.resources.theme import load, theme

bytes_ = st.integers(0, 255)


def test_tokens_arrive_as_drawn() -> None:
    tokens = theme()
    assert tokens.color.light.jade.hex == "#0B6B57"
    assert tokens.color.scrim.modal == Colour(0x0C, 0x15, 0x13, 0xB8)
    assert (tokens.kiosk.type.h1, tokens.lounge.type.clock, tokens.radius.panel) == (60, 112, 32)
    assert tokens.timing.offline_retry_s == (5, 15, 30, 60)
    assert tokens.tier_look("gold").pips == 3


def test_a_tier_the_design_does_not_know_is_drawn_as_classic() -> None:
    assert theme().tier_look("ruby") == theme().tier["classic"]


@given(bytes_, bytes_, bytes_, bytes_)
def test_colours_survive_text(red: int, green: int, blue: int, alpha: int) -> None:
    colour = Colour(red, green, blue, alpha)
    assert Colour.parse(colour.hex) == colour


@pytest.mark.parametrize("text", ["", "0B6B57", "#0B6B5", "#0B6B57FFF", "#GG0000", "#0B 6B7"])
def test_what_is_no_colour_is_refused(text: str) -> None:
    with pytest.raises(ThemeFault, match="expected a colour"):
        Colour.parse(text)


def relative_luminance(colour: Colour) -> float:
    """WCAG 2.1, definition of relative luminance."""
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in colour.rgba[:3]]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: Colour, other: Colour) -> float:
    darker, lighter = sorted((relative_luminance(one), relative_luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def test_text_stands_out_from_every_ground_it_is_put_on() -> None:
    light, night = theme().color.light, theme().color.night
    pairs = [(ink, ground) for ink in (light.ink, light.ink_2, light.ink_3) for ground in (light.ground, light.surface)]
    pairs += [
        (snow, ground) for snow in (night.snow, night.snow_2, night.snow_3) for ground in (night.ground, night.surface)
    ]
    pairs += [(look.text, colour) for look in theme().tier.values() for colour in look.gradient]
    assert min(contrast(*pair) for pair in pairs) >= 4.5


@pytest.mark.parametrize(
    ("before", "after", "complaint"),
    [
        ("board_crossfade_ms = 800\n", "", "motion.board_crossfade_ms: expected a token"),
        ("panel = 32\n", 'panel = "wide"\n', "radius.panel: expected int; found 'wide'"),
    ],
)
def test_a_wrong_token_is_named(tmp_path: Path, before: str, after: str, complaint: str) -> None:
    text = (assets_dir() / "theme.toml").read_text(encoding="utf-8")
    assert text.count(before) >= 1
    path = tmp_path / "theme.toml"
    path.write_text(text.replace(before, after), encoding="utf-8")
    with pytest.raises(ThemeFault, match=complaint):
        load(path)
