"""Keys, signatures, password hashes."""
