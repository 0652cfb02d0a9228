"""Rewriting of programs to canonical form, noun by noun."""
