"""Keys of other programs, the DMS, webhooks, files in and out."""
