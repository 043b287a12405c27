"""The same screens as pages in Debian's Chromium, for the footprint bench to stand beside."""
