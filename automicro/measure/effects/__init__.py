"""Effects of columns on predictions: importance, curves, interactions, complexity."""
