"""One module per screen, with its .kv file beside it. Template: `redeeming.py`, the shortest."""
