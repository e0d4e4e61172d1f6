"""The check: a verdict for every step to the server."""
