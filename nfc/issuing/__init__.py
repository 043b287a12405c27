"""Issuing cards: whoever holds the keys says each command, whoever holds the card carries it (spec N6)."""
