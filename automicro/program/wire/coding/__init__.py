"""Entropy coding: the range coder, and numbers, sets, symbols and texts written with it."""
