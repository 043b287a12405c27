"""Keys with which other programs call: who they are, and what each may do."""
