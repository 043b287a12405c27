"""The lounge TV: boards in rotation, from rules, also offline."""
