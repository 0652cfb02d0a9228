"""The interpretability level of a program, and the operations of a prediction."""
