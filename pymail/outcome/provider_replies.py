"""What mailbox providers mean by replies that the codes do not explain.

One row per reply as it is seen in the wild; the first that fits counts. A row
fits when the code is one of `codes` (none: any), `words` are found in the text
(a regular expression, any case), and the host is in one of the domains `hosts`
(none: any, for words that no one else says). Some providers answer 4yz and
mean never; their rows say `never_again`.
"""

import re
from typing import NamedTuple

from pymail.outcome.advice import Advice
from pymail.outcome.reply import SHOWN_CHARACTERS, Reply

_NETEASE = ("163.com", "126.com", "yeah.net", "188.com", "netease.com")
_QQ = ("qq.com", "foxmail.com")
_ALIYUN = ("aliyun.com", "aliyuncs.com", "mxhichina.com")
_GOOGLE = ("gmail.com", "google.com", "googlemail.com")
_MICROSOFT = ("outlook.com", "office365.com", "hotmail.com", "live.com")
_ZOHO = ("zoho.com", "zoho.eu", "zoho.in", "zoho.com.au", "zoho.jp", "zohocloud.ca")
_YAHOO = ("yahoo.com", "ymail.com", "aol.com")
_APPLE = ("me.com", "icloud.com", "mac.com")
_RUSSIAN = ("mail.ru", "yandex.com", "yandex.ru", "yandex.net")
_GMX = ("gmx.net", "gmx.de", "gmx.com", "web.de", "mail.com")

_NETEASE_CODE = (
    "log in to the webmail, Settings > POP3/SMTP/IMAP, switch SMTP on, create an "
    "authorization code, and set it as smtp-auth-password"
)
_QQ_CODE = (
    "log in to the webmail, Settings > Account, switch SMTP on, create an "
    "authorization code (the old ones end when the QQ password changes), and set it "
    "as smtp-auth-password"
)
_FROM_IS_LOGIN = "set from=, and -r, to the address in smtp-auth-user"
_NOT_SPAM = "give it a real subject and text, From and To, and fewer links and images"
_WAIT = "stop for 15 to 30 minutes, and put the password right before the next try"
_OAUTH = (
    "ask the administrator to switch on SMTP AUTH for the mailbox, or log in with "
    "smtp-auth=xoauth2 and a token"
)
_NOT_OWNED = Advice(
    "the sender is not the account that logged in, which this provider requires",
    _FROM_IS_LOGIN,
)
_HELLO = Advice(
    "the server does not like the name that pymail says hello with",
    "set hostname to a full host name",
)
_SPAM = Advice("the provider takes this mail for spam", _NOT_SPAM)


class Row(NamedTuple):
    """One reply and what it means there."""

    words: str
    advice: Advice
    codes: tuple[int, ...] = ()
    hosts: tuple[str, ...] = ()
    never_again: bool = False


ROWS: tuple[Row, ...] = (
    # NetEase
    Row(
        r"authentication (is )?failed",
        Advice(
            "this is not the authorization code, which SMTP wants in place of the "
            "login password",
            _NETEASE_CODE,
        ),
        codes=(535,),
        hosts=_NETEASE,
    ),
    Row(
        r"user has no permission",
        Advice(
            "SMTP is not switched on for the account, or this is the login password; "
            "after a good login: the account may not send at present",
            _NETEASE_CODE,
        ),
        codes=(550,),
    ),
    Row(r"mail from must equal authorized user", _NOT_OWNED, codes=(553,)),
    Row(
        r"auth(entication)? error limit exceed",
        Advice("too many failed logins came from this address", _WAIT),
        codes=(535, 550, 554),
    ),
    Row(
        r"\bDT:SUM\b",
        Advice("the From field and the envelope sender differ", _FROM_IS_LOGIN),
    ),
    Row(r"\bDT:SPM\b", _SPAM),
    Row(
        r"\b(HL:(IHU|IPB|REP|ICC|IFC|MEP)|IP in blacklist|IP is (rejected|blocked))",
        Advice(
            "the provider does not let this address send, at least for now",
            "wait some hours, then send fewer at once",
        ),
    ),
    Row(
        r"\b(MI:(STC|SPB|CEL|CCL|DMC|SFQ)|RP:(DRC|QRC|CCL|TRC))\b",
        Advice(
            "the account reached a limit, or may not send",
            "wait until tomorrow, or ask the provider to unlock the account",
        ),
    ),
    Row(
        r"authentication is required",
        Advice("the server wants a login", "set smtp-auth-user and smtp-auth-password"),
        codes=(530, 550, 553),
    ),
    Row(
        r"exceeded mailsize limit",
        Advice(
            "the message is larger than the provider takes",
            "put the file somewhere and send a link",
        ),
        codes=(552,),
    ),
    # Tencent
    Row(
        r"authorization code to login|mail\.qq\.com.*no=1001256|login fail\. please",
        Advice(
            "this is not the authorization code, or too many letters were sent in a "
            "row",
            _QQ_CODE,
        ),
        codes=(535,),
    ),
    Row(
        r"",
        Advice("the login failed: SMTP wants an authorization code here", _QQ_CODE),
        codes=(535,),
        hosts=_QQ,
    ),
    Row(
        r"mail from address must be same as authorization user",
        _NOT_OWNED,
        codes=(501, 553),
    ),
    Row(
        r"need EHLO and AUTH first",
        Advice("the server wants a login", "set smtp-auth-user and smtp-auth-password"),
        codes=(503,),
    ),
    # Aliyun
    Row(
        r"authentication failure",
        Advice(
            "the login failed",
            "use the full address as smtp-auth-user and, when that feature is on, the "
            "client security password; check that the server is that of the account",
        ),
        codes=(526,),
    ),
    Row(
        r"mail from account does.{1,4}t conform with authentication",
        _NOT_OWNED,
        codes=(440, 550, 553),
        never_again=True,
    ),
    Row(
        r"reject by \w+ spam",
        Advice(
            "the account or address sends too much, or its password is too weak",
            "send less often, and choose a stronger password",
        ),
    ),
    # Google
    Row(
        r"application-specific password required",
        Advice(
            "Google wants an app password",
            "make one at https://myaccount.google.com/apppasswords (it needs 2-step "
            "verification) and set it as smtp-auth-password",
        ),
        codes=(534,),
    ),
    Row(
        r"username and password not accepted",
        Advice(
            "this is not an app password, which Google wants in place of the login "
            "password",
            "make one at https://myaccount.google.com/apppasswords (it needs 2-step "
            "verification) and set it as smtp-auth-password",
        ),
        codes=(535,),
    ),
    Row(r"(helo|ehlo) (argument|command rejected)", _HELLO),
    Row(
        r"daily (user )?sending (limit|quota)",
        Advice("the account sent as much as it may in a day", "wait until tomorrow"),
        hosts=_GOOGLE,
    ),
    Row(
        r"must issue a STARTTLS command first",
        Advice("the server wants TLS first", "set smtp-use-starttls, or use smtps://"),
        codes=(530,),
    ),
    # Microsoft
    Row(
        r"SmtpClientAuthentication is disabled|basic authentication is disabled",
        Advice("Microsoft has switched logins with a password off here", _OAUTH),
        codes=(535,),
    ),
    Row(
        r"basic authentication is not supported",
        Advice(
            "Microsoft takes no passwords any more",
            "log in with smtp-auth=xoauth2 and a token",
        ),
        codes=(535, 550),
    ),
    Row(r"permissions? to send as this sender", _NOT_OWNED),
    Row(
        r"authentication unsuccessful",
        Advice(
            "Exchange does not take this password, or not this way to log in", _OAUTH
        ),
        codes=(535,),
    ),
    Row(
        r"",
        Advice("Microsoft refused the login", _OAUTH),
        codes=(535,),
        hosts=_MICROSOFT,
    ),
    # Zoho
    Row(r"relaying disallowed", _NOT_OWNED, codes=(550, 553), hosts=_ZOHO),
    Row(
        r"subject is mandatory",
        Advice("the server wants a subject", "give one with -s"),
    ),
    # Yahoo, Apple, Fastmail, Yandex, Mail.ru, GMX
    Row(
        r"",
        Advice(
            "the login failed: this provider wants an app password",
            "make an app password in the account's security settings and set it as "
            "smtp-auth-password",
        ),
        codes=(534, 535),
        hosts=(*_YAHOO, *_APPLE, *_RUSSIAN, "fastmail.com", "messagingengine.com"),
    ),
    Row(
        r"",
        Advice(
            "the login failed: GMX wants POP3 and IMAP switched on first",
            "log in to the webmail, Settings > POP3 & IMAP, and allow access",
        ),
        codes=(535,),
        hosts=_GMX,
    ),
    Row(r"not owned by (auth|user)|sender address.*not owned", _NOT_OWNED),
    Row(
        r"need fully-qualified address",
        Advice(
            "the address has no domain",
            "set from= to a full address; write recipients in full",
        ),
    ),
    Row(r"not authorized to send mail as", _NOT_OWNED),
    # Relays
    Row(
        r"does not match a verified sender identity",
        Advice(
            "SendGrid does not know the sender",
            "verify the address in `from` in its console",
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
            "create SMTP credentials in the SES console of that region",
        ),
        codes=(535,),
        hosts=("amazonaws.com",),
    ),
    Row(
        r"",
        Advice(
            "SendGrid did not take the key",
            "set smtp-auth-user=apikey and the API key as smtp-auth-password",
        ),
        codes=(535,),
        hosts=("sendgrid.net",),
    ),
    # What many servers say
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
            "the server does not pass mail on for a stranger",
            "set smtp-auth-user and smtp-auth-password",
        ),
    ),
    Row(
        r"(sender|from).*(same|match|equal).*(user|login|account|authenticat)"
        r"|envelope sender.*(user|login|account)",
        _NOT_OWNED,
        codes=(501, 550, 553, 554),
    ),
)


def find(reply: Reply, host: str = "") -> Advice | None:
    """Return what the first fitting row says, None when no row fits."""
    for row in ROWS:
        if _fits(row, reply) and _is_in(host, row.hosts):
            return row.advice
    return None


def means_never(reply: Reply) -> bool:
    """Tell whether a 4yz is known to be for good, whatever its code says."""
    return any(row.never_again and _fits(row, reply) for row in ROWS)


def _fits(row: Row, reply: Reply) -> bool:
    """The words count where people see them, which also bounds the search."""
    return (not row.codes or reply.code in row.codes) and bool(
        re.search(row.words, reply.text[:SHOWN_CHARACTERS], re.IGNORECASE)
    )


def _is_in(host: str, domains: tuple[str, ...]) -> bool:
    name = host.lower().rstrip(".")
    return not domains or any(name == d or name.endswith("." + d) for d in domains)
