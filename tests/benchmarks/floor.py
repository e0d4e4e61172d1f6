"""The least that a sender in Python can do that is built on the same parts.

It loads click, email and smtplib, and sends one mail by the shortest way they know.
"""

import smtplib
import sys
from email.message import EmailMessage
from pathlib import Path

import click


@click.command()
@click.argument("port", type=int)
@click.option("--tls", type=click.Choice(["none", "starttls", "implicit"]))
@click.option("--login", is_flag=True)
@click.option("--attach", type=click.Path(path_type=Path))
def main(port: int, tls: str, login: bool, attach: Path | None) -> None:
    """Send standard input as a mail."""
    message = EmailMessage()
    message["From"] = "me@example.com"
    message["To"] = "user0@example.com"
    message["Subject"] = "Subject"
    message.set_content(sys.stdin.read())
    if attach:
        message.add_attachment(
            attach.read_bytes(),
            maintype="application",
            subtype="octet-stream",
            filename=attach.name,
        )
    kind = smtplib.SMTP_SSL if tls == "implicit" else smtplib.SMTP
    # a name for EHLO: looking it up is no part of sending
    with kind("localhost", port, local_hostname="localhost") as session:
        if tls == "starttls":
            session.starttls()
        if login:
            session.login("me@example.com", "secret")
        session.send_message(message)


if __name__ == "__main__":
    main()
