"""Draws a scene item to a picture: the one renderer of lounge, attract loop and console preview."""
