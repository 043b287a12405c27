"""Points and rewards without a bill: birthdays, referrals, the spenders of the month."""
