"""Prototypes of classes and of numbers: what is nearest decides, or how near it is."""
