"""Explanations of the prediction for one row."""
