"""Proofs that a score only rises or only falls with a column, or counterexamples."""
