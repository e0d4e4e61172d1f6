"""What --help of the sendmail door says, in 80 columns; the manual has the rest."""

TEXT = """\
Usage: {name} [OPTION]... [ADDRESS]...

  Hand over the message on standard input, as sendmail does: it goes out as it
  is written, through the server that mail.rc names.

Handing over:
  -t            Take recipients from To, Cc and Bcc, too
  -f ADDRESS    Envelope sender; -r is the same
  -F NAME       Full name of the sender, where the message has no From
  -i, -oi       A line with a dot alone is text (as it always is here)
  -N WHEN       Delivery notices: success,failure,delay or never
  -R full|hdrs  What they return
  -V ID         Envelope id
  -v            Show the conversation

The outbox:
  -bp           List the mails that wait; so does mailq
  -q            Send them now

Other letters of sendmail are taken, and do nothing.

Examples:
  printf 'Subject: Disk\\n\\nfull\\n' | {name} ops@example.com
  {name} -t < message
  pymail --check ops@example.com   # tries the way to the server, sends nothing

Settings come from /etc/mail.rc, then ~/.mailrc.
Exit status: 0 sent to everyone; 64 to 78 say why not, 75 is worth a new try.
Manual: man pymail
"""


def text(name: str) -> str:
    """Write it for a command that is called by this name."""
    return TEXT.format(name=name)
