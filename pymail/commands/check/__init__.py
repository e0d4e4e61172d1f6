"""--check: a verdict for every step on the way to the server."""
