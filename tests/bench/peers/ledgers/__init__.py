"""Ledgers to stand beside: django-hordak, and legs that are summed by hand, each redeeming in process on the same PostgreSQL.

They run in a Python environment of their own (`environment.py`), pinned by `requirements.lock`; `requirements.in` says what
was asked for. What they do for a redemption is what a good team would write with them, and less than ours: no lots, no
vouchers, no limits, no feed, no signature and no HTTP in between. So the comparison leans their way.
"""
