"""What the bench of the push needs: many listeners in one light process, and a broker to compare with."""
