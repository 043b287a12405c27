"""The device's identity: made once, kept to its owner, signing what the server can verify."""

import os
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from club.sync import errors
from club.sync.identity import Identity
from club.wire import signing
from tests.club.sync import makers


def test_it_is_made_once_and_readable_by_nobody_else(tmp_path: Path) -> None:
    path = tmp_path / "device" / "identity.json"
    first = Identity.load_or_create(path)
    again = Identity.load_or_create(path)
    assert first.device_id == again.device_id
    assert first.public_key == again.public_key
    assert path.stat().st_mode & 0o777 == 0o600
    assert [one.name for one in path.parent.iterdir()] == ["identity.json"]


def test_a_file_open_to_others_is_closed_again(tmp_path: Path) -> None:
    path = tmp_path / "identity.json"
    Identity.load_or_create(path)
    path.chmod(0o644)
    Identity.load_or_create(path)
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    "junk", [b"", b"[]", b'{"device_id": "x"}', b'{"device_id": "x", "private_key": "AAAA"}', b"\xff"]
)
def test_a_damaged_file_is_named_and_left_alone(tmp_path: Path, junk: bytes) -> None:
    path = tmp_path / "identity.json"
    path.write_bytes(junk)
    with pytest.raises(errors.IdentityDamaged, match="restore the file"):
        Identity.load_or_create(path)
    assert path.read_bytes() == junk


def test_a_key_that_cannot_be_written_leaves_no_half_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_room(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", no_room)
    with pytest.raises(OSError, match="No space"):
        Identity.load_or_create(tmp_path / "identity.json")
    assert list(tmp_path.iterdir()) == []


def test_the_signature_verifies_over_the_canonical_text(tmp_path: Path) -> None:
    identity = makers.an_identity(tmp_path)
    headers = identity.sign(method="POST", target="/v1/redemptions", body=b"{}", at=makers.NOW, key="command-0001")
    text = signing.text_to_sign(
        method="POST",
        target="/v1/redemptions",
        body=b"{}",
        device=identity.device_id,
        signed_at=headers[signing.SIGNED_AT_HEADER],
        key=headers[signing.KEY_HEADER],
    )
    public = Ed25519PublicKey.from_public_bytes(signing.from_text(identity.public_key))
    public.verify(signing.from_text(headers[signing.SIGNATURE_HEADER]), text)  # raises when it is wrong
    assert headers[signing.SIGNED_AT_HEADER] == "2026-05-16T06:32:00.000+00:00"
    assert headers[signing.DEVICE_HEADER] == identity.device_id
    assert signing.KEY_HEADER not in identity.sign(method="GET", target="/v1/snapshot", body=b"", at=makers.NOW)
