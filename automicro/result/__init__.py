"""The result of a search: selection, verdict, certificate, trade-offs and trace."""
