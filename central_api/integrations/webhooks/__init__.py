"""Tells other programs what happened, signed, in order, again until they took it (A15, A16)."""
