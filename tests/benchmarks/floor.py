"""The minimum of a sender in Python with the same libraries.

It loads click, email and smtplib, and sends one mail with the shortest code.
"""

import smtplib
import ssl
import sys
from collections.abc import Callable
from email.message import EmailMessage
from functools import partial
from pathlib import Path

import click


@click.command()
@click.argument("port", type=int)
@click.option("--tls", type=click.Choice(["none", "starttls", "implicit"]))
@click.option("--login", is_flag=True)
@click.option("--verified", is_flag=True)
@click.option("--attach", type=click.Path(path_type=Path))
def main(port: int, tls: str, login: bool, verified: bool, attach: Path | None) -> None:
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
    context = ssl.create_default_context() if verified else None
    kind: Callable[..., smtplib.SMTP] = smtplib.SMTP
    if tls == "implicit":
        kind = partial(smtplib.SMTP_SSL, context=context)
    # a name for EHLO, because a lookup is no part of sending
    with kind("localhost", port, local_hostname="localhost") as session:
        if tls == "starttls":
            session.starttls(context=context)
        if login:
            session.login("me@example.com", "secret")
        session.send_message(message)


if __name__ == "__main__":
    main()
