"""What a member has in the workshop today."""
