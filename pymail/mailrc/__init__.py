"""The mail.rc language."""
