"""Robustness of predictions under perturbed inputs."""
