"""A second evaluation of a model from its printed card, compared with the file."""
