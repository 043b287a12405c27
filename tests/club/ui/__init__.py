"""Tests of what both Kivy programs share."""
