"""Files that keep messages."""
