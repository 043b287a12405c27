"""Shows of a name, phone, plate or number just enough to tell it from others (X2, L9). Pure.

王**, 138****5678, 沪A **6K8, of a new-energy plate 沪A ***852, 310***********4821.
"""

_STAR = "*"
_PLATE_SHOWN = 3


def name(surname: str) -> str:
    """A person's surname and two stars, whatever the given name: its length says something too."""
    return f"{surname}**" if surname else ""


def company(full: str) -> str:
    """The first two characters of a company's name and two stars."""
    return f"{full[:2]}**" if full else ""


def phone(normal: str) -> str:
    """The first three and last four digits of a mobile; of any other number the last three."""
    if len(normal) == 11 and normal.startswith("1"):
        return f"{normal[:3]}****{normal[-4:]}"
    return _STAR * (len(normal) - 3) + normal[-3:]


def plate(normal: str) -> str:
    """Region and the last three characters, as on a public screen."""
    return f"{normal[:2]} {_STAR * (len(normal) - 2 - _PLATE_SHOWN)}{normal[-_PLATE_SHOWN:]}"


def vin(normal: str) -> str:
    """The last six characters."""
    return _STAR * (len(normal) - 6) + normal[-6:]


def id_number(normal: str) -> str:
    """The first three and last four of an identity card; of a shorter number the last two."""
    if len(normal) == 18:
        return f"{normal[:3]}{_STAR * 11}{normal[-4:]}"
    return _STAR * (len(normal) - 2) + normal[-2:]
