"""Native commands of NTAG213/215/216 and MIFARE Ultralight EV1 (NTAG213_215_216 §10): version, pages, password, signature.

A password travels in the clear and is as copyable as what it guards. Nothing here proves that a tap is by this chip.
"""

from __future__ import annotations

from dataclasses import dataclass

from nfc.protocol import errors, originality
from nfc.protocol.native import Native

PAGE_BYTES = 4
PASSWORD_BYTES = 4
SIGNATURE_BYTES = 32
_READ_PAGES = 4
_ACK = 0x0A
_CASCADE = 0x88
_NXP = 0x04
_NTAG, _ULTRALIGHT = 0x04, 0x03
# By type and the size byte: product, first configuration page.
_PRODUCTS = {
    (_NTAG, 0x0F): ("NTAG213", 0x29),
    (_NTAG, 0x11): ("NTAG215", 0x83),
    (_NTAG, 0x13): ("NTAG216", 0xE3),
    (_ULTRALIGHT, 0x0B): ("Ultralight EV1 48", 0x10),
    (_ULTRALIGHT, 0x0E): ("Ultralight EV1 128", 0x25),
}
_PROTECT_READING = 0x80
_MAX_AUTHLIM = 7


@dataclass(frozen=True, slots=True)
class Version:
    """What GET_VERSION tells.

    Args:
        product: the name by data sheet; None for a chip that is not NXP's, or unknown.
        config_page: where its configuration begins; None when unknown.
    """

    product: str | None
    config_page: int | None


def version(native: Native) -> Version:
    """Ask the chip what it is.

    Raises:
        native.Refused: a first Ultralight, or an Ultralight C, which do not know the command.
        errors.Malformed: the answer is not 8 bytes.
    """
    answer = native(b"\x60")
    if len(answer) != 8:
        raise errors.Malformed(f"expected 8 bytes of version, found {len(answer)}")
    product, page = _PRODUCTS.get((answer[2], answer[6]), (None, None)) if answer[1] == _NXP else (None, None)
    return Version(product, page)


def read(native: Native, page: int) -> bytes:
    """Return four pages, 16 bytes, from ``page`` on; the chip goes on at page 0 after its last."""
    answer = native(bytes((0x30, page)))
    if len(answer) != _READ_PAGES * PAGE_BYTES:
        raise errors.Malformed(f"expected 16 bytes, found {len(answer)}")
    return answer


def fast_read(native: Native, first: int, last: int) -> bytes:
    """Return the pages from ``first`` to ``last``, both included; at most 60, as readers' buffers are short."""
    if not 0 <= first <= last <= 0xFF or last - first >= 60:
        raise ValueError(f"expected up to 60 pages in order, found {first} to {last}")
    answer = native(bytes((0x3A, first, last)))
    wanted = (last - first + 1) * PAGE_BYTES
    if len(answer) != wanted:
        raise errors.Malformed(f"expected {wanted} bytes, found {len(answer)}")
    return answer


def write(native: Native, page: int, data: bytes) -> None:
    """Write one page of 4 bytes; pages 0 to 3 hold UID, locks that cannot be undone, and the capability container.

    Raises:
        ValueError: the page is one of those, or the data are not 4 bytes.
        native.Refused: the page is locked or guarded.
    """
    if not 4 <= page <= 0xFF or len(data) != PAGE_BYTES:
        raise ValueError(f"expected a page from 4 to 255 and 4 bytes, found page {page} and {len(data)} bytes")
    _acknowledged(native(bytes((0xA2, page)) + data))


def authenticate(native: Native, password: bytes) -> bytes:
    """Show the password and return the chip's own answer to it (PACK, 2 bytes), which is as copyable.

    Raises:
        native.Refused: it is wrong, or too many were.
    """
    if len(password) != PASSWORD_BYTES:
        raise ValueError(f"expected a password of 4 bytes, found {len(password)}")
    pack = native(b"\x1b" + password)
    if len(pack) != 2:
        raise errors.Malformed(f"expected 2 bytes of PACK, found {len(pack)}")
    return pack


def protect(
    native: Native, config_page: int, password: bytes, pack: bytes, *, from_page: int, reading: bool, tries: int
) -> None:
    """Guard pages by the password, in an order that a tear leaves open and never shut with an unknown password.

    Args:
        native: sends native commands.
        config_page: :attr:`Version.config_page`.
        password: 4 bytes.
        pack: 2 bytes.
        from_page: the first guarded page; 255 for none.
        reading: whether reading is guarded too.
        tries: wrong passwords until the chip locks for ever, 1 to 7; 0 for any number.
    """
    if len(password) != PASSWORD_BYTES or len(pack) != 2 or not 0 <= tries <= _MAX_AUTHLIM:
        raise ValueError("expected a password of 4 bytes, a PACK of 2 and 0 to 7 tries")
    write(native, config_page + 2, password)
    write(native, config_page + 3, pack + b"\x00\x00")
    write(native, config_page + 1, bytes(((_PROTECT_READING if reading else 0) | tries, 0, 0, 0)))
    first = read(native, config_page)[:3]
    write(native, config_page, first + bytes((from_page,)))


def signature(native: Native) -> bytes:
    """Return the originality signature, 32 bytes (READ_SIG)."""
    answer = native(b"\x3c\x00")
    if len(answer) != SIGNATURE_BYTES:
        raise errors.Malformed(f"expected a signature of {SIGNATURE_BYTES} bytes, found {len(answer)}")
    return answer


def counter(native: Native) -> int:
    """Return the NFC counter (0 to 2^24 - 1), which anyone can copy; it must be switched on (READ_CNT)."""
    answer = native(b"\x39\x02")
    if len(answer) != 3:
        raise errors.Malformed(f"expected a counter of 3 bytes, found {len(answer)}")
    return int.from_bytes(answer, "little")


def uid_in(pages: bytes) -> bytes:
    """Return the UID out of pages 0 to 2, its check bytes checked.

    Raises:
        errors.Malformed: they do not fit.
    """
    if len(pages) < 9:
        raise errors.Malformed(f"expected at least 9 bytes, found {len(pages)}")
    uid = pages[:3] + pages[4:8]
    if pages[3] != _CASCADE ^ uid[0] ^ uid[1] ^ uid[2] or pages[8] != uid[3] ^ uid[4] ^ uid[5] ^ uid[6]:
        raise errors.Malformed("the UID's check bytes do not fit")
    return uid


def made_by(native: Native) -> str | None:
    """Return whose chip this is by UID and signature as the chip tells both; None when nobody known signed."""
    return originality.made_by(uid_in(read(native, 0)), signature(native))


def _acknowledged(answer: bytes) -> None:
    # Some readers hand the chip's four bits on, others swallow them.
    if answer not in (b"", bytes((_ACK,))):
        raise errors.Malformed(f"expected an acknowledgement, found {answer.hex(' ').upper()}")
