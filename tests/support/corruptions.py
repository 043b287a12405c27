"""What is done to the rows of a story behind the database's back, and the faults that a proof must find then."""

from collections.abc import Mapping

CORRUPTIONS: Mapping[str, tuple[tuple[str, ...], set[str], str]] = {
    "an entry says another sum of money": (
        ("UPDATE ledger_entries SET paid_fen = 1 WHERE id = '{first}'",),
        {"seal-wrong"},
        "{first}",
    ),
    "a posting has another amount": (
        ("UPDATE ledger_postings SET amount = amount + 7 WHERE entry = '{first}' AND account = 'club:points:issued'",),
        {"entry-unbalanced", "seal-wrong"},
        "{first}",
    ),
    "points out of nothing, with every balance made to fit": (
        (
            "UPDATE ledger_postings SET amount = amount + 100 WHERE entry = '{first}' AND account = 'member:{member}:points'",
            "UPDATE ledger_postings SET amount = amount - 100 WHERE entry = '{first}' AND account = 'club:points:issued'",
            "UPDATE accounts SET balance = balance + 100 WHERE id = 'member:{member}:points'",
            'UPDATE lots SET earned = earned + 100, "left" = "left" + 100 WHERE id = \'{lot}\'',
        ),
        {"seal-wrong"},
        "{first}",
    ),
    "a posting stands on somebody else's account": (
        (
            "UPDATE ledger_postings SET account = 'member:{other}:points' WHERE entry = '{first}' AND account = 'member:{member}:points'",
        ),
        {"posting-elsewhere", "balance-wrong", "seal-wrong"},
        "member:{other}:points",
    ),
    "points go to somebody else, with every balance made to fit": (
        (
            "UPDATE ledger_postings SET account = 'member:{other}:points' WHERE entry = '{fresh}' AND account = 'member:{member}:points'",
            "UPDATE accounts SET balance = balance - 50 WHERE id = 'member:{member}:points'",
            "UPDATE accounts SET balance = balance + 50 WHERE id = 'member:{other}:points'",
            "UPDATE lots SET member = '{other}' WHERE entry = '{fresh}'",
        ),
        {"posting-elsewhere", "balance-wrong"},
        "{fresh}",
    ),
    "a kept balance is changed": (
        ("UPDATE accounts SET balance = balance + 1 WHERE id = 'member:{member}:points'",),
        {"balance-wrong", "lots-against-balance"},
        "member:{member}:points",
    ),
    "tier points are given by hand": (
        ("UPDATE accounts SET balance = balance + 5000 WHERE id = 'member:{member}:tier'",),
        {"balance-wrong"},
        "member:{member}:tier",
    ),
    "a lot is filled": (
        ("UPDATE lots SET \"left\" = earned WHERE id = '{lot}'",),
        {"lot-wrong", "lots-against-balance"},
        "{lot}",
    ),
    "a lot use is gone": (
        ("DELETE FROM lot_uses WHERE entry = '{spent}' AND lot = '{lot}'",),
        {"lot-wrong", "entry-against-lots", "seal-wrong"},
        "{spent}",
    ),
    "a lot belongs to somebody else": (
        ("UPDATE lots SET member = '{other}' WHERE entry = '{second}'",),
        {"lots-against-balance"},
        "{other}",
    ),
    "a lot lasts longer": (
        ("UPDATE lots SET expires = '2031-12-31' WHERE id = '{lot}'",),
        {"seal-wrong"},
        "{first}",
    ),
    "a lot is below zero": (
        ("UPDATE lots SET \"left\" = -5 WHERE id = '{lot}'",),
        {"lot-negative", "lot-wrong", "lots-against-balance"},
        "{lot}",
    ),
    "a balance is below zero": (
        ("UPDATE accounts SET balance = -1 WHERE id = 'member:{other}:tier'",),
        {"balance-negative", "balance-wrong"},
        "member:{other}:tier",
    ),
    "a sealed entry is gone without a trace": (
        (
            "DELETE FROM ledger_postings WHERE entry = '{second}'",
            "DELETE FROM ledger_entries WHERE id = '{second}'",
        ),
        {"sealed-entry-missing", "lot-lost", "balance-wrong"},
        "{second}",
    ),
    "an entry is gone before its seal": (
        ("DELETE FROM ledger_entries WHERE id = '{fresh}'",),
        {"posting-lost", "lot-lost", "waiting-lost", "balance-wrong"},
        "{fresh}",
    ),
    "a use is of no lot": (
        ("UPDATE lot_uses SET lot = 'nowhere' WHERE entry = '{returned}'",),
        {"use-lost", "lot-wrong", "lot-given-back-too-much", "seal-wrong"},
        "nowhere",
    ),
    "a seal is gone": (
        ("DELETE FROM ledger_seals WHERE entry = '{second}'",),
        {"seal-missing", "entry-never-sealed"},
        "{second}",
    ),
    "the last seals are gone": (
        ("DELETE FROM ledger_seals WHERE sequence > 3",),
        {"entry-never-sealed"},
        "{returned}",
    ),
    "a hash is written over": (
        ("UPDATE ledger_seals SET hash = '" + "0" * 64 + "' WHERE entry = '{second}'",),
        {"seal-wrong", "seal-out-of-chain"},
        "{second}",
    ),
    "two seals have changed places": (
        (
            "UPDATE ledger_seals SET sequence = 99 WHERE entry = '{first}'",
            "UPDATE ledger_seals SET sequence = 1 WHERE entry = '{second}'",
            "UPDATE ledger_seals SET sequence = 2 WHERE entry = '{first}'",
        ),
        {"seal-wrong", "seal-out-of-chain"},
        "{second}",
    ),
    "an entry is slipped in past the guards": (
        (
            (
                "INSERT INTO ledger_entries (id, member, kind, at, facts, store) "
                "SELECT 'slipped', member, 'bonus', at, '{{}}', store FROM ledger_entries WHERE id = '{first}'"
            ),
            "DELETE FROM ledger_unsealed WHERE entry = 'slipped'",
        ),
        {"entry-never-sealed"},
        "slipped",
    ),
    "more is given back than was taken, with every balance made to fit": (
        (
            (
                "INSERT INTO ledger_entries (id, member, kind, at, facts, store, reverses) "
                "SELECT 'forged', member, 'reverse', at, '{{}}', store, '{spent}' FROM ledger_entries WHERE id = '{spent}'"
            ),
            (
                "INSERT INTO ledger_unsealed (entry, store) SELECT 'forged', 'east' WHERE NOT EXISTS "
                "(SELECT 1 FROM ledger_unsealed WHERE entry = 'forged')"
            ),
            "INSERT INTO ledger_postings (entry, account, amount) VALUES ('forged', 'member:{member}:points', 150)",
            "INSERT INTO ledger_postings (entry, account, amount) VALUES ('forged', 'club:points:redeemed', -150)",
            "INSERT INTO lot_uses (lot, entry, points) SELECT id, 'forged', -150 FROM lots WHERE entry = '{second}'",
            'UPDATE lots SET "left" = "left" + 150 WHERE entry = \'{second}\'',
            "UPDATE accounts SET balance = balance + 150 WHERE id = 'member:{member}:points'",
        ),
        {"lot-given-back-too-much"},
        "{spent}",
    ),
    "a sealed entry is made to wait again": (
        ("INSERT INTO ledger_unsealed (entry, store) VALUES ('{first}', 'east')",),
        {"waiting-though-sealed"},
        "{first}",
    ),
    "a reversal does not say of what": (
        ("UPDATE ledger_entries SET reverses = NULL WHERE id = '{returned}'",),
        {"reversal-unnamed", "seal-wrong"},
        "{returned}",
    ),
    "an entry reverses what never was": (
        ("UPDATE ledger_entries SET reverses = 'nothing' WHERE id = '{returned}'",),
        {"entry-reverses-nothing", "seal-wrong"},
        "nothing",
    ),
}
"""What is done to the rows, the faults it makes (no others), and the id that one of them names."""


CORRUPTIONS_OF_SQLITE: Mapping[str, tuple[tuple[str, ...], set[str], str]] = {
    "points are split, with the kept balance made to fit": (
        (
            "UPDATE ledger_postings SET amount = 600.5 WHERE entry = '{first}' AND account = 'member:{member}:points'",
            "UPDATE ledger_postings SET amount = -600.5 WHERE entry = '{first}' AND account = 'club:points:issued'",
            "UPDATE accounts SET balance = balance + 0.5 WHERE id = 'member:{member}:points'",
            'UPDATE lots SET earned = 600.5, "left" = "left" + 0.5 WHERE id = \'{lot}\'',
        ),
        {"entry-unreadable", "balance-wrong", "lot-wrong"},
        "{first}",
    ),
    "a balance is a word": (
        ("UPDATE accounts SET balance = 'much' WHERE id = 'member:{member}:points'",),
        {"balance-wrong"},
        "member:{member}:points",
    ),
    "a lot holds a word": (
        ("UPDATE lots SET \"left\" = 'much' WHERE id = '{lot}'",),
        {"lot-wrong"},
        "{lot}",
    ),
    "a lot is made with a fraction": (
        ("UPDATE lots SET earned = 600.9 WHERE id = '{lot}'",),
        {"entry-unreadable", "entry-against-lots", "lot-wrong"},
        "{first}",
    ),
    "a lot use is a fraction": (
        ("UPDATE lot_uses SET points = 600.5 WHERE entry = '{spent}' AND lot = '{lot}'",),
        {"entry-unreadable", "entry-against-lots", "lot-wrong"},
        "{spent}",
    ),
    "an entry's instant is a number": (
        ("UPDATE ledger_entries SET at = 5 WHERE id = '{first}'",),
        {"entry-unreadable"},
        "{first}",
    ),
    "an entry's instant is no instant": (
        ("UPDATE ledger_entries SET at = 'yesterday' WHERE id = '{first}'",),
        {"entry-unreadable"},
        "{first}",
    ),
    "an entry's facts are torn": (
        ("UPDATE ledger_entries SET facts = '{{torn' WHERE id = '{first}'",),
        {"entry-unreadable"},
        "{first}",
    ),
    "a sum of money is bytes": (
        ("UPDATE ledger_entries SET paid_fen = x'07' WHERE id = '{first}'",),
        {"entry-unreadable"},
        "{first}",
    ),
    "an entry cannot be read before its seal": (
        ("UPDATE ledger_entries SET at = 5 WHERE id = '{fresh}'",),
        {"entry-unreadable"},
        "{fresh}",
    ),
    "a lot's last day is a number": (
        ("UPDATE lots SET expires = 5 WHERE id = '{lot}'",),
        {"entry-unreadable"},
        "{first}",
    ),
}
"""The same of what PostgreSQL would not keep in such a column."""
