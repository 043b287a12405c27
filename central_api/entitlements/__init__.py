"""Counted rights of members: granted, used, registered."""
