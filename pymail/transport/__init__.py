"""Transports: SMTP, LMTP, a local program, a file."""
