"""What travels between device and server: one set of types for both sides."""
