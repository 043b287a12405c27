"""What happens when a part dies, at every moment at which it may."""
