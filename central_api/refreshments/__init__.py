"""The menu of the lounge and what the bar has of it."""
