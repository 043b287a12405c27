"""Other programs of the dealership: keys they call with, the DMS and till routes, webhooks, files in and out (A15)."""
