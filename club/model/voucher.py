"""Voucher codes: short, readable aloud, with two check digits that catch any single slip and any swap (A14)."""

from collections.abc import Callable

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUVWXY"  # 32 symbols without I, O, S, Z, which are read as 1, 0, 5, 2
LENGTH = 10
BODY = 8
_MODULUS = 97  # ISO 7064 MOD 97-10: two decimal check digits
_PREFIX = "XZV1"


def make(random_below: Callable[[int], int]) -> str:
    """A new code: eight random symbols and two check digits. `random_below(n)` gives 0 <= x < n (secrets.randbelow)."""
    # Drawn as one number: each draw asks the system, and gives Python's lock away while it does.
    drawn = random_below(len(ALPHABET) ** BODY)
    body = ""
    for _ in range(BODY):
        drawn, symbol = divmod(drawn, len(ALPHABET))
        body += ALPHABET[symbol]
    return body + check_digits(body)


def check_digits(body: str) -> str:
    """Two digits so that the whole, read as ISO 7064 MOD 97-10, leaves 1.

    Raises:
        ValueError: a symbol outside `ALPHABET`.
    """
    return f"{(_MODULUS + 1 - _remainder(body) * 100 % _MODULUS) % _MODULUS:02d}"


def is_valid(code: str) -> bool:
    """Whether `code` (no blanks) has the right length, symbols and check digits."""
    if len(code) != LENGTH or not code[BODY:].isdecimal() or any(symbol not in ALPHABET for symbol in code):
        return False
    return code[BODY:] == check_digits(code[:BODY])


def normalise(typed: str) -> str:
    """What a person typed or a scanner read, as a code: blanks dropped, upper case, look-alikes read as meant, QR prefix dropped."""
    text = "".join(typed.split()).replace("-", "").upper()
    text = text.removeprefix(_PREFIX + ":")
    return text.translate(str.maketrans("IOSZ", "1052"))


def grouped(code: str) -> str:
    """The code as it is printed: 7K2M 9Q4T 63."""
    return f"{code[:4]} {code[4:8]} {code[8:]}"


def qr_text(code: str) -> str:
    """What the voucher's QR says."""
    return f"{_PREFIX}:{code}"


def _remainder(text: str) -> int:
    rest = 0
    for symbol in text:
        value = ALPHABET.find(symbol)
        if value < 0:
            raise ValueError(f"expected voucher symbols {ALPHABET}, found {symbol!r}")
        # Each symbol counts as two decimal digits, so that the check digits may follow as they are.
        rest = (rest * 100 + value) % _MODULUS
    return rest
