"""Fits of linear scores: losses, Newton steps, ridge and paths of selected terms."""
