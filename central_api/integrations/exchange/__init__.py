"""Files in and out: members with opening balances, bills, rewards, stock, as XLSX or CSV (A15, C5)."""
