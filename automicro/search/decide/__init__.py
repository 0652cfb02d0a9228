"""The decision after the search: certificate, latency, and which file is returned."""
