"""Cards and card sessions: evidence in, assurance out."""
