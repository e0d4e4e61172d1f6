"""Replies of the other providers, and words that many servers use."""

from pymail.report import status_codes
from pymail.report.advice import Advice
from pymail.report.provider import SecretKind
from pymail.report.provider_reply import (
    FROM_IS_LOGIN,
    LOGIN_REFUSED,
    MAKE_AND_STORE,
    NEEDS_LOGIN,
    NOT_OWNED,
    SPAM,
    SUSPENDED,
    TOO_LARGE,
    TOO_MANY_LOGINS,
    Row,
)
from pymail.report.reply import CONTENT, GREETING, HELLO, LOGIN, MAIL, RCPT

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

_NO_DOMAIN = (
    r"need fully-qualified address|must contain a domain|(missing|no) domain( name)?\b"
    r"|domain (name )?(is )?(missing|required)|unqualified address"
)
_OF_NO_DOMAIN = Advice(
    "the address has no domain",
    "set from= to a full address; write recipients in full",
)
_LIST = (
    r"(black|block|deny).?list|\b(rbl|dnsbl|spamcop|sorbs|barracuda\w*)\b|spamhaus"
    r"|(?<!not )\blisted (at|by|in|on)\b|blocked using|reputation"
)
_OURS = r"\b(ip( address)?|client( host)?|your (host|network|server))\b"
_IPV4 = r"\b[0-9]+(\.[0-9]+){3}\b"

_RELAY = (
    r"relay(ing)? (access )?(denied|not (allowed|permitted))|not permitted to relay"
    r"|unable to relay|rcpthosts|relay check|do(es)?n.t relay|not relay"
)

# Whom the words are about comes first, then what is wrong.
ANYBODY: tuple[Row, ...] = (
    Row(
        r"\bLHLO\b",
        Advice("the server speaks LMTP, not SMTP", "write lmtp:// in `smtp`"),
        steps=(HELLO,),
    ),
    Row(
        r"(helo|ehlo)\b.*(argument|rejected|invalid|denied)|(invalid|bad) (helo|ehlo)",
        status_codes.BAD_NAME,
    ),
    Row(_NO_DOMAIN, _OF_NO_DOMAIN, steps=(MAIL,)),
    Row(rf"sender.*({_NO_DOMAIN})", _OF_NO_DOMAIN),
    Row(
        _NO_DOMAIN,
        Advice(
            "the recipient's address has no domain",
            "write it in full, or say in mail.rc whose it is: alias NAME you@example.com",
        ),
    ),
    Row(r"too many (failed )?(login|auth)", TOO_MANY_LOGINS),
    Row(
        r"not owned by (auth|user)|sender (address )?(is |rejected: )?not (owned|allowed)"
        r"|not (authori[sz]ed|allowed|permitted) to (send|use)\b.*\b(as|from)\b"
        r"|not one of your addresses",
        NOT_OWNED,
    ),
    Row(
        r"(sender|from).*(same|match|equal).*(user|login|account|authenticat)"
        r"|envelope sender.*(user|login|account)",
        NOT_OWNED,
        codes=(501, 550, 553, 554),
    ),
    Row(
        r"reverse (dns|name|lookup|hostname)|\b(rdns|PTR)\b|cannot find your hostname",
        status_codes.ENHANCED[7, 25],
    ),
    Row(
        rf"^(?!.*{_IPV4}).*\b(sender|from|domain)\b[^;]*({_LIST})|\b(rhsbl|dbl)\b",
        Advice(
            "the sender's domain is on a block list",
            "ask those who keep the list to take it off, or send from another domain",
        ),
        steps=(MAIL, RCPT, CONTENT),
    ),
    Row(
        rf"(ur[li]|link|content|body)s?\b[^;]*({_LIST})|\b(uribl|surbl)\b",
        SPAM,
        steps=(CONTENT,),
    ),
    Row(
        rf"{_LIST}|{_OURS}[^;]*(blocked|banned|rejected|denied)",
        Advice(
            "this machine's address is on a block list, or is not trusted there",
            "send with a login through the server of your account, or ask those who "
            "keep the list to take the address off",
        ),
        steps=(GREETING, HELLO, MAIL, RCPT, CONTENT),
    ),
    Row(
        r"\bvirus|malware|infected",
        Advice(
            "the provider found a virus in the message",
            "check the attachments before you send it again",
        ),
        steps=(CONTENT,),
    ),
    Row(
        r"its content|content (is |was )?(rejected|blocked)|potential security issue"
        r"|(attachment|file).*(not (allowed|accepted)|blocked|banned|prohibited)|banned",
        Advice(
            "the server does not take what is attached, or what the text holds",
            "put the file somewhere else and send a link, or change the text",
        ),
        steps=(CONTENT,),
    ),
    Row(
        r"(too many|concurrent) (\w+ )*(connections|sessions)",
        Advice(
            "too many connections from here at once",
            "send one after the other, and try again later",
        ),
    ),
    Row(
        r"(mailbox|inbox|maildir|recipient|storage)\b.*(\bfull|quota)|over ?quota",
        status_codes.ENHANCED[2, 2],
        steps=(RCPT, CONTENT),
    ),
    Row(
        r"throttl|\brate\b.*(limit|exceed)|too (much|many) (e?mails?|messages)\b"
        r"|(max\w*|limit|quota)\b.*\b(messages|e?mails|credits|hour|day)\b"
        r"|(daily|hourly|sending|sent)\b.*(limit|quota)",
        Advice("too much mail at once from here", "wait, then send fewer"),
    ),
    Row(
        r"(user|account|mailbox) (is|has been|was) (locked|disabled|suspended|blocked)"
        r"|sending suspended|unusual sending activity",
        SUSPENDED,
        steps=(LOGIN, MAIL, CONTENT),
    ),
    Row(r"\bspam\b|anti-?spam|\b(junk|bulk) mail|unsolicited", SPAM, steps=(CONTENT,)),
    Row(
        r"\b(SPF|DKIM|DMARC)\b",
        Advice(
            "SPF, DKIM or DMARC of the sender's domain do not cover this machine",
            status_codes.SIGNED,
        ),
        steps=(MAIL, RCPT, CONTENT),
    ),
    Row(
        r"gr[ae]y.?list|(try|come) (it )?(again )?(later|back)",
        Advice(
            "the server wants to see a second try first (greylisting)",
            "send it again after ten minutes",
        ),
        codes=(450, 451),
        steps=(MAIL, RCPT, CONTENT),
    ),
    Row(
        r"STARTTLS (command )?first|without (SSL|TLS)|encryption (is )?required"
        r"|(SSL|TLS) (is )?(required|needed)|AUTH.*not advertised",
        Advice("the server wants TLS first", status_codes.TLS),
        in_clear=True,
    ),
    Row(
        _RELAY,
        Advice(
            "the server does not pass on what this account sends there",
            "set from= to an address of the account, or ask those who run the server",
        ),
        steps=(RCPT, CONTENT),
        logged_in=True,
    ),
    Row(
        _RELAY,
        Advice(
            "the server does not pass mail on for a stranger", NEEDS_LOGIN.next_step
        ),
    ),
    Row(
        r"authentication (is )?required|not authenticated|(auth|login) (command )?first"
        r"|(must|need to|have to|please) (be )?(auth|log ?in)|smtp authentication",
        NEEDS_LOGIN,
        steps=(MAIL, RCPT, CONTENT),
    ),
    Row(r"", status_codes.CODES[530], codes=(530,), in_clear=True),
    Row(r"", NEEDS_LOGIN, codes=(530,), steps=(MAIL, RCPT)),
    Row(
        r"sender (address )?(\S+ )?(is )?(rejected|denied|refused|invalid)|bad sender",
        status_codes.BAD_SENDER,
        steps=(MAIL, RCPT, CONTENT),
    ),
    Row(
        r"rejected by (the )?recipient|(not|n't) (allowed|able|permitted) to receive",
        Advice(
            "the recipient takes no mail from here, or none at all",
            status_codes.POSTMASTER,
        ),
        steps=(RCPT, CONTENT),
    ),
    Row(
        r"(no such|unknown|invalid) (local )?(user|recipient|mailbox|person|address)"
        r"|(user|recipient|mailbox|account)\b.*(unknown|not found|n.t exist|not exist)"
        r"|RCPT.*n.t exist|RecipientNotFound|unrout\w+ address",
        status_codes.ENHANCED[1, 1],
        steps=(RCPT, CONTENT),
    ),
)
