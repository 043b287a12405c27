"""The double-entry, append-only ledger of points, with lots."""
