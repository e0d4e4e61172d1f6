"""Addresses, mailboxes, lists, aliases and envelopes."""
