"""Partitions of rows that have no target, by thresholds or by centres."""
