"""The mailbox providers of the world but China."""

from pymail.report.provider import Provider, SecretKind

_APP = SecretKind.APP_PASSWORD
_PASSWORD = SecretKind.PASSWORD
_ISPDB = "Thunderbird's provider list (ISPDB)"
_CHATMAIL = "chatmail's provider list"
_CHATMAIL_DAY = "2026-04-21"
_NODEMAILER = "Nodemailer's list of services"
_ISPDB_DAY = "2026-03-12"
_IMAP_FIRST = "allow access by POP3 and IMAP"


def _zoho(region: str, mail: str) -> Provider:
    """Make the row of one of Zoho's regions; an account is in one of them alone."""
    return Provider(
        name="Zoho Mail",
        domains=(region, mail),
        hosts=(f"smtp.{region}", region),
        secret=_PASSWORD,
        where="use the password of the account, or with two-factor login an app "
        "password (accounts.zoho.com, Security); the server must be that of its region",
        verified=_ISPDB_DAY,
        source=_ISPDB,
        starttls_port=587,
        insists=True,
        family="zoho",
    )


WORLD: tuple[Provider, ...] = (
    Provider(
        name="Gmail",
        domains=("gmail.com", "googlemail.com"),
        hosts=("smtp.gmail.com", "gmail.com", "google.com", "googlemail.com"),
        secret=_APP,
        where="create an app password at https://myaccount.google.com/apppasswords (it "
        "needs 2-step verification)",
        verified=_ISPDB_DAY,
        source=_ISPDB,
        starttls_port=587,
        family="google",
    ),
    Provider(
        name="Outlook.com",
        domains=(
            *("outlook.com", "hotmail.com", "live.com", "msn.com", "windowslive.com"),
            *("outlook.de", "outlook.fr", "outlook.es", "outlook.it", "outlook.jp"),
            *("hotmail.de", "hotmail.fr", "hotmail.es", "hotmail.it", "hotmail.co.uk"),
            *("hotmail.co.jp", "live.cn", "live.de", "live.fr", "live.co.uk"),
        ),
        hosts=("smtp-mail.outlook.com", "hotmail.com", "live.com"),
        secret=SecretKind.TOKEN,
        where="get an OAuth 2 access token for the account and set smtp-auth=xoauth2",
        verified=_ISPDB_DAY,
        source=_ISPDB,
        tls_port=None,
        starttls_port=587,
        insists=True,
        family="microsoft",
    ),
    Provider(
        name="Microsoft 365",
        hosts=("smtp.office365.com", "office365.com", "outlook.com"),
        secret=SecretKind.TOKEN,
        where="get an OAuth 2 access token for the mailbox and set smtp-auth=xoauth2, "
        "or ask the administrator to switch on SMTP AUTH for it",
        verified=_ISPDB_DAY,
        source=_ISPDB,
        tls_port=None,
        starttls_port=587,
        family="microsoft",
    ),
    Provider(
        name="Yahoo Mail",
        domains=(
            *("yahoo.com", "ymail.com", "rocketmail.com", "myyahoo.com"),
            *("yahoo.ca", "yahoo.de", "yahoo.fr", "yahoo.it", "yahoo.es", "yahoo.se"),
            *("yahoo.co.uk", "yahoo.co.in", "yahoo.co.nz", "yahoo.com.au"),
            *("yahoo.com.ar", "yahoo.com.br", "yahoo.com.mx"),
        ),
        hosts=("smtp.mail.yahoo.com", "yahoo.com", "ymail.com"),
        secret=_APP,
        where="log in to https://login.yahoo.com/account/security and generate an app "
        "password",
        verified="2026-03-12",
        source=f"{_ISPDB}; {_CHATMAIL}, 2025-09",
        insists=True,
    ),
    Provider(
        name="AOL",
        domains=("aol.com", "aim.com", "aol.de", "aol.fr", "aol.co.uk", "netscape.net"),
        hosts=("smtp.aol.com", "aol.com"),
        secret=_APP,
        where="log in to https://login.aol.com/account/security and generate an app "
        "password",
        verified=_ISPDB_DAY,
        source=_ISPDB,
    ),
    Provider(
        name="iCloud Mail",
        domains=("icloud.com", "me.com", "mac.com"),
        hosts=("smtp.mail.me.com", "me.com", "icloud.com", "mac.com"),
        secret=_APP,
        where="create an app-specific password at https://account.apple.com, Sign-In "
        "and Security",
        verified="2026-03-12",
        source=f"{_ISPDB}; {_CHATMAIL}, 2024-10",
        tls_port=None,
        starttls_port=587,
    ),
    _zoho("zoho.com", "zohomail.com"),
    _zoho("zoho.eu", "zohomail.eu"),
    _zoho("zoho.in", "zohomail.in"),
    _zoho("zoho.com.au", "zohomail.com.au"),
    _zoho("zoho.jp", "zohomail.jp"),
    _zoho("zohocloud.ca", "zohomailcloud.ca"),
    Provider(
        name="Fastmail",
        domains=("fastmail.com", "fastmail.fm", "fastmail.cn", "fastmail.net"),
        hosts=("smtp.fastmail.com", "fastmail.com", "messagingengine.com"),
        secret=_APP,
        where="log in to Fastmail, Settings > Password & Security, and create an app "
        "password for SMTP",
        verified="2026-03-12",
        source=f"{_ISPDB}; {_CHATMAIL}, 2022-01",
    ),
    Provider(
        name="Yandex Mail",
        domains=(
            *("yandex.com", "yandex.ru", "ya.ru", "yandex.by", "yandex.kz"),
            *("yandex.ua", "narod.ru"),
        ),
        hosts=(
            *("smtp.yandex.com", "smtp.yandex.ru"),
            *("yandex.com", "yandex.ru", "yandex.net"),
        ),
        secret=_APP,
        where="allow mail clients in the settings of the webmail, and create an app "
        "password for mail at https://id.yandex.com",
        verified="2026-03-12",
        source=f"{_ISPDB}; public notes on the app password",
        insists=True,
    ),
    Provider(
        name="Mail.ru",
        domains=("mail.ru", "inbox.ru", "list.ru", "bk.ru", "internet.ru"),
        hosts=("smtp.mail.ru", "mail.ru"),
        secret=_APP,
        where="create a password for external applications at "
        "https://account.mail.ru/user/2-step-auth/passwords/",
        verified=_CHATMAIL_DAY,
        source=f"{_CHATMAIL}; {_ISPDB}, 2026-03",
        starttls_port=587,
        insists=True,
    ),
    Provider(
        name="GMX",
        domains=("gmx.net", "gmx.de", "gmx.at", "gmx.ch", "gmx.eu", "gmx.org"),
        hosts=("mail.gmx.net", "gmx.net", "gmx.de"),
        secret=_PASSWORD,
        where=f"log in to gmx.net, E-Mail > Settings > POP3 & IMAP, {_IMAP_FIRST}, and "
        "use the password of the account",
        verified=_ISPDB_DAY,
        source=_ISPDB,
        starttls_port=587,
        insists=True,
    ),
    Provider(
        name="GMX.com",
        domains=("gmx.com", "gmx.us", "gmx.co.uk", "gmx.fr", "gmx.es", "gmx.cn"),
        hosts=("mail.gmx.com", "gmx.com"),
        secret=_PASSWORD,
        where=f"log in to gmx.com, E-mail > Settings > POP3 & IMAP, {_IMAP_FIRST}, and "
        "use the password of the account",
        verified=_ISPDB_DAY,
        source=_ISPDB,
        starttls_port=587,
        insists=True,
    ),
    Provider(
        name="WEB.DE",
        domains=("web.de",),
        hosts=("smtp.web.de", "web.de"),
        secret=_PASSWORD,
        where=f"log in to web.de, {_IMAP_FIRST} in the settings, and use the "
        "password of the account",
        verified=_ISPDB_DAY,
        source=f"{_ISPDB}; public notes on its replies",
        starttls_port=587,
        local_login=True,
        insists=True,
    ),
    Provider(
        name="mail.com",
        domains=("mail.com", "email.com", "post.com", "usa.com", "europe.com"),
        hosts=("smtp.mail.com", "mail.com"),
        secret=_PASSWORD,
        where=f"log in to mail.com, {_IMAP_FIRST} in the settings (a feature of "
        "Premium), and use the password of the account",
        verified="2026-03-12",
        source=f"{_ISPDB}; {_CHATMAIL}, 2024-03",
        starttls_port=587,
    ),
    Provider(
        name="T-Online",
        domains=("t-online.de", "magenta.de"),
        hosts=("securesmtp.t-online.de", "t-online.de"),
        secret=_APP,
        where="log in to email.t-online.de, Settings > Passwords, and set a password "
        "for mail programs",
        verified="2026-03-12",
        source=f"{_ISPDB}; {_CHATMAIL}, 2020-02",
        starttls_port=587,
    ),
    Provider(
        name="Posteo",
        domains=("posteo.de", "posteo.net", "posteo.eu", "posteo.org", "posteo.at"),
        hosts=("posteo.de",),
        secret=_APP,
        where="create an app password as https://posteo.de/en/help/app-passwords says",
        verified="2026-03-12",
        source=f"{_ISPDB}; {_CHATMAIL}, 2026-01",
        starttls_port=587,
    ),
    Provider(
        name="mailbox.org",
        domains=("mailbox.org", "secure.mailbox.org"),
        hosts=("smtp.mailbox.org", "mailbox.org"),
        secret=_PASSWORD,
        where="use the password of the account",
        verified=_CHATMAIL_DAY,
        source=f"{_CHATMAIL}, checked there in 2019-03",
    ),
    Provider(
        name="Purelymail",
        domains=("purelymail.com", "cheapermail.com", "worldofmail.com"),
        hosts=("smtp.purelymail.com", "purelymail.com"),
        secret=_PASSWORD,
        where="use the password of the account",
        verified=_CHATMAIL_DAY,
        source=f"{_CHATMAIL}, checked there in 2023-12",
    ),
    Provider(
        name="Naver Mail",
        domains=("naver.com",),
        hosts=("smtp.naver.com", "naver.com"),
        secret=_APP,
        where="switch POP3/SMTP on in the settings of mail.naver.com, and create an app "
        "password (it needs 2-step verification)",
        verified="2026-03-12",
        source=f"{_ISPDB}; public notes on the app password",
        starttls_port=587,
    ),
    Provider(
        name="Proton Mail Bridge",
        domains=("proton.me", "protonmail.com", "pm.me"),
        hosts=("127.0.0.1",),
        secret=_APP,
        where="take the password that Proton Mail Bridge on this machine shows for the "
        "account",
        verified="2026-11-26",
        source="the documentation of Himalaya",
        tls_port=None,
        starttls_port=1025,
    ),
    Provider(
        name="Proton Mail",
        hosts=("smtp.protonmail.ch", "protonmail.ch"),
        secret=SecretKind.API_KEY,
        where="create an SMTP token for the address in the settings of Proton Mail "
        "(for addresses of your own domain)",
        verified="2026-08-07",
        source=f"{_NODEMAILER}; the documentation of GitLab",
        tls_port=None,
        starttls_port=587,
    ),
)
