"""Proves the ledger: seals each entry into its store's hash chain, and rebuilds everything from the entries."""
