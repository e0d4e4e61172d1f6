"""The outbox, again: claim what is due, send it, settle what came of it."""
