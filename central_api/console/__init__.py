"""The staff console: pages for people, drawn on the server, that work without scripts too (C)."""
