"""Kiosks and displays: enrolment, keys, health."""
