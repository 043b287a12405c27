"""The bench of cards measures what it says, and the table of families says what is measured."""

import pytest

from nfc import families
from nfc.evidence import Family
from tests.bench.cards import aims_of, own_code, subjects

# The bench's names of what the table calls by its family.
FAMILIES = {
    "ntag424": Family.NTAG424,
    "desfire": Family.DESFIRE,
    "desfire_ev1": Family.DESFIRE,
    "cpu_3des": Family.CPU,
    "cpu_aes": Family.CPU,
    "cpu_sm4": Family.CPU,
    "phone": Family.PHONE,
    "mifare_classic": Family.CLASSIC,
    "ultralight": Family.ULTRALIGHT,
    "felica": Family.FELICA,
    "unknown": Family.ISO14443_4,
}
PROFILES = {profile.family: profile for profile in families.PROFILES}


@pytest.mark.parametrize("name", FAMILIES)
def test_exchanges_are_as_many_as_the_table_says(name: str) -> None:
    figures = own_code(name, subjects()[name], taps=2)
    profile = PROFILES[FAMILIES[name]]
    assert figures[f"apdus_{name}"] == profile.apdus
    assert figures.get(f"apdus_{name}_proved", profile.apdus) == profile.apdus + profile.proof_apdus
    assert 0 < figures[f"own_ms_p50_{name}"] <= figures[f"own_ms_p95_{name}"]


def test_every_aim_is_measured() -> None:
    figures: dict[str, float] = {}
    for name, subject in subjects().items():
        figures |= own_code(name, subject, taps=1)
    assert set(aims_of(figures)) <= set(figures)
    assert "event_latency_ratio" in aims_of({"event_latency_ratio": 1.0})
