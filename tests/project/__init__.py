"""Tests of the project itself: files, locks, doors."""
