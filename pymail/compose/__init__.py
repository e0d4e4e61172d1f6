"""Writing a message at a terminal."""
