"""A voucher's QR is proved by the key its device has, or had when it says it was made, and by no other (A14)."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from club.model import errors
from club.sync.identity import Identity
from club.wire import codec
from club.wire.offline import FormerKey, OfflineEntity, OfflineVoucher, qr_text, read_qr

MADE = datetime(2026, 5, 16, 6, 32, tzinfo=UTC)
DAY = timedelta(days=1)


def _voucher(device: str) -> OfflineVoucher:
    return OfflineVoucher(
        device=device,
        store="east",
        code="7K2M9Q4T63",
        reward="quick-wash",
        points=300,
        issued_at=MADE,
        valid_to=date(2026, 8, 14),
    )


@pytest.fixture
def identity(tmp_path: Path) -> Identity:
    return Identity.load_or_create(tmp_path / "identity.json")


def _signed(identity: Identity) -> str:
    """The QR of a voucher by the key in use, which is changed for another at once."""
    made = _voucher(identity.device_id)
    text = qr_text(made, identity.sign_voucher(made))
    identity.begin_next()
    identity.switch(MADE + DAY)
    return text


def test_by_a_key_before_in_its_time_alone(identity: Identity) -> None:
    old = identity.public_key
    text = _signed(identity)
    now = {identity.device_id: identity.public_key}

    def before(since: datetime, until: datetime) -> Mapping[str, tuple[FormerKey, ...]]:
        return {identity.device_id: (FormerKey(key=old, since=since, until=until),)}

    assert read_qr(text, now, before(MADE - DAY, MADE + DAY)) == _voucher(identity.device_id)
    assert read_qr(text, {}, before(MADE, MADE)) == _voucher(identity.device_id), "it stands elsewhere by now"
    for since, until in ((MADE - DAY, MADE - timedelta(seconds=1)), (MADE + DAY, MADE + 2 * DAY)):
        with pytest.raises(errors.SignatureWrong):
            read_qr(text, now, before(since, until))
    with pytest.raises(errors.SignatureWrong):
        read_qr(text, now)
    with pytest.raises(errors.DeviceUnknown):
        read_qr(text, {}, {"another-device": before(MADE, MADE)[identity.device_id]})


def test_of_several_keys_before_the_one_that_signed(identity: Identity) -> None:
    old = identity.public_key
    text = _signed(identity)
    between = FormerKey(key=identity.public_key, since=MADE - DAY, until=MADE + DAY)
    right = FormerKey(key=old, since=MADE - DAY, until=MADE + DAY)
    found = read_qr(text, {identity.device_id: identity.public_key}, {identity.device_id: (between, right)})
    assert found.code == "7K2M9Q4T63"


def test_rules_of_a_club_of_one_version_back_tell_of_no_key_before() -> None:
    now = OfflineEntity(store="east", rules=(), seal_key="A" * 43, device_keys={})
    old = {name: value for name, value in msgspec.to_builtins(now).items() if name != "former_keys"}
    assert codec.decode(codec.encode(old), OfflineEntity) == now
