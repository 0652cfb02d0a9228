"""The metrics of a request: known by name, or defined by the user."""
