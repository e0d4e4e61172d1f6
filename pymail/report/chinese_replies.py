"""What providers mean by their replies, in Chinese."""

_STORE = "{where}；然后{keep}"
_TOKEN = "用 smtp-auth=xoauth2 和访问令牌登录"  # noqa: S105 - words

REPLIES: dict[str, str] = {
    "pymail --login {}": "执行：pymail --login {}",
    "put it where the old one is: {}": "替换原处的旧密码：{}",
    "{where}; then: {keep}": _STORE,
    "{where}; then: {keep}; if the code worked before, wait, and send less often": f"{_STORE}；如果授权码以前能用，就等一等，少发一些",
    "try once more in 15 minutes; if that fails, {where}; then: {keep}": f"15 分钟后再试一次；还不行的话：{_STORE}",
    "smtp-auth-user is the full address; {where}; then: {keep}": (
        f"smtp-auth-user 要写完整的邮箱地址；{_STORE}"
    ),
    "set smtp-auth-user, then: {keep}": ("设置 smtp-auth-user，然后{keep}"),
    "{where}": "{where}",
    "this is not the authorization code, which {name} wants in place of the login "
    "password": "认证失败：{name} 要求用授权码代替登录密码，而填的不是正确的授权码",
    "this is not an app password, which {name} wants in place of the login password": (
        "认证失败：{name} 要求用应用专用密码代替登录密码，而填的不是正确的应用专用密码"
    ),
    "{name} does not accept this user name and password": (
        "认证失败：{name} 不接受这个用户名和密码"
    ),
    "{name} does not accept this user name and key": (
        "认证失败：{name} 不接受这个用户名和密钥"
    ),
    "{name} takes no passwords any more, only OAuth 2 access tokens": (
        "{name} 不再接受密码，只接受 OAuth 2 访问令牌"
    ),
    "SMTP is not switched on for the account, or this is the login password and not "
    "the authorization code": "账户没有开启 SMTP 服务，或者填的是登录密码而不是授权码",
    "the login was right, but the provider does not let the account send at present": (
        "登录成功，但服务商目前不允许该账户发信"
    ),
    "log in to the webmail and look for a notice, or ask the provider; another code "
    "does not help": "登录网页邮箱查看通知，或询问服务商；更换授权码没有用",
    "the sender is not the account that logged in, which this provider requires": (
        "发件人与登录的账户不一致，而该服务商要求一致"
    ),
    "set from=, and -r, to the address in smtp-auth-user": (
        "把 from=（以及 -r）设为 smtp-auth-user 的地址"
    ),
    "set from=, and -r, to the address in smtp-auth-user, or have the permission Send "
    "As granted": (
        "把 from=（以及 -r）设为 smtp-auth-user 的地址，或请管理员授予“代理发送”权限"
    ),
    "too many failed logins came from this address": "本机 IP 登录失败次数太多",
    "stop for 15 to 30 minutes, and put the password right before the next try": (
        "停 15 到 30 分钟，改对密码后再试"
    ),
    "the From field and the envelope sender differ": "信头发件人与信封发件人不一致",
    "the provider takes this mail for spam": "服务商把这封邮件判为垃圾邮件",
    "give it a real subject and text, From and To, and fewer links and images": (
        "写上真实的主题和正文、From 和 To，减少链接和图片"
    ),
    "the provider does not allow this machine's IP address to send": (
        "服务商不允许本机 IP 发信"
    ),
    "send with a login through the server of your account, port 465, or from another "
    "machine": "登录自己账户的服务器（465 端口）发送，或换一台机器",
    "the provider has suspended this machine's IP address, at least for now": (
        "服务商封禁了本机 IP，至少是暂时的"
    ),
    "wait some hours, then send fewer at once": "等几个小时，再减少一次发送的数量",
    "the provider does not allow this account to send, or has locked it": (
        "服务商不允许该账户发信，或已将其锁定"
    ),
    "log in to the webmail and look for a notice, or ask the provider": (
        "登录网页邮箱查看通知，或询问服务商"
    ),
    "the account has sent as much as it may for now, mostly in a day": (
        "账户已达到发送上限，通常是当天的上限"
    ),
    "wait until tomorrow, then send fewer": "等到明天，再少发一些",
    "the server wants a login": "服务器要求登录",
    "the message is larger than the provider takes": "邮件超过服务商允许的大小",
    "this is not the authorization code, or too many letters were sent in a row": (
        "认证失败：填的不是授权码，或者连续发信太多被限制"
    ),
    "the password or code is wrong, or logins are slowed down after too many failed "
    "ones": "认证失败：密码或授权码错误，或者失败次数太多被限制登录",
    "SMTP is not switched on for the account": "账户没有开启 SMTP 服务",
    "user name, password or server are not those of the account": (
        "认证失败：用户名、密码或服务器与账户不符"
    ),
    "SPF of the sender's domain does not allow this machine to send": (
        "发件人域名的 SPF 不允许本机发信"
    ),
    "send through the server of that domain, or add this machine to its SPF record": (
        "通过该域名的服务器发送，或把本机加入它的 SPF 记录"
    ),
    "the account or address sends too much, or its password is too weak": (
        "账户或 IP 发信太频繁，或密码太弱"
    ),
    "send less often, and choose a stronger password": "降低发送频率，并换用更强的密码",
    "the account has used up what it may send": "账户的发信额度已用完",
    "wait for the next day or month, or raise the quota in the console": (
        "等到次日或下月，或在控制台提高额度"
    ),
    "the cloud account may not send at present": "云账户目前被限制发信",
    "look at its state in the console of Direct Mail": ("在邮件推送控制台查看账户状态"),
    "the provider knows that the recipient's address does not exist": (
        "服务商认定收件人地址不存在"
    ),
    "Google wants to see the owner of the account in a browser first": (
        "Google 要求账户主人先在浏览器中登录"
    ),
    "log in at https://accounts.google.com with a browser, then try again": (
        "用浏览器登录 https://accounts.google.com，然后重试"
    ),
    "the account sent as much as it may in a day": "账户已达到当天的发送上限",
    "wait until tomorrow": "等到明天",
    "the server wants TLS first": "服务器要求先启用 TLS",
    "Microsoft has switched logins with a password off for this mailbox or "
    "organization": "Microsoft 已对该邮箱或组织关闭密码登录",
    "ask the administrator to switch on SMTP AUTH for the mailbox, or log in with "
    "smtp-auth=xoauth2 and an access token": (
        f"请管理员为该邮箱开启 SMTP AUTH，或{_TOKEN}"
    ),
    "Microsoft takes no passwords here any more": "Microsoft 在这里不再接受密码登录",
    "log in with smtp-auth=xoauth2 and an access token": _TOKEN,
    "Exchange does not take this password, or not this way to log in": (
        "认证失败：Exchange 不接受这个密码，或不接受这种登录方式"
    ),
    "check smtp-auth-user and password; ask the administrator to switch on SMTP AUTH "
    "for the mailbox, or log in with smtp-auth=xoauth2 and an access token": (
        f"检查 smtp-auth-user 和密码；请管理员为该邮箱开启 SMTP AUTH，或{_TOKEN}"
    ),
    "the provider found a virus in the message": "服务商在邮件中发现病毒",
    "check the attachments before you send it again": "检查附件后再发",
    "the server wants a subject": "服务器要求邮件有主题",
    "give one with -s": "用 -s 写上主题",
    "SendGrid does not know the sender": "SendGrid 不认识这个发件人",
    "verify the address in `from` in its console, Settings > Sender Authentication": (
        "在其控制台 Settings > Sender Authentication 验证 `from` 的地址"
    ),
    "Amazon SES has not verified an address (in the sandbox: the recipients' too)": (
        "有地址未经 Amazon SES 验证（沙盒中收件人也要验证）"
    ),
    "verify the addresses in the SES console of that region": (
        "在该区域的 SES 控制台验证这些地址"
    ),
    "Amazon SES wants its own SMTP user and password, not the access key": (
        "认证失败：Amazon SES 要求专用的 SMTP 用户名和密码，而不是访问密钥"
    ),
    "the server does not like the name that pymail says hello with": (
        "服务器不接受 pymail 问候（EHLO）时用的主机名"
    ),
    "set hostname to a full host name": "把 hostname 设为完整的主机名",
    "the address has no domain": "地址没有域名",
    "set from= to a full address; write recipients in full": (
        "把 from= 设为完整地址；收件人也写完整"
    ),
    "the server wants to see a second try first (greylisting)": (
        "服务器要求稍后重试一次（灰名单）"
    ),
    "send it again after ten minutes": "十分钟后重发",
    "the server does not pass mail on for a stranger": "服务器不为未登录者转发邮件",
    "too many messages came in one connection": "一次连接里发的邮件太多",
    "send fewer at once, and the rest later": "减少一次发送的数量，其余稍后再发",
    "switch SMTP on in the settings of the webmail; {where}; then: {keep}": (
        f"在网页邮箱的设置里开启 SMTP；{_STORE}"
    ),
    "the recipient's address has no domain": "收件人地址没有域名",
    "write it in full, or say in mail.rc whose it is: alias NAME you@example.com": (
        "写完整的地址，或在 mail.rc 里指定：alias NAME you@example.com"
    ),
    "the sender's domain is on a block list": "发件人的域名在黑名单上",
    "ask those who keep the list to take it off, or send from another domain": (
        "请名单的维护者移除，或换一个域名发送"
    ),
    "this machine's address is on a block list, or is not trusted there": (
        "本机 IP 在黑名单上，或不受对方信任"
    ),
    "send with a login through the server of your account, or ask those who keep the "
    "list to take the address off": (
        "登录自己账户的服务器发送，或请名单的维护者移除本机 IP"
    ),
    "the server does not take what is attached, or what the text holds": (
        "服务器不接受附件，或正文中的内容"
    ),
    "put the file somewhere else and send a link, or change the text": (
        "把文件放到别处，只发链接，或修改正文内容"
    ),
    "too many connections from here at once": "本机同时建立的连接太多",
    "send one after the other, and try again later": "一封一封地发，稍后重试",
    "SPF, DKIM or DMARC of the sender's domain do not cover this machine": (
        "发件人域名的 SPF、DKIM 或 DMARC 不包括本机"
    ),
    "the server speaks LMTP, not SMTP": "服务器讲 LMTP，不是 SMTP",
    "write lmtp:// in `smtp`": "在 `smtp` 里写 lmtp://",
    "the account is one of {name}, the server is not": (
        "这是 {name} 的账户，而服务器是其他服务商的"
    ),
    "set smtp={url}": "设置 smtp={url}",
    "the server does not pass on what this account sends there": (
        "服务器不为这个账户转发发往那里的邮件"
    ),
    "set from= to an address of the account, or ask those who run the server": (
        "把 from= 设为账户的地址，或询问服务器管理员"
    ),
    "the recipient takes no mail from here, or none at all": (
        "收件人不收这里的邮件，或根本不收信"
    ),
}
