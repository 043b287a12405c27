"""Whole loops through the product, with real parts."""
