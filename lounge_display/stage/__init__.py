"""The lounge's Kivy stage: cross-fades, clock, ticker."""
