"""Numbers, features and tables in plain words."""
