"""The double-entry ledger of both tracks (A1), and the lots in which reward points live (A3).

Entries, postings, lot uses and seals only grow, and of a lot only what is left changes: triggers of the migrations 0001
and 0005 refuse anything else.
"""

from sqlalchemy import BigInteger, CheckConstraint, Column, Date, ForeignKey, Index, String, Table, text

from central_api.columns import BigId, Json, UtcDateTime, metadata

accounts = Table(
    "accounts",
    metadata,
    Column("id", String(96), primary_key=True),  # member:m0001:points | club:points:issued
    Column("track", String(8), nullable=False),
    Column("member", String(64), ForeignKey("members.id"), nullable=True),  # None: one of the club's own
    Column(
        "balance", BigInteger, nullable=True
    ),  # sum of its postings, kept in the same transaction; None: the club's own, summed when asked
    CheckConstraint("track IN ('points', 'tier')", name="track"),
    CheckConstraint("(member IS NULL) = (balance IS NULL) AND (balance IS NULL OR balance >= 0)", name="balance"),
    Index(None, "member"),
    # Each booking writes a balance anew: with room left on its page it stays there, and no index hears of it.
    postgresql_with={"fillfactor": 80},
)

ledger_entries = Table(
    "ledger_entries",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("member", String(64), ForeignKey("members.id"), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("category", String(64), nullable=False, server_default=""),
    Column("at", UtcDateTime, nullable=False),
    Column("store", String(64), nullable=False, server_default=""),
    Column("bill", String(64), nullable=False, server_default=""),
    Column("paid_fen", BigInteger, nullable=False, server_default="0"),
    Column("reference", String(64), nullable=True, unique=True),  # the command or voucher behind it: booked once
    Column(
        "facts", Json, nullable=False
    ),  # a bill's title as billed, or slugs and numbers that the screens put into words
    Column("reverses", String(64), nullable=True),  # the entry whose points this one gives back or takes back (A4)
    CheckConstraint("kind IN ('opening', 'bill', 'bonus', 'redeem', 'reverse', 'expire', 'adjust')", name="kind"),
    Index(None, "member", "at"),
    # Of the few that reverse something only: a redemption does not pay for it.
    Index(None, "reverses", postgresql_where=text("reverses IS NOT NULL"), sqlite_where=text("reverses IS NOT NULL")),
)

ledger_postings = Table(
    "ledger_postings",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("entry", String(64), ForeignKey("ledger_entries.id"), nullable=False),
    Column("account", String(96), ForeignKey("accounts.id"), nullable=False),
    Column("amount", BigInteger, nullable=False),  # of one entry and track they sum to zero
    CheckConstraint("amount <> 0", name="amount"),
    Index(None, "entry"),
)

lots = Table(
    "lots",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("member", String(64), ForeignKey("members.id"), nullable=False),
    Column("entry", String(64), ForeignKey("ledger_entries.id"), nullable=False),
    Column("earned_at", UtcDateTime, nullable=False),
    Column("expires", Date, nullable=False),  # the last day, store time
    Column("earned", BigInteger, nullable=False),
    Column("left", BigInteger, nullable=False),
    CheckConstraint('"left" >= 0 AND "left" <= earned', name="left"),
    Index(None, "member"),
    Index(None, "entry"),
    # Of lots that hold something: a redemption finds those that expire first, and the nightly expiry those that are over,
    # without looking at any other.
    Index(None, "member", "expires", postgresql_where=text('"left" > 0'), sqlite_where=text('"left" > 0')),
    Index(None, "expires", "member", postgresql_where=text('"left" > 0'), sqlite_where=text('"left" > 0')),
)

lot_uses = Table(
    "lot_uses",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("lot", String(64), ForeignKey("lots.id"), nullable=False),
    Column("entry", String(64), ForeignKey("ledger_entries.id"), nullable=False),
    Column("points", BigInteger, nullable=False),  # taken; negative when given back
    CheckConstraint("points <> 0", name="points"),
    Index(None, "lot"),
    Index(None, "entry"),
)

ledger_seals = Table(
    "ledger_seals",
    metadata,
    Column("store", String(64), primary_key=True),  # empty: entries of no store, such as an opening balance
    Column("sequence", BigInteger, primary_key=True, autoincrement=False),  # 1, 2, 3, ... without a gap
    Column("entry", String(64), ForeignKey("ledger_entries.id"), nullable=False, unique=True),
    Column("hash", String(64), nullable=False),  # SHA-256 as `proof/canonical.py` says
    Column("previous", String(64), nullable=False),  # the hash before it in this store
    CheckConstraint("sequence > 0", name="sequence"),
)

ledger_unsealed = Table(
    "ledger_unsealed",  # a trigger of ledger_entries puts each new one here, whoever wrote it
    metadata,
    Column("arrival", BigId, primary_key=True),
    Column("entry", String(64), nullable=False, unique=True),
    Column("store", String(64), nullable=False),
)

point_debts = Table(
    "point_debts",  # refunded points that were spent and that later earnings pay (A4)
    metadata,
    Column("entry", String(64), ForeignKey("ledger_entries.id"), primary_key=True),  # of the refund
    Column("member", String(64), ForeignKey("members.id"), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("points", BigInteger, nullable=False),
    Column("left", BigInteger, nullable=False),
    CheckConstraint('"left" >= 0 AND "left" <= points', name="left"),
    Index(None, "member", postgresql_where=text('"left" > 0'), sqlite_where=text('"left" > 0')),
)

holds = Table(
    "holds",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("member", String(64), ForeignKey("members.id"), nullable=False),
    Column("points", BigInteger, nullable=False),
    Column("state", String(16), nullable=False),
    Column("store", String(64), nullable=False),
    Column("reference", String(64), nullable=False, unique=True),  # the till's own number: placed once
    Column("placed_at", UtcDateTime, nullable=False),
    Column("until", UtcDateTime, nullable=False),  # from then on it holds nothing, whether or not anybody has closed it
    Column("closed_at", UtcDateTime, nullable=True),
    Column("entry", String(64), ForeignKey("ledger_entries.id"), nullable=True, unique=True),  # what it was spent by
    Column("card", String(64), nullable=True),  # by which it is paid; None: no card was named
    Column("line", String(96), nullable=True),  # towards whose limit it counts (`cards.lines`); None: named as the card
    CheckConstraint("points > 0", name="points"),
    CheckConstraint("state IN ('open', 'confirmed', 'released', 'expired')", name="state"),
    CheckConstraint("(state = 'open') = (closed_at IS NULL)", name="closed"),
    CheckConstraint("(state = 'confirmed') = (entry IS NOT NULL)", name="entry"),
    Index(None, "member", postgresql_where=text("state = 'open'"), sqlite_where=text("state = 'open'")),
    Index(None, "card", "placed_at", postgresql_where=text("card IS NOT NULL"), sqlite_where=text("card IS NOT NULL")),
    Index(None, "line", "placed_at", postgresql_where=text("line IS NOT NULL"), sqlite_where=text("line IS NOT NULL")),
)

lot_moves = Table(
    "lot_moves",  # which lot of another member goes on what a lot held, when two members were merged (A9)
    metadata,
    Column("id", BigId, primary_key=True),
    Column("source", String(64), ForeignKey("lots.id"), nullable=False),
    Column("target", String(64), ForeignKey("lots.id"), nullable=False),
    Column("points", BigInteger, nullable=False),
    CheckConstraint("points > 0", name="points"),
    Index(None, "source"),
    Index(None, "target"),
)
