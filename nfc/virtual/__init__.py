"""Virtual cards and a private PC/SC service for them: the same for demo, training and tests."""
