"""A small Django application on hordak: members' points, rewards, redemptions, idempotency keys."""
