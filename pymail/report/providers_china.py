"""The mailbox providers of China."""

from pymail.report.provider import Provider, SecretKind

_CODE = SecretKind.AUTHORIZATION_CODE
_PASSWORD = SecretKind.PASSWORD
_ISPDB = "Thunderbird's provider list (ISPDB)"
_NODEMAILER = "Nodemailer's list of services"
_REPOSITORIES = "settings in public repositories"
_ISPDB_DAY = "2026-03-12"
_NODEMAILER_DAY = "2026-08-07"

CHINA: tuple[Provider, ...] = (
    Provider(
        name="163",
        domains=("163.com",),
        hosts=("smtp.163.com", "163.com", "netease.com"),
        secret=_CODE,
        where="log in to mail.163.com, Settings > POP3/SMTP/IMAP, switch SMTP on and "
        "create an authorization code",
        verified=_ISPDB_DAY,
        source=_ISPDB,
        starttls_port=25,
        insists=True,
        family="netease",
    ),
    Provider(
        name="126",
        domains=("126.com",),
        hosts=("smtp.126.com", "126.com"),
        secret=_CODE,
        where="log in to mail.126.com, Settings > POP3/SMTP/IMAP, switch SMTP on and "
        "create an authorization code",
        verified=_ISPDB_DAY,
        source=_ISPDB,
        starttls_port=25,
        insists=True,
        family="netease",
    ),
    Provider(
        name="yeah.net",
        domains=("yeah.net",),
        hosts=("smtp.yeah.net", "yeah.net"),
        secret=_CODE,
        where="log in to mail.yeah.net, Settings > POP3/SMTP/IMAP, switch SMTP on and "
        "create an authorization code",
        verified=_ISPDB_DAY,
        source=_ISPDB,
        insists=True,
        family="netease",
    ),
    Provider(
        name="188",
        domains=("188.com",),
        hosts=("smtp.188.com", "188.com"),
        secret=_CODE,
        where="log in to the webmail of 188.com, switch SMTP on in its settings and "
        "create an authorization code",
        verified="2026-11-26",
        source=_REPOSITORIES,
        insists=True,
        family="netease",
    ),
    Provider(
        name="NetEase Enterprise Mail",
        hosts=("smtp.qiye.163.com", "qiye.163.com"),
        secret=_PASSWORD,
        where="use the password of the mailbox, or the authorization code from its "
        "webmail where the administrator asks for one",
        verified="2026-11-26",
        source=f"{_REPOSITORIES}, and mail that passed that server in 2026",
        insists=True,
        family="netease",
    ),
    Provider(
        name="QQ Mail",
        domains=("qq.com", "foxmail.com"),
        hosts=("smtp.qq.com", "qq.com", "foxmail.com"),
        secret=_CODE,
        where="log in to mail.qq.com, Settings > Account, switch POP3/SMTP on and "
        "create an authorization code (the old ones end when the QQ password changes)",
        verified=_ISPDB_DAY,
        source=_ISPDB,
        starttls_port=587,
        insists=True,
        family="tencent",
    ),
    Provider(
        name="Tencent Exmail",
        hosts=("smtp.exmail.qq.com", "exmail.qq.com"),
        secret=_PASSWORD,
        where="use the password of the mailbox; with secure login on, log in to "
        "exmail.qq.com, Settings > Mailbox Binding, and create a client-specific "
        "password",
        verified=_NODEMAILER_DAY,
        source=f"{_NODEMAILER}; a setup guide of Topmailsender",
        insists=True,
        family="tencent",
    ),
    Provider(
        name="Aliyun Mail",
        domains=("aliyun.com",),
        hosts=("smtp.aliyun.com", "aliyun.com"),
        secret=_PASSWORD,
        where="use the password of mail.aliyun.com",
        verified=_NODEMAILER_DAY,
        source=_NODEMAILER,
        family="aliyun",
    ),
    Provider(
        name="Alibaba Mail",
        hosts=(
            *("smtp.qiye.aliyun.com", "qiye.aliyun.com"),
            *("smtp.mxhichina.com", "mxhichina.com"),
        ),
        secret=_PASSWORD,
        where="use the login password of the mailbox, or its client security password "
        "once that is on",
        verified="2026-08-07",
        source=f"{_NODEMAILER}; the help of Alibaba Mail",
        insists=True,
        family="aliyun",
    ),
    Provider(
        name="Aliyun Direct Mail",
        hosts=(
            "smtpdm.aliyun.com",
            "smtpdm-ap-southeast-1.aliyuncs.com",
            "smtpdm-us-east-1.aliyuncs.com",
            "smtpdm-eu-central-1.aliyuncs.com",
            "smtpdm-ap-southeast-1.aliyun.com",
            "aliyuncs.com",
        ),
        secret=_PASSWORD,
        where="log in to the Direct Mail console, Sender Addresses, Set SMTP Password; "
        "address, password and server are those of one region",
        verified="2026-06-27",
        source="the help of Alibaba Cloud Direct Mail",
        starttls_port=80,
        more_starttls_ports=(25,),
        insists=True,
        family="aliyun",
    ),
    Provider(
        name="Tencent Cloud SES",
        hosts=(
            *("smtp.qcloudmail.com", "gz-smtp.qcloudmail.com"),
            *("sg-smtp.qcloudmail.com", "qcloudmail.com"),
        ),
        secret=_PASSWORD,
        where="log in to the SES console, Configuration > Sender Address, Set SMTP "
        "Password",
        verified="2026-01-22",
        source="the help of Tencent Cloud SES",
    ),
    Provider(
        name="Sina Mail",
        domains=("sina.com", "sina.cn"),
        hosts=("smtp.sina.com", "sina.com", "sina.cn", "sina.com.cn"),
        secret=_CODE,
        where="log in to mail.sina.com.cn, Settings > Client POP/IMAP/SMTP, switch "
        "IMAP4/SMTP on and copy the authorization code",
        verified="2026-11-26",
        source=f"a setup guide of Topmailsender; {_REPOSITORIES}",
        insists=True,
    ),
    Provider(
        name="Sohu Mail",
        domains=("sohu.com", "vip.sohu.com"),
        hosts=("smtp.sohu.com", "sohu.com"),
        secret=_CODE,
        where="log in to mail.sohu.com, Settings > POP3/SMTP/IMAP, switch IMAP/SMTP on "
        "and copy the independent password",
        verified="2026-11-26",
        source="a setup guide of Topmailsender",
    ),
    Provider(
        name="139",
        domains=("139.com",),
        hosts=("smtp.139.com", "139.com"),
        secret=_CODE,
        where="log in to mail.139.com, switch SMTP on in its settings and create an "
        "authorization code",
        verified="2026-11-26",
        source=_REPOSITORIES,
    ),
    Provider(
        name="Feishu Mail",
        hosts=("smtp.feishu.cn",),
        secret=SecretKind.APP_PASSWORD,
        where="create a password for third-party mail clients in the mail settings of "
        "Feishu",
        verified=_NODEMAILER_DAY,
        source=_NODEMAILER,
    ),
)
