"""A model as it is deployed: loads, predicts, saves, with numpy alone."""
