"""Commands that are run for what comes of them."""
