"""Boards, playlists and the manifest of each display."""
