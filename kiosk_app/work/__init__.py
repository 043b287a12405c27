"""Effects of the flow, done off the UI thread."""
