"""Parts of the bench of publishing: the chain, the desk, the photographs, the crowd, the TV."""
