"""Writes what the demo's people need in hand: virtual cards for the reader, and who signs in with which PIN or password.

Both files hold secrets made at the first load; they are readable by their owner only, and nothing else keeps them.
"""

import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path

from central_api.cards import keys
from central_api.demo_data.files import MemberRow
from central_api.security.keyring import Keyring

CARDS, SIGN_INS = "cards.toml", "sign-in.json"
STRANGER = "stranger"  # a card nobody holds
_STRANGER_UID = "04D3A1077B1F80"
_CLASSIC = "mifare-classic"
_DIGITS = 6


@dataclass(frozen=True, slots=True)
class StaffSignIn:
    """A staff number, the name that goes with it, and the password made for it; `pin` goes with the staff card, empty without one."""

    number: str
    name: str
    password: str
    pin: str = ""


def may_be_laid(row: MemberRow) -> bool:
    """Whether a member's card can be laid on the virtual reader: it has a number a reader would see."""
    return bool(row.card_uid)


def write_cards(
    folder: Path, keyring: Keyring, rows: Sequence[MemberRow], staff: Mapping[str, str], blanks: Mapping[str, str]
) -> None:
    """Write the virtual cards (`nfc/virtual/deck.py` reads them): members', staff's and blank ones by name, and a stranger's."""
    entries = [_entry(row, keyring) for row in rows if may_be_laid(row)]
    entries += ["\n".join(_ntag424(name, uid, keyring)) + "\n" for name, uid in staff.items()]
    entries += [f'[[card]]\nname = "{name}"\nkind = "ntag424_blank"\nuid = "{uid}"\n' for name, uid in blanks.items()]
    entries.append(f'[[card]]\nname = "{STRANGER}"\nkind = "uid"\nuid = "{_STRANGER_UID}"\n')
    _write(folder / CARDS, "# Virtual cards of the demo. They hold keys: keep them private.\n\n" + "\n".join(entries))


def _entry(row: MemberRow, keyring: Keyring) -> str:
    if row.card_family == "ntag424":
        lines = _ntag424(row.id, row.card_uid, keyring)
    else:
        lines = ["[[card]]", f'name = "{row.id}"', 'kind = "uid"', f'uid = "{row.card_uid}"']
        if row.card_family == _CLASSIC:
            lines.append('looks_like = "mifare_classic"')
    return "\n".join(lines) + "\n"


def _ntag424(name: str, uid: str, keyring: Keyring) -> list[str]:
    file_key = keys.file_key(keyring, uid)
    lines = ["[[card]]", f'name = "{name}"', 'kind = "ntag424"', f'uid = "{uid}"']
    lines += [f'meta_key = "{keyring.meta_key.hex().upper()}"', f'file_key = "{file_key.hex().upper()}"']
    return [*lines, f'counter_file = "{name}.counter"']


def add_sign_ins(folder: Path, pins: Mapping[str, str], staff: Sequence[StaffSignIn]) -> None:
    """Write `{"members": {card: PIN}, "staff": [{"number", "name", "password"}]}`, keeping what an earlier load made."""
    path = folder / SIGN_INS
    before = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {"members": {}, "staff": []}
    new = {one.number for one in staff}
    content = {
        "members": {**before["members"], **pins},
        "staff": [*(one for one in before["staff"] if one["number"] not in new), *map(asdict, staff)],
    }
    _write(path, json.dumps(content, ensure_ascii=False, indent=2) + "\n")


def new_pin(random_below: Callable[[int], int]) -> str:
    """Six random digits that are no run and not one digit repeated (K17)."""
    while True:
        pin = f"{random_below(10**_DIGITS):0{_DIGITS}d}"
        steps = {int(b) - int(a) for a, b in pairwise(pin)}
        if steps not in ({0}, {1}, {-1}):
            return pin


def _write(path: Path, text: str) -> None:
    part = path.with_name(f".{path.name}.part")
    part.unlink(missing_ok=True)
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
    part.replace(path)
