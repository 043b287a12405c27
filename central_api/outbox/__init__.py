"""What other programs are told: written down in the transaction of what happened."""
