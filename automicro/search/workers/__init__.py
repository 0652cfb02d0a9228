"""Worker processes, and the storage of finished trials."""
