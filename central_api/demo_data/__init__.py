"""The demo club: reads config/demo and loads it, every date relative to the day."""
