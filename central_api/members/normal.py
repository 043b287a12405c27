"""Brings phones, plates, numbers and names into the one form in which they are compared, however they were typed. Pure.

Full-width figures, blanks, hyphens and dots come from keyboards and cards; a plate's I and O are read as 1 and 0, for no
authority issues them and people write one for the other.
"""

import re
import unicodedata

from club.model import errors

_BETWEEN = re.compile(r"[\s\-‐-―−·•・‧∙⋅.()（）_/\u200b-\u200f\ufeff]+")
_MOBILE = re.compile(r"1[3-9]\d{9}", re.ASCII)
_LANDLINE = re.compile(r"0\d{9,11}|400\d{7}|800\d{7}", re.ASCII)
_ABROAD = re.compile(r"\+[1-9]\d{6,14}", re.ASCII)
_HOME = re.compile(r"(?:\+86|0086)(0?)(?=\d)", re.ASCII)
_PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼使"
_PLATE = re.compile(rf"[{_PROVINCES}][A-Z](?:[A-Z0-9]{{4}}[A-Z0-9挂学警港澳领]|[A-Z0-9]{{6}})")
_VIN = re.compile(r"[A-HJ-NPR-Z0-9]{17}")
_ID_NUMBER = re.compile(r"[1-9]\d{16}[\dX]", re.ASCII)
_PASSPORT = re.compile(r"[A-Z0-9]{6,12}", re.ASCII)
_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)  # GB 11643
_ID_CHECKS = "10X98765432"
_ALIKE = str.maketrans("IO", "10")
TAIL = 4
"""Digits of a phone that people say: 尾号 6621."""
LONGEST = 64


def phone(text: str) -> str:
    """A phone: 11 digits of a mobile, a landline with its area, or `+` and the number of another country.

    Raises:
        Malformed: it is none.
    """
    found = _bare(text)
    country = _HOME.match(found)
    if country:
        rest = found[country.end() :]
        found = rest if rest.startswith("1") and len(rest) == 11 else f"0{rest}"
    if _MOBILE.fullmatch(found) or _LANDLINE.fullmatch(found) or _ABROAD.fullmatch(found):
        return found
    raise errors.Malformed("expected a phone number such as 138 0000 6621, found another text", field="phone")


def plate(text: str) -> str:
    """A number plate of the mainland, such as 沪C12345 or, of a new-energy car, 沪AD12345.

    Raises:
        Malformed: it is none.
    """
    found = _bare(text).upper()
    if _PLATE.fullmatch(found):
        return found
    raise errors.Malformed("expected a number plate such as 沪A·12345 or 沪A·D12345, found another text", field="plate")


def plate_key(text: str) -> str:
    """What plates are compared by: I is 1 and O is 0, but in the two places that name the region.

    Raises:
        Malformed: it is no plate.
    """
    found = plate(text)
    return found[:2] + found[2:].translate(_ALIKE)


def vin(text: str) -> str:
    """A vehicle identification number of 17 characters (ISO 3779).

    Raises:
        Malformed: it is none.
    """
    found = _bare(text).upper()
    if _VIN.fullmatch(found):
        return found
    raise errors.Malformed(
        "expected a VIN of 17 letters and figures without I, O and Q, found another text", field="vin"
    )


def id_number(text: str) -> str:
    """The number of an identity card with its right check digit (GB 11643), or of a passport.

    Raises:
        Malformed: it is neither.
    """
    found = _bare(text).upper()
    if _ID_NUMBER.fullmatch(found):
        total = sum(weight * int(digit) for weight, digit in zip(_ID_WEIGHTS, found, strict=False))
        if _ID_CHECKS[total % 11] == found[-1]:
            return found
    elif _PASSPORT.fullmatch(found) and any(letter.isdigit() for letter in found):
        return found
    raise errors.Malformed("expected the number of an identity card or passport, found another text", field="id_number")


def name(text: str) -> str:
    """A name as it is kept: without blanks at its ends, each run of blanks one blank.

    Raises:
        Malformed: it is empty, too long, or holds control characters.
    """
    found = " ".join(unicodedata.normalize("NFKC", text).split())
    if not 0 < len(found) <= LONGEST or any(
        unicodedata.category(letter) in ("Cc", "Cs", "Co", "Cn") for letter in found
    ):
        raise errors.Malformed(f"expected a name of 1 to {LONGEST} characters, found another text", field="name")
    return found


def name_key(text: str) -> str:
    """What names are compared by: no blanks, dots or hyphens, no difference between capitals and small letters."""
    folded = _BETWEEN.sub("", unicodedata.normalize("NFKC", text)).casefold()
    return _BETWEEN.sub("", unicodedata.normalize("NFKC", folded))


def phone_tail(normal: str) -> str:
    """The last four digits of a phone."""
    return normal[-TAIL:]


def _bare(text: str) -> str:
    return _BETWEEN.sub("", unicodedata.normalize("NFKC", text))
