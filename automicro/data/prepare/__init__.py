"""Preparation of columns as features, learnt on training rows only."""
