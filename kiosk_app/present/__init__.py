"""From flow states to finished strings."""
