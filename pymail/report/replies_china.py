"""Replies of the mailbox providers of China."""

from pymail.report.advice import Advice
from pymail.report.provider_reply import (
    FROM_IS_LOGIN,
    MAKE_AND_STORE,
    NOT_OWNED,
    SPAM,
    SUSPENDED,
    TOO_LARGE,
    TOO_MANY_LOGINS,
    Row,
)

_NETEASE = (
    Row(
        r"user has no permission",
        Advice(
            "SMTP is not switched on for the account, or this is the login password "
            "and not the authorization code",
            MAKE_AND_STORE,
        ),
        family="netease",
        anywhere=True,
        at_login=True,
    ),
    Row(
        r"user has no permission",
        Advice(
            "the login was right, but the provider does not let the account send at "
            "present",
            "log in to the webmail and look for a notice, or ask the provider; another "
            "code does not help",
        ),
    ),
    Row(r"auth(entication)? error limit exceed", TOO_MANY_LOGINS),
    Row(
        r"\bDT:SUM\b",
        Advice("the From field and the envelope sender differ", FROM_IS_LOGIN),
    ),
    Row(r"\bDT:SPM\b", SPAM),
    Row(
        r"\b(HL:IPB|WM:BLI)\b",
        Advice(
            "the provider does not allow this machine's IP address to send",
            "send with a login through the server of your account, port 465, or from "
            "another machine",
        ),
    ),
    Row(
        r"\b(HL:(IHU|REP|ICC|IFC|MEP)|IP in blacklist|IP is (rejected|blocked))",
        Advice(
            "the provider has suspended this machine's IP address, at least for now",
            "wait some hours, then send fewer at once",
        ),
    ),
    Row(r"\bMI:SPB\b", SUSPENDED),
    Row(
        r"\bMI:DMC\b",
        Advice(
            "too many messages came in one connection",
            "send fewer at once, and the rest later",
        ),
    ),
    Row(
        r"\b(MI:(STC|CEL|CCL|SFQ)|RP:(DRC|QRC|CCL|TRC))\b",
        Advice(
            "the account has sent as much as it may for now, mostly in a day",
            "wait until tomorrow, then send fewer",
        ),
    ),
    Row(r"exceeded mailsize limit", TOO_LARGE),
)

_TENCENT = (
    Row(
        r"authorization code to login|login fail\. (please|account)|mail\.qq\.com",
        Advice(
            "this is not the authorization code, or too many letters were sent in a "
            "row",
            f"{MAKE_AND_STORE}; if the code worked before, wait, and send less often",
        ),
        codes=(535,),
        family="tencent",
        anywhere=True,
    ),
    Row(
        r"authentication failed, system busy",
        Advice(
            "the password or code is wrong, or logins are slowed down after too many "
            "failed ones",
            f"try once more in 15 minutes; if that fails, {MAKE_AND_STORE}",
        ),
        codes=(535,),
        family="tencent",
        anywhere=True,
    ),
    Row(
        r"open smtp flag first",
        Advice(
            "SMTP is not switched on for the account",
            "switch SMTP on in the settings of the webmail; {where}; then: {keep}",
        ),
        family="tencent",
        anywhere=True,
        never_again=True,
    ),
)

_ALIYUN = (
    Row(
        r"authentication failure",
        Advice(
            "user name, password or server are not those of the account",
            f"smtp-auth-user is the full address; {MAKE_AND_STORE}",
        ),
        codes=(526,),
        family="aliyun",
        anywhere=True,
    ),
    Row(
        r'mail from"? (account )?does.{1,4}t conform with authentication',
        NOT_OWNED,
        never_again=True,
    ),
    Row(
        r"reject by \w+ spam.*spf check failed",
        Advice(
            "SPF of the sender's domain does not allow this machine to send",
            "send through the server of that domain, or add this machine to its SPF "
            "record",
        ),
    ),
    Row(r"reject by content spam", SPAM),
    Row(
        r"reject by \w+ spam",
        Advice(
            "the account or address sends too much, or its password is too weak",
            "send less often, and choose a stronger password",
        ),
    ),
    Row(
        r"(monthly|daily) sending quota exceeded|not enough sending quota",
        Advice(
            "the account has used up what it may send",
            "wait for the next day or month, or raise the quota in the console",
        ),
    ),
    Row(
        r"main account unavailable",
        Advice(
            "the cloud account may not send at present",
            "look at its state in the console of Direct Mail",
        ),
    ),
    Row(
        r"invalid rcptto",
        Advice(
            "the provider knows that the recipient's address does not exist",
            "check the recipient's address",
        ),
    ),
    Row(
        r"number of RCPTs is over size",
        Advice("too many recipients for one message", "send to fewer at once"),
    ),
    Row(r"length of DATA content", TOO_LARGE),
)

CHINA: tuple[Row, ...] = (*_NETEASE, *_TENCENT, *_ALIYUN)
