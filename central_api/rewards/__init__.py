"""Rewards, redemption and vouchers."""
