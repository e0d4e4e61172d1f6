"""Ways for a message to leave."""
