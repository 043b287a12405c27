"""Card bytes in, card bytes out: commands, parsers and cryptography of the card families; no reader, no I/O."""
