"""Replies, fates, exit statuses and explanations."""
