"""Says in plain words what a proof of the books has found, for the command line (`central-api ledger verify`)."""

from collections.abc import Callable, Sequence

from central_api.db import Database
from central_api.ledger.proof import verify
from central_api.ledger.proof.verify import Known, Proved, named
from club.model import errors


def known_seals(texts: Sequence[str]) -> Known:
    """Read seals written down elsewhere, each as STORE:SEQUENCE:HASH (the store may be empty).

    Raises:
        Malformed: one is written another way.
    """
    found = {}
    for text in texts:
        store, _, rest = text.partition(":")
        sequence, _, digest = rest.partition(":")
        if not sequence.isascii() or not sequence.isdigit() or len(digest) != len("0" * 64):
            raise errors.Malformed(f"expected STORE:SEQUENCE:HASH as a proof prints it, found {text}", field="known")
        found[store, int(sequence)] = digest.lower()
    return found


def prove(db: Database, known: Known, say: Callable[[str], None]) -> bool:
    """Prove the books and say what was found: each fault at once, what was proved at the end.

    Args:
        db: the database; rights to read are enough.
        known: seals written down elsewhere.
        say: is given one line at a time.

    Returns:
        Whether nothing is wrong.
    """
    proved, faults = Proved(), 0
    for fault in verify.run(db.read, proved, known):
        faults += 1
        say(f"FAULT {fault.code}: {fault}")
    if faults:
        say(f"The books are NOT right: {_many(faults, 'fault')}, named above. Looked at:")
    else:
        say("The books are right. Proved:")
    say(f"  {_many(proved.entries, 'entry', 'entries')} with {_many(proved.postings, 'posting')}: each sums to zero on")
    say("    each track, and moves its lots by what it moves the points")
    say(f"  {_many(proved.accounts, 'account')} of members: the kept balance is the sum of its postings")
    say(
        f"  {_many(proved.lots, 'lot')} with {_many(proved.uses, 'use')}: what is left is what was earned less what was"
    )
    say("    taken, never below zero, and together the points balance")
    if proved.debts:
        say(f"  {_many(proved.debts, 'debt')} after refunds: less only by what was paid for them")
    say(f"  {_many(proved.seals, 'seal')} in {_many(len(proved.heads), 'chain')}, each computed anew")
    if proved.unsealed:
        say(f"  {_many(proved.unsealed, 'entry', 'entries')} not sealed yet: no fault, the running service does it")
    if proved.heads:
        say("Ends of the chains; write them down elsewhere and give them back with --known:")
    for store, (sequence, digest) in sorted(proved.heads.items()):
        say(f"  {named(store)}: {store}:{sequence}:{digest}")
    return not faults


def _many(count: int, one: str, more: str = "") -> str:
    return f"{count:,} {one if count == 1 else more or one + 's'}"
