"""What runs by schedule: which jobs there are, when they are due, and what came of each run."""
