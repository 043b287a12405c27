"""Card protocols as pure functions: bytes in, bytes out."""
