"""How long a membership lasts, and what renewed it."""
