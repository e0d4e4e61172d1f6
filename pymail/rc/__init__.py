"""The mail.rc language of the mailx family."""
