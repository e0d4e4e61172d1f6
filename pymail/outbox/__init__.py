"""Queued messages on disk: entry, journal, retry policy."""
