"""Points as money at the till: reserved, confirmed, cancelled (A11)."""
