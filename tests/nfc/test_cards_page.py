"""The page about cards says what the families say of themselves (docs/developer/cards.md)."""

from __future__ import annotations

from pathlib import Path

from nfc import families
from nfc.evidence import Family

PAGE = Path(__file__).parents[2] / "docs" / "developer" / "cards.md"
BEGIN, END = "<!-- families:", "<!-- end of families -->"


def row(profile: families.Profile) -> str:
    exchanges = f"{profile.apdus} + {profile.proof_apdus}" if profile.proof_apdus else str(profile.apdus)
    claims = profile.assurance.value if profile.assurance else "nothing"
    cells = (f"`{profile.family}`", profile.told_by, profile.reads, profile.proves, profile.writes, claims, exchanges)
    return f"| {' | '.join(cells)} |"


def test_the_table_is_what_the_families_say() -> None:
    text = PAGE.read_text(encoding="utf-8")
    table = text[text.index(BEGIN) : text.index(END)].splitlines()
    assert table[3:] == [row(profile) for profile in families.PROFILES]


def test_every_family_has_its_line() -> None:
    named = [profile.family for profile in families.PROFILES]
    assert sorted(named) == sorted(Family)
    assert len(set(named)) == len(named)
