"""The programme's rules: tiers, earning, expiry."""
