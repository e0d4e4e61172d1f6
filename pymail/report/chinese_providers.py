"""Where providers make their secrets, in Chinese."""

_PASSWORD = "使用账户的密码"  # noqa: S105 - words
_IMAP = "允许 POP3 和 IMAP 访问"
_CODE = "开启 SMTP 服务并生成授权码"

PROVIDERS: dict[str, str] = {
    "log in to mail.163.com, Settings > POP3/SMTP/IMAP, switch SMTP on and create an "
    "authorization code": f"登录 mail.163.com，设置 > POP3/SMTP/IMAP，{_CODE}",
    "log in to mail.126.com, Settings > POP3/SMTP/IMAP, switch SMTP on and create an "
    "authorization code": f"登录 mail.126.com，设置 > POP3/SMTP/IMAP，{_CODE}",
    "log in to mail.yeah.net, Settings > POP3/SMTP/IMAP, switch SMTP on and create an "
    "authorization code": f"登录 mail.yeah.net，设置 > POP3/SMTP/IMAP，{_CODE}",
    "log in to the webmail of 188.com, switch SMTP on in its settings and create an "
    "authorization code": f"登录 188.com 网页邮箱，在设置中{_CODE}",
    "use the password of the mailbox, or the authorization code from its webmail where "
    "the administrator asks for one": (
        "使用邮箱密码；管理员要求授权码的，使用网页邮箱中生成的授权码"
    ),
    "log in to mail.qq.com, Settings > Account, switch POP3/SMTP on and create an "
    "authorization code (the old ones end when the QQ password changes)": (
        "登录 mail.qq.com，设置 > 账号，开启 POP3/SMTP 服务并生成授权码"
        "（修改 QQ 密码后旧授权码失效）"
    ),
    "use the password of the mailbox; with secure login on, log in to exmail.qq.com, "
    "Settings > Mailbox Binding, and create a client-specific password": (
        "使用邮箱密码；开启了安全登录的，登录 exmail.qq.com，设置 > 邮箱绑定，"
        "生成客户端专用密码"
    ),
    "use the password of mail.aliyun.com": "使用 mail.aliyun.com 的登录密码",
    "use the login password of the mailbox, or its client security password once that "
    "is on": "使用邮箱登录密码；开启了三方客户端安全密码的，使用该密码",
    "log in to the Direct Mail console, Sender Addresses, Set SMTP Password; address, "
    "password and server are those of one region": (
        "登录邮件推送控制台，发信地址 > 设置 SMTP 密码；发信地址、密码和服务器要属于"
        "同一区域"
    ),
    "log in to the SES console, Configuration > Sender Address, Set SMTP Password": (
        "登录邮件推送（SES）控制台，邮件配置 > 发信地址 > 设置 SMTP 密码"
    ),
    "log in to mail.sina.com.cn, Settings > Client POP/IMAP/SMTP, switch IMAP4/SMTP on "
    "and copy the authorization code": (
        "登录 mail.sina.com.cn，设置 > 客户端 POP/IMAP/SMTP，开启 IMAP4/SMTP 服务并"
        "复制授权码"
    ),
    "log in to mail.sohu.com, Settings > POP3/SMTP/IMAP, switch IMAP/SMTP on and copy "
    "the independent password": (
        "登录 mail.sohu.com，设置 > POP3/SMTP/IMAP，开启 IMAP/SMTP 服务并复制独立密码"
    ),
    "log in to mail.139.com, switch SMTP on in its settings and create an "
    "authorization code": f"登录 mail.139.com，在设置中{_CODE}",
    "create a password for third-party mail clients in the mail settings of Feishu": (
        "在飞书邮箱设置中生成第三方邮箱客户端的专用密码"
    ),
    "create an app password at https://myaccount.google.com/apppasswords (it needs "
    "2-step verification)": (
        "在 https://myaccount.google.com/apppasswords 创建应用专用密码"
        "（需先开启两步验证）"
    ),
    "get an OAuth 2 access token for the account and set smtp-auth=xoauth2": (
        "为该账户获取 OAuth 2 访问令牌，并设置 smtp-auth=xoauth2"
    ),
    "get an OAuth 2 access token for the mailbox and set smtp-auth=xoauth2, or ask the "
    "administrator to switch on SMTP AUTH for it": (
        "为该邮箱获取 OAuth 2 访问令牌并设置 smtp-auth=xoauth2，或请管理员为它开启 "
        "SMTP AUTH"
    ),
    "log in to https://login.yahoo.com/account/security and generate an app "
    "password": "登录 https://login.yahoo.com/account/security 生成应用专用密码",
    "log in to https://login.aol.com/account/security and generate an app password": (
        "登录 https://login.aol.com/account/security 生成应用专用密码"
    ),
    "create an app-specific password at https://account.apple.com, Sign-In and "
    "Security": ("在 https://account.apple.com 的“登录与安全性”中生成 App 专用密码"),
    "use the password of the account, or with two-factor login an app password "
    "(accounts.zoho.com, Security); the server must be that of its region": (
        f"{_PASSWORD}；开启了双重验证的，使用应用专用密码（accounts.zoho.com，"
        "Security）；服务器必须是账户所在区域的"
    ),
    "log in to Fastmail, Settings > Password & Security, and create an app password "
    "for SMTP": (
        "登录 Fastmail，Settings > Password & Security，为 SMTP 创建应用专用密码"
    ),
    "allow mail clients in the settings of the webmail, and create an app password for "
    "mail at https://id.yandex.com": (
        "在网页邮箱设置中允许邮件客户端，并在 https://id.yandex.com 为邮件创建应用"
        "专用密码"
    ),
    "create a password for external applications at "
    "https://account.mail.ru/user/2-step-auth/passwords/": (
        "在 https://account.mail.ru/user/2-step-auth/passwords/ 创建外部应用密码"
    ),
    "log in to gmx.net, E-Mail > Settings > POP3 & IMAP, allow access by POP3 and "
    "IMAP, and use the password of the account": (
        f"登录 gmx.net，E-Mail > 设置 > POP3 & IMAP，{_IMAP}，并{_PASSWORD}"
    ),
    "log in to gmx.com, E-mail > Settings > POP3 & IMAP, allow access by POP3 and "
    "IMAP, and use the password of the account": (
        f"登录 gmx.com，E-mail > Settings > POP3 & IMAP，{_IMAP}，并{_PASSWORD}"
    ),
    "log in to web.de, allow access by POP3 and IMAP in the settings, and use the "
    "password of the account": f"登录 web.de，在设置中{_IMAP}，并{_PASSWORD}",
    "log in to mail.com, allow access by POP3 and IMAP in the settings (a feature "
    "of Premium), and use the password of the account": (
        f"登录 mail.com，在设置中{_IMAP}（Premium 功能），并{_PASSWORD}"
    ),
    "log in to email.t-online.de, Settings > Passwords, and set a password for mail "
    "programs": "登录 email.t-online.de，设置 > 密码，设置邮件程序专用密码",
    "create an app password as https://posteo.de/en/help/app-passwords says": (
        "按 https://posteo.de/en/help/app-passwords 的说明创建应用专用密码"
    ),
    "use the password of the account": _PASSWORD,
    "switch POP3/SMTP on in the settings of mail.naver.com, and create an app password "
    "(it needs 2-step verification)": (
        "在 mail.naver.com 的设置中开启 POP3/SMTP，并创建应用专用密码"
        "（需先开启两步验证）"
    ),
    "take the password that Proton Mail Bridge on this machine shows for the account": (
        "使用本机 Proton Mail Bridge 为该账户显示的密码"
    ),
    "create an SMTP token for the address in the settings of Proton Mail (for "
    "addresses of your own domain)": (
        "在 Proton Mail 设置中为该地址创建 SMTP 令牌（仅限自有域名的地址）"
    ),
    "create an API key with Mail Send in SendGrid, Settings > API Keys; smtp-auth-user "
    "is the word apikey": (
        "在 SendGrid 的 Settings > API Keys 创建有 Mail Send 权限的 API 密钥；"
        "smtp-auth-user 就写 apikey"
    ),
    "create SMTP credentials in the SES console of the server's region; they are not "
    "the access key": "在服务器所在区域的 SES 控制台创建 SMTP 凭证；它不是访问密钥",
    "take the SMTP credentials of the sending domain in Mailgun, of the server's "
    "region (US or EU)": (
        "在 Mailgun 中取发信域名的 SMTP 凭证，区域（US 或 EU）要与服务器一致"
    ),
    "copy the Server API Token from API Tokens in Postmark; it is smtp-auth-user and "
    "the password": (
        "在 Postmark 的 API Tokens 中复制 Server API Token；smtp-auth-user 和密码都填它"
    ),
    "create an SMTP key (not an API key) in Brevo, Settings > SMTP & API; "
    "smtp-auth-user is the login shown there": (
        "在 Brevo 的 Settings > SMTP & API 创建 SMTP 密钥（不是 API 密钥）；"
        "smtp-auth-user 是那里显示的登录名"
    ),
    "take API key and secret key from Mailjet, SMTP and SEND API Settings; "
    "smtp-auth-user is the API key": (
        "在 Mailjet 的 SMTP and SEND API Settings 中取 API 密钥和私密密钥；"
        "smtp-auth-user 填 API 密钥"
    ),
    "create an API key in Resend; smtp-auth-user is the word resend": (
        "在 Resend 创建 API 密钥；smtp-auth-user 就写 resend"
    ),
}
