"""NXP's originality signatures: ECDSA over the raw UID, made at the factory (AN11350, AN12196 §5.2, AN12343 §9).

A good signature says that NXP made a chip with this UID. It does not say that *this* chip is it: who reads signature and UID
can replay both, so it never raises the assurance of a tap (spec N3); it tells a genuine blank from a clone when cards are
bought.

The curves are small and not all in OpenSSL, and nothing here is secret, so plain integer arithmetic does.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Curve:
    """A short Weierstrass curve over a prime field (SEC 2): y^2 = x^3 + ax + b, with base point and its order n."""

    p: int
    a: int
    b: int
    x: int
    y: int
    n: int

    @property
    def size(self) -> int:
        """Bytes of a coordinate, and of each half of a signature."""
        return (self.p.bit_length() + 7) // 8


SECP128R1 = Curve(
    p=0xFFFFFFFDFFFFFFFFFFFFFFFFFFFFFFFF,
    a=0xFFFFFFFDFFFFFFFFFFFFFFFFFFFFFFFC,
    b=0xE87579C11079F43DD824993C2CEE5ED3,
    x=0x161FF7528B899B2D0C28607CA52C5B86,
    y=0xCF5AC8395BAFEB13C02DA292DDED7A83,
    n=0xFFFFFFFE0000000075A30D1B9038A115,
)
SECP224R1 = Curve(
    p=0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF000000000000000000000001,
    a=0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFE,
    b=0xB4050A850C04B3ABF54132565044B0B7D7BFD8BA270B39432355FFB4,
    x=0xB70E0CBD6BB4BF7F321390B94A03C1D356C21122343280D6115C1D21,
    y=0xBD376388B5F723FB4C22DFE6CD4375A05A07476444D5819985007E34,
    n=0xFFFFFFFFFFFFFFFFFFFFFFFFFFFF16A2E0B8F03E13DD29455C5C2A3D,
)


@dataclass(frozen=True, slots=True)
class Maker:
    """A public key under which a chip family is signed; the point is x || y."""

    name: str
    curve: Curve
    point: bytes


# Public keys as NXP gives them in the notes above; each is proved by real signatures in the tests.
MAKERS = (
    Maker("NTAG21x", SECP128R1, bytes.fromhex("494E1A386D3D3CFE3DC10E5DE68A499B1C202DB5B132393E89ED19FE5BE8BC61")),
    Maker(
        "Ultralight EV1", SECP128R1, bytes.fromhex("90933BDCD6E99B4E255E3DA55389A827564E11718E017292FAF23226A96614B8")
    ),
    Maker(
        "MIFARE Classic EV1",
        SECP128R1,
        bytes.fromhex("4F6D3F294DEA5737F0F46FFEE88A356EED95695DD7E0C27A591E6F6F65962BAF"),
    ),
    Maker(
        "NTAG 424 DNA",
        SECP224R1,
        bytes.fromhex(
            "8A9B380AF2EE1B98DC417FECC263F8449C7625CECE82D9B916C992DA209D68422B81EC20B65A66B5102A61596AF3379200599316A00A1410"
        ),
    ),
    Maker(
        "DESFire EV1",
        SECP224R1,
        bytes.fromhex(
            "BB5D514F7050025C7D0F397310360EEC91EAF792E96FC7E0F496CB4E669D414F877B7B27901FE67C2E3B33CD39D1C797715189AC951C2ADD"
        ),
    ),
    Maker(
        "DESFire EV2",
        SECP224R1,
        bytes.fromhex(
            "B304DC4C615F5326FE9383DDEC9AA892DF3A57FA7FFB3276192BC0EAA252ED45A865E3B093A3D0DCE5BE29E92F1392CE7DE321E3E5C52B3A"
        ),
    ),
    Maker(
        "DESFire EV3",
        SECP224R1,
        bytes.fromhex(
            "1DB46C145D0A36539C6544BD6D9B0AA62FF91EC48CBC6ABAE36E0089A46F0D08C8A715EA40A63313B92E90DDC1730230E0458A33276FB743"
        ),
    ),
)


def made_by(uid: bytes, signature: bytes) -> str | None:
    """Return the chip family whose key signed this UID, None when no known one did.

    Args:
        uid: as the card gives it.
        signature: r || s, 32 bytes (secp128r1) or 56 (secp224r1).
    """
    for maker in MAKERS:
        if verify(maker.curve, maker.point, uid, signature):
            return maker.name
    return None


def verify(curve: Curve, point: bytes, uid: bytes, signature: bytes) -> bool:
    """Check an ECDSA signature over unhashed bytes (SEC 1 §4.1.4, with the UID itself as the number e).

    Args:
        curve: where the point lies.
        point: the public key, x || y.
        uid: what was signed; shorter than the curve's order.
        signature: r || s.
    """
    size = curve.size
    if len(signature) != 2 * size or len(point) != 2 * size or len(uid) > size:
        return False
    r, s = (int.from_bytes(half, "big") for half in (signature[:size], signature[size:]))
    if not (0 < r < curve.n and 0 < s < curve.n):
        return False
    inverse = pow(s, -1, curve.n)
    u1 = int.from_bytes(uid, "big") * inverse % curve.n
    u2 = r * inverse % curve.n
    public = int.from_bytes(point[:size], "big"), int.from_bytes(point[size:], "big")
    found = _add(curve, _times(curve, u1, (curve.x, curve.y)), _times(curve, u2, public))
    return found is not None and found[0] % curve.n == r


_Point = tuple[int, int] | None  # None is the point at infinity


def _times(curve: Curve, factor: int, point: _Point) -> _Point:
    total: _Point = None
    while factor:
        if factor & 1:
            total = _add(curve, total, point)
        point = _add(curve, point, point)
        factor >>= 1
    return total


def _add(curve: Curve, first: _Point, second: _Point) -> _Point:
    if first is None or second is None:
        return first or second
    (x1, y1), (x2, y2) = first, second
    if x1 == x2 and (y1 + y2) % curve.p == 0:
        return None
    slope = (
        (3 * x1 * x1 + curve.a) * pow(2 * y1, -1, curve.p) if first == second else (y2 - y1) * pow(x2 - x1, -1, curve.p)
    ) % curve.p
    x = (slope * slope - x1 - x2) % curve.p
    return x, (slope * (x1 - x) - y1) % curve.p
