"""Staff of the stores: accounts, roles, sign-in."""
