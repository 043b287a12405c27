"""Pictures by their SHA-256."""
