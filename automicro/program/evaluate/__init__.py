"""What a program computes: the reference evaluator, and the evaluator of single rows."""
