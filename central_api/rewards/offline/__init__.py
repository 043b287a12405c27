"""Redeeming while the club cannot be reached (A14): the store's rules, and the settlement of what was handed out."""
