"""Measures of clusters: indices of a partition, and whether a table has clusters at all."""
