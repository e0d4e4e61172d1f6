"""Variables to typed settings, each with its origin."""
