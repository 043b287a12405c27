"""What somebody with a laptop on the store's network and a stack of cards would try."""
