"""What the settings files of other programs say, in variables of mail.rc."""
