"""What the dealer management system sends: its members, bills, refunds and service jobs, keyed by its own numbers."""
