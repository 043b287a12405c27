"""Which marks may not begin or end a line of Chinese text, for everything that breaks lines (GB/T 15834)."""

NEVER_FIRST = frozenset("，。、；：？！…—·～）》」』】〉〕”’％%‰℃,.;:?!)]}>")
"""Marks that must not begin a line."""

NEVER_LAST = frozenset("（《「『【“‘〈〔([{<¥￥$#")
"""Marks that must not end a line."""
