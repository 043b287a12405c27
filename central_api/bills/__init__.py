"""Facts of the billing system: bills, refunds, and the points they move."""
