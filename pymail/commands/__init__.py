"""What each thing that can be asked for does: send, sendmail, outbox, setup, check."""
