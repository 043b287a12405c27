"""The tier a member holds: when it moved, why, and what may move it."""
