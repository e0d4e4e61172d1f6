"""Files of mails and of state: mbox, maildir, dead letter, log."""
