"""Replies of the other providers, and words that many servers use."""

from pymail.outcome.advice import Advice
from pymail.outcome.provider import SecretKind
from pymail.outcome.provider_reply import (
    FROM_IS_LOGIN,
    LOGIN_REFUSED,
    MAKE_AND_STORE,
    NEEDS_LOGIN,
    NOT_OWNED,
    TOO_LARGE,
    TOO_MANY_LOGINS,
    Row,
)

_HELLO = Advice(
    "the server does not like the name that pymail says hello with",
    "set hostname to a full host name",
)
_TOKEN = "log in with smtp-auth=xoauth2 and an access token"  # noqa: S105 - words

_GOOGLE = (
    Row(
        r"application-specific password required",
        LOGIN_REFUSED[SecretKind.APP_PASSWORD],
        family="google",
        anywhere=True,
    ),
    Row(
        r"username and password not accepted",
        LOGIN_REFUSED[SecretKind.APP_PASSWORD],
        family="google",
        anywhere=True,
    ),
    Row(
        r"log ?in (with|through|via) your web browser",
        Advice(
            "Google wants to see the owner of the account in a browser first",
            "log in at https://accounts.google.com with a browser, then try again",
        ),
    ),
    Row(
        r"daily (user )?sending (limit|quota)",
        Advice("the account sent as much as it may in a day", "wait until tomorrow"),
        family="google",
    ),
    Row(
        r"must issue a STARTTLS command first",
        Advice("the server wants TLS first", "set smtp-use-starttls, or use smtps://"),
    ),
)

_MICROSOFT = (
    Row(
        r"SmtpClientAuthentication is disabled",
        Advice(
            "Microsoft has switched logins with a password off for this mailbox or "
            "organization",
            "ask the administrator to switch on SMTP AUTH for the mailbox, or "
            f"{_TOKEN}",
        ),
    ),
    Row(
        r"basic authentication is (disabled|not supported)",
        Advice("Microsoft takes no passwords here any more", _TOKEN),
    ),
    Row(
        r"permissions? to send as this sender|SendAsDenied",
        Advice(
            NOT_OWNED.meaning,
            f"{FROM_IS_LOGIN}, or have the permission Send As granted",
        ),
    ),
    Row(
        r"authentication unsuccessful",
        Advice(
            "Exchange does not take this password, or not this way to log in",
            "check smtp-auth-user and password; ask the administrator to switch on "
            f"SMTP AUTH for the mailbox, or {_TOKEN}",
        ),
        codes=(535,),
    ),
)

_ZOHO = (
    Row(r"relaying disallowed as", NOT_OWNED),
    Row(r"relaying disallowed", NOT_OWNED, family="zoho"),
    Row(
        r"\bvirus\b.*detected",
        Advice(
            "the provider found a virus in the message",
            "check the attachments before you send it again",
        ),
    ),
    Row(
        r"subject is mandatory",
        Advice("the server wants a subject", "give one with -s"),
    ),
    Row(r"email size exceeded the policy", TOO_LARGE),
)

_RELAYS = (
    Row(
        r"does not match a verified sender identity",
        Advice(
            "SendGrid does not know the sender",
            "verify the address in `from` in its console, Settings > Sender "
            "Authentication",
        ),
    ),
    Row(
        r"email address is not verified",
        Advice(
            "Amazon SES has not verified an address (in the sandbox: the recipients' "
            "too)",
            "verify the addresses in the SES console of that region",
        ),
    ),
    Row(
        r"authentication credentials invalid",
        Advice(
            "Amazon SES wants its own SMTP user and password, not the access key",
            MAKE_AND_STORE,
        ),
        family="amazon",
    ),
)

WORLD: tuple[Row, ...] = (*_GOOGLE, *_MICROSOFT, *_ZOHO, *_RELAYS)

ANYBODY: tuple[Row, ...] = (
    Row(r"(helo|ehlo) (argument|command rejected)", _HELLO),
    Row(r"not owned by (auth|user)|sender address.*not owned", NOT_OWNED),
    Row(r"sender address is not allowed", NOT_OWNED),
    Row(
        r"need fully-qualified address",
        Advice(
            "the address has no domain",
            "set from= to a full address; write recipients in full",
        ),
    ),
    Row(r"not authorized to send mail as", NOT_OWNED),
    Row(r"too many (failed )?(login|auth)", TOO_MANY_LOGINS),
    Row(
        r"gr[ae]y.?list",
        Advice(
            "the server wants to see a second try first (greylisting)",
            "send it again after ten minutes",
        ),
    ),
    Row(
        r"relay(ing)? (access )?(denied|not (allowed|permitted))|not permitted to relay"
        r"|unable to relay",
        Advice(
            "the server does not pass mail on for a stranger", NEEDS_LOGIN.next_step
        ),
    ),
    Row(
        r"(sender|from).*(same|match|equal).*(user|login|account|authenticat)"
        r"|envelope sender.*(user|login|account)",
        NOT_OWNED,
        codes=(501, 550, 553, 554),
    ),
)
