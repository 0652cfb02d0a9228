"""Scores of predictions, by scikit-learn's names or by a function of the user, and their intervals."""
