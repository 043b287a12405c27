"""Tests of the kiosk's screens."""
