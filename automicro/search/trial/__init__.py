"""One trial: training, lowering, and the scores of every variant on validation rows."""
