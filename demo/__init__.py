"""Starts the whole house on one machine and plays its story."""
