"""The change feeds and their push."""
