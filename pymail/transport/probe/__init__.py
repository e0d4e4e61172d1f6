"""The way of a mail to a server, tried without sending one."""
