"""The boards' templates, one module each: `draw(canvas, board, ctx)` and nothing else to know."""
