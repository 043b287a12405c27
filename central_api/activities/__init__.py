"""Activities members sign up for."""
