"""What rich paints for a terminal; nothing else imports rich."""
