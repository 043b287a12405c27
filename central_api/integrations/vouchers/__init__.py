"""Vouchers at a till or a counter: shown, fulfilled once, taken back (A14)."""
