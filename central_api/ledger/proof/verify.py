"""Proves the books: rebuilds every balance, lot and seal from the entries and names whatever does not agree (A1, A3, A4).

Each check is about one entry, account, lot or chain, so it reads a small range in a moment of its own: it may run beside a
service that books, takes no lock, and needs no more memory for more books. Faults name ids, never people.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from central_api.db import Tx
from central_api.ledger.proof import canonical, guards, repository
from central_api.ledger.proof.canonical import Content

SIZE = 500
"""Rows looked at in one moment."""

Code: TypeAlias = Literal[
    "guard-missing",
    "guard-changed",
    "entry-unbalanced",
    "entry-against-lots",
    "entry-never-sealed",
    "entry-reverses-nothing",
    "reversal-unnamed",
    "lot-given-back-too-much",
    "posting-lost",
    "posting-elsewhere",
    "use-lost",
    "waiting-lost",
    "waiting-though-sealed",
    "balance-wrong",
    "balance-negative",
    "lots-against-balance",
    "lot-wrong",
    "lot-negative",
    "lot-lost",
    "debt-wrong",
    "seal-missing",
    "seal-out-of-chain",
    "seal-wrong",
    "sealed-entry-missing",
    "entry-unreadable",
    "seal-not-as-known",
]
Opened: TypeAlias = Callable[[], AbstractContextManager[Tx]]
Known: TypeAlias = Mapping[tuple[str, int], str]
_UNREADABLE = (ValueError, TypeError)
"""What a column raises whose value is not what the column is for."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that should never be, in one sentence with ids."""

    code: Code
    text: str

    def __str__(self) -> str:
        return self.text


@dataclass(slots=True)
class Proved:
    """How much was looked at. `heads`: sequence and hash at the end of each store's chain."""

    entries: int = 0
    postings: int = 0
    accounts: int = 0
    lots: int = 0
    uses: int = 0
    seals: int = 0
    unsealed: int = 0
    debts: int = 0
    heads: dict[str, tuple[int, str]] = field(default_factory=dict)


def run(opened: Opened, proved: Proved, known: Known | None = None) -> Iterator[Fault]:
    """Look at everything; yields each fault as it is found.

    Args:
        opened: opens a unit of work that reads, such as `Database.read`.
        proved: counts what was looked at.
        known: hashes written down elsewhere, by store and sequence: whoever rewrites a whole chain cannot rewrite those.

    Raises:
        Unavailable: the database is away.
    """
    yield from _guards(opened)
    yield from _entries(opened, proved)
    yield from _lost(opened, proved)
    yield from _accounts(opened, proved)
    yield from _lots(opened, proved)
    yield from _debts(opened, proved)
    yield from _chains(opened, proved, known or {})


def _guards(opened: Opened) -> Iterator[Fault]:
    with opened() as tx:
        present, expected = guards.present(tx), guards.GUARDS[tx.dialect]
    named_so = {guard.name for guard in present}
    for guard in sorted(expected - present, key=lambda each: each.name):
        if guard.name in named_so:
            said = f"trigger {guard.name} is not what guards {guard.table}: another table, or another text"
            yield Fault("guard-changed", said)
        else:
            yield Fault("guard-missing", f"trigger {guard.name} does not guard the books: it is gone or off")


def _ranges(opened: Opened, table: str) -> Iterator[tuple[Tx, Any, Any, int]]:
    """The rows of a table, some at a time, each time in a unit of work of its own."""
    after = None
    while True:
        with opened() as tx:
            upto, rows = repository.step(tx, table, after, SIZE)
            if not rows:
                return
            yield tx, after, upto, rows
        after = upto


def _entries(opened: Opened, proved: Proved) -> Iterator[Fault]:
    for tx, after, upto, rows in _ranges(opened, "entries"):
        proved.entries += rows
        proved.postings += repository.postings_of_entries(tx, after, upto)
        for row in repository.unbalanced(tx, after, upto):
            yield Fault("entry-unbalanced", f"entry {row.entry} does not sum to zero on {row.track}: {row.total:+}")
        for row in repository.lots_against_postings(tx, after, upto):
            said = f"entry {row.id} moves the balance by {row.moved:+} and lots by {row.lots:+}"
            yield Fault("entry-against-lots", said)
        waiting = []
        for row in repository.unsealed(tx, after, upto):
            proved.unsealed += 1
            if row.waits:
                waiting.append(row.id)
            else:
                yield Fault("entry-never-sealed", f"entry {row.id} has no seal and does not wait for one")
        for entry, content in _readable(tx, waiting).items():
            if isinstance(_digest(content, "", 1, canonical.FIRST), Exception):
                yield Fault("entry-unreadable", f"entry {entry} cannot be sealed: its row cannot be read")
        spent = set()
        for row in repository.reversals(tx, after, upto):
            if row.reverses is None:
                said = f"entry {row.id} gives points back and does not name the entry that spent them"
                yield Fault("reversal-unnamed", said)
            elif row.there:
                spent.add(row.reverses)
            else:
                yield Fault("entry-reverses-nothing", f"entry {row.id} reverses {row.reverses}, which is missing")
        if spent:
            for row in repository.given_back_too_much(tx, spent):
                said = f"{-row.points} points more went back into lot {row.lot} than entry {row.entry} took out of it"
                yield Fault("lot-given-back-too-much", said)


def _lost(opened: Opened, proved: Proved) -> Iterator[Fault]:
    """What hangs on a row that is not there, or on another member's. The former the database's own keys forbid, unless somebody has switched them off."""
    for tx, after, upto, _ in _ranges(opened, "postings"):
        for row in repository.stray_postings(tx, after, upto):
            if row.no_entry or row.no_account:
                what = f"entry {row.entry}" if row.no_entry else f"account {row.account}"
                yield Fault("posting-lost", f"posting {row.id} is of {what}, which is missing")
            else:
                said = f"posting {row.id} of entry {row.entry} stands on {row.account}, another member's account"
                yield Fault("posting-elsewhere", said)
    for tx, after, upto, rows in _ranges(opened, "uses"):
        proved.uses += rows
        for row in repository.lost_uses(tx, after, upto):
            what = f"entry {row.entry}" if row.no_entry else f"lot {row.lot}"
            yield Fault("use-lost", f"lot use {row.id} is of {what}, which is missing")
    for tx, after, upto, _ in _ranges(opened, "unsealed"):
        for entry in repository.lost_waiting(tx, after, upto):
            yield Fault("waiting-lost", f"entry {entry} waits for its seal and is missing")
        for entry in repository.waiting_though_sealed(tx, after, upto):
            yield Fault("waiting-though-sealed", f"entry {entry} waits for a seal and has one: sealing cannot go on")


def _accounts(opened: Opened, proved: Proved) -> Iterator[Fault]:
    for tx, after, upto, _ in _ranges(opened, "accounts"):
        for row in repository.members_accounts(tx, after, upto):
            proved.accounts += 1
            if type(row.balance) is not int:
                yield Fault("balance-wrong", f"account {row.id} holds what is no whole number")
                continue
            if row.balance != row.booked:
                said = f"account {row.id} holds {row.balance}, its postings sum to {row.booked}"
                yield Fault("balance-wrong", said)
            if row.balance < 0:
                yield Fault("balance-negative", f"account {row.id} is below zero: {row.balance}")
            if row.track == "points" and row.in_lots != row.balance:
                said = f"the lots of {row.member} hold {row.in_lots} points, the account {row.balance}"
                yield Fault("lots-against-balance", said)


def _lots(opened: Opened, proved: Proved) -> Iterator[Fault]:
    for tx, after, upto, _ in _ranges(opened, "lots"):
        for row in repository.lots_with_uses(tx, after, upto):
            proved.lots += 1
            if type(row.left) is not int or type(row.earned) is not int:
                yield Fault("lot-wrong", f"lot {row.id} holds or was made with what is no whole number")
                continue
            if row.left != row.earned - row.used:
                said = f"lot {row.id} holds {row.left}: {row.earned} were earned and {row.used} taken"
                yield Fault("lot-wrong", said)
            elif row.left > row.earned:
                yield Fault("lot-wrong", f"lot {row.id} holds {row.left}, more than the {row.earned} it was made with")
            if row.left < 0:
                yield Fault("lot-negative", f"lot {row.id} is below zero: {row.left}")
            if row.no_entry:
                yield Fault("lot-lost", f"lot {row.id} was made by entry {row.entry}, which is missing")
            if row.no_account:
                yield Fault("lot-lost", f"lot {row.id} belongs to a member without a points account")


def _debts(opened: Opened, proved: Proved) -> Iterator[Fault]:
    """What members owe after refunds: no more than the refund could not take, and less only by what they paid."""
    for tx, after, upto, rows in _ranges(opened, "debts"):
        proved.debts += rows
        found = repository.debts(tx, after, upto)
        for row in found:
            short = None if row.facts is None else row.facts.get("short", 0)
            whole = type(row.points) is int and type(row.left) is int
            if short is None or not whole or row.points > short or not 0 <= row.left <= row.points:
                said = f"a debt of {row.points} points, {row.left} of them left, is of refund {row.entry}, which was {short} short"
                yield Fault("debt-wrong", said)
        for member, (less, paid) in repository.debts_paid(tx, {row.member for row in found}).items():
            if less != paid:
                yield Fault("debt-wrong", f"the debts of {member} became {less} points less, and {paid} were paid")


def _chains(opened: Opened, proved: Proved, known: Known) -> Iterator[Fault]:
    store: str | None = None
    while True:
        with opened() as tx:
            store = repository.next_store(tx, store)
        if store is None:
            break
        yield from _chain(opened, proved, store, known)
    for (store, sequence), expected in known.items():
        if sequence > proved.heads.get(store, (0, ""))[0]:
            said = f"seal {sequence} of {named(store)} was known as {expected} and is missing"
            yield Fault("seal-not-as-known", said)


def _chain(opened: Opened, proved: Proved, store: str, known: Known) -> Iterator[Fault]:
    sequence, previous = 0, canonical.FIRST
    while True:
        with opened() as tx:
            seals = repository.seals(tx, store, sequence, SIZE)
            contents = _readable(tx, [seal.entry for seal in seals])
        if not seals:
            proved.heads[store] = (sequence, previous)
            return
        for seal in seals:
            proved.seals += 1
            what = f"seal {seal.sequence} of {named(store)}"
            if seal.sequence != sequence + 1:
                missing = (
                    f"{sequence + 1}" if seal.sequence == sequence + 2 else f"{sequence + 1} to {seal.sequence - 1}"
                )
                yield Fault("seal-missing", f"{what} follows seal {sequence}: {missing} missing")
            elif seal.previous != previous:
                yield Fault("seal-out-of-chain", f"{what} (entry {seal.entry}) does not name the hash before it")
            digest = _digest(contents.get(seal.entry), store, seal.sequence, seal.previous)
            if isinstance(digest, Exception):
                yield Fault("entry-unreadable", f"{what}: entry {seal.entry} cannot be read: {digest}")
            elif digest is None:
                yield Fault("sealed-entry-missing", f"{what}: entry {seal.entry} was sealed and is missing")
            elif digest != seal.hash:
                said = f"{what}: entry {seal.entry} is no longer what was sealed, with its postings, lots and uses"
                yield Fault("seal-wrong", said)
            expected = known.get((store, seal.sequence))
            if expected is not None and expected != seal.hash:
                yield Fault("seal-not-as-known", f"{what} was known as {expected} and is {seal.hash}")
            sequence, previous = seal.sequence, seal.hash


def _readable(tx: Tx, entries: Sequence[str]) -> dict[str, Content | Exception]:
    """What is sealed of entries; of one that is no longer what its columns hold, such as a torn text, why not."""
    try:
        return {**repository.contents(tx, entries)}
    except _UNREADABLE:
        found: dict[str, Content | Exception] = {}
        for entry in entries:
            try:
                found |= repository.contents(tx, [entry])
            except _UNREADABLE as fault:
                found[entry] = fault
        return found


def _digest(content: Content | Exception | None, store: str, sequence: int, previous: str) -> str | Exception | None:
    """The hash of what is sealed; None: there is nothing; or why it cannot be made."""
    if content is None or isinstance(content, Exception):
        return content
    try:
        return canonical.digest(content, store, sequence, previous)
    except _UNREADABLE as fault:
        return fault


def named(store: str) -> str:
    """A chain's name for people."""
    return f"store {store}" if store else "no store"
