"""Members of the club: who they are, their consent, their PIN."""
