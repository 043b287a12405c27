"""Pure values and rules of the club; standard library only."""
