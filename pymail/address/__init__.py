"""Mailboxes, lists, aliases and envelopes."""
