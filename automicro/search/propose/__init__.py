"""Proposals: which family and which settings are tried next."""
