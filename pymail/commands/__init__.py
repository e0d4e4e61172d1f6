"""Commands: send, sendmail, compose, outbox, setup, check, run."""
