"""A membership from its beginning to its end: joining, cards at the desk, merging two members, leaving."""
