"""Measurements: `./dev bench NAME`; each ends with one JSON line."""
