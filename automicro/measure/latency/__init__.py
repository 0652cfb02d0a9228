"""The latency of a prediction of one row, measured in fresh processes."""
