"""What codes mean, in Chinese."""

CODES: dict[str, str] = {
    "something is wrong with the address": "地址有问题",
    "check the recipient's address": "检查收件人地址",
    "there is no such mailbox at that domain": "该域名下没有这个邮箱",
    "that domain takes no mail or does not exist": "该域名不存在，或者不收邮件",
    "the recipient's address is not written correctly": "收件人地址书写不正确",
    "the address fits more than one mailbox": "这个地址对应不止一个邮箱",
    "the address is valid": "地址有效",
    "the mailbox has moved, nobody knows where": "邮箱已迁走，新地址不明",
    "the sender's address is not written correctly": "发件人地址书写不正确",
    "check `from` (and -r): it must be an address that can get mail": (
        "检查 `from`（以及 -r）：必须是能收信的地址"
    ),
    "the domain of the sender's address does not exist": "发件人地址的域名不存在",
    "the message was relayed to a server that sends no reports": (
        "邮件已转给一台不发回执的服务器"
    ),
    "that domain says it never takes mail (null MX)": (
        "该域名声明从不收邮件（空 MX 记录）"
    ),
    "something is wrong with the recipient's mailbox": "收件人的邮箱有问题",
    "ask the postmaster of the recipient's domain why": (
        "向收件人所在域名的邮件管理员询问原因"
    ),
    "the mailbox is disabled and takes no mail": "该邮箱已停用，不收邮件",
    "the recipient's mailbox is full": "收件人的邮箱已满",
    "tell the recipient another way": "用其他方式通知收件人",
    "the message is larger than that mailbox allows": "邮件超过该邮箱允许的大小",
    "send less at once, or put the file somewhere and send a link": (
        "减小邮件，或把文件放到别处，只发链接"
    ),
    "the mailing list could not be expanded": "邮件列表无法展开",
    "the receiving system has a problem": "收信系统出了问题",
    "only the people who run that server can change this": (
        "只有那台服务器的管理员能解决"
    ),
    "the receiving system's disk is full": "收信系统的磁盘已满",
    "the receiving system takes no mail at the moment": "收信系统目前不收邮件",
    "the receiving system lacks what this message needs": (
        "收信系统不支持这封邮件需要的功能"
    ),
    "the message is larger than the server takes": "邮件超过服务器允许的大小",
    "the receiving system is not set up correctly": "收信系统配置有误",
    "the priority asked for was changed": "所要求的优先级被改动",
    "there is a network problem behind the server": "服务器后面的网络有问题",
    "the recipient's server does not answer": "收件人的服务器没有应答",
    "check the domain's MX records (host -t mx DOMAIN)": (
        "检查该域名的 MX 记录（host -t mx DOMAIN）"
    ),
    "the connection to the recipient's server broke": "与收件人服务器的连接中断",
    "the server's name service failed": "服务器的域名解析失败",
    "the server knows no way to that domain": "服务器找不到通往该域名的路由",
    "the mail system is overloaded": "邮件系统过载",
    "send fewer at once": "减少一次发送的数量",
    "the mail runs in a circle": "邮件在服务器之间循环",
    "the message was too old when its turn came": "邮件排队太久，已过期",
    "the server and pymail misunderstood each other": "服务器与 pymail 之间协议出错",
    "see --debug": "用 --debug 查看会话",
    "the command is not allowed at this point": "此时不允许这个命令",
    "the server does not understand the command": "服务器不理解这个命令",
    "too many recipients for one message": "一封邮件的收件人太多",
    "send to fewer at once": "减少每封邮件的收件人",
    "the server rejects an argument of the command": "服务器拒绝命令的某个参数",
    "the protocol versions do not fit": "协议版本不匹配",
    "a line of the login was too long": "登录时有一行太长",
    "check smtp-auth-user and smtp-auth-password": (
        "检查 smtp-auth-user 和 smtp-auth-password"
    ),
    "something is wrong with the form of the message": "邮件的格式有问题",
    "that kind of content is not accepted": "不接受这种内容",
    "send it in another form": "换一种格式发送",
    "the content must be converted, and may not be": "内容需要转换，但不允许转换",
    "the content must be converted, and cannot be": "内容需要转换，但无法转换",
    "the content was converted, with losses": "内容已转换，但有丢失",
    "converting the content failed": "内容转换失败",
    "the content is not available to the server": "服务器取不到内容",
    "the address needs SMTPUTF8, which is missing there": (
        "该地址需要 SMTPUTF8，而对方不支持"
    ),
    "the reply would need UTF-8, which was not asked for": (
        "应答需要 UTF-8，而请求中没有要求"
    ),
    "an internationalized header cannot be passed on": "国际化的邮件头无法转发",
    "an internationalized message cannot be passed on": "国际化的邮件无法转发",
    "the server's rules do not allow this": "服务器的规则不允许",
    "the server does not let this sender send to this recipient": (
        "服务器不允许这个发件人发给这个收件人"
    ),
    "log in, and check that `from` is an address of the account": (
        "先登录，并确认 `from` 是该账户的地址"
    ),
    "you may not send to that mailing list": "你无权向该邮件列表发信",
    "the security it asks for cannot be converted": "所要求的安全方式无法转换",
    "that security feature is not supported": "不支持该安全功能",
    "choose another smtp-auth": "换一种 smtp-auth",
    "a cryptographic operation failed": "加密操作失败",
    "the cryptographic algorithm is not supported": "不支持该加密算法",
    "the message was damaged on the way, or its signature is wrong": (
        "邮件在途中损坏，或签名不正确"
    ),
    "the login name or password is wrong": "用户名或密码错误",
    "that way to log in is too weak for the server": "这种登录方式太弱，服务器不接受",
    "set smtp-use-starttls, or use smtps://": "设置 smtp-use-starttls，或使用 smtps://",
    "the server wants an encrypted connection": "服务器要求加密连接",
    "that way to log in needs an encrypted connection": "这种登录方式需要加密连接",
    "the password must be changed or set once for this way to log in": (
        "使用这种登录方式前，必须先修改或重设一次密码"
    ),
    "log in to the webmail once, then set smtp-auth-password anew": (
        "先登录一次网页邮箱，再重新设置 smtp-auth-password"
    ),
    "the account is disabled": "账户已停用",
    "ask the provider": "询问邮件服务商",
    "the server does not trust where this comes from": "服务器不信任邮件的来源",
    "the priority is too low for the server at the moment": (
        "优先级太低，服务器目前不处理"
    ),
    "the message is too large for its priority": "邮件对其优先级而言太大",
    "the mailbox has had another owner since": "该邮箱此后换过主人",
    "the domain has had another owner since": "该域名此后换过主人",
    "the owner of the mailbox cannot be checked": "无法核实邮箱的主人",
    "no DKIM signature passed": "没有通过验证的 DKIM 签名",
    "publish SPF and DKIM for the domain in `from`, or send by its own server": (
        "为 `from` 的域名设置 SPF 和 DKIM，或通过该域名自己的服务器发送"
    ),
    "no acceptable DKIM signature was found": "没有可接受的 DKIM 签名",
    "no DKIM signature belongs to the author's domain": (
        "没有属于发件人域名的 DKIM 签名"
    ),
    "SPF does not allow this server to send for the domain": (
        "SPF 不允许这台服务器以该域名发信"
    ),
    "checking SPF failed": "SPF 检查失败",
    "the sending address has no proper reverse name": "发信 IP 没有正确的反向解析",
    "send through your provider's server, not directly": (
        "通过邮件服务商的服务器发送，不要直接投递"
    ),
    "several checks of the sender failed": "发件人的多项检查未通过",
    "the sender's domain says it never takes mail": "发件人的域名声明从不收邮件",
    "too much mail at once from here": "短时间内从这里发出的邮件太多",
    "wait, then send fewer": "稍等，然后少发一些",
    "the ARC chain of the message is broken": "邮件的 ARC 链已断",
    "TLS was required for the whole way, and is missing": (
        "要求全程使用 TLS，但途中有一段不支持"
    ),
    "the server is not available now and closes the connection": (
        "服务器目前不可用，关闭了连接"
    ),
    "the server has no room left": "服务器空间不足",
    "the password must be changed first": "必须先修改密码",
    "log in to the webmail once": "先登录一次网页邮箱",
    "the connection broke": "连接中断",
    "the server cannot pass the message on": "服务器无法转发这封邮件",
    "the mailbox is not available now: busy, or the server wants a second try": (
        "邮箱目前不可用：正忙，或服务器要求稍后重试"
    ),
    "send it again after some minutes": "几分钟后重发",
    "the server has a problem of its own and gave up for now": (
        "服务器自身出错，暂时放弃了处理"
    ),
    "the server has no room now, or this was too many recipients": (
        "服务器目前空间不足，或收件人太多"
    ),
    "TLS, or the login, is not available at the moment": "TLS 或登录目前不可用",
    "the server cannot follow the parameters now": "服务器目前无法处理这些参数",
    "the server does not know the command": "服务器不认识这个命令",
    "the server rejects an address or argument": "服务器拒绝某个地址或参数",
    "some servers say so for the domain, some for the sender: read their words": (
        "有的服务器指域名，有的指发件人：请看服务器的原话"
    ),
    "the server does not have that command": "服务器没有这个命令",
    "the server expected another command first, often a login": (
        "服务器要求先执行别的命令，通常是登录"
    ),
    "the server does not know that parameter": "服务器不认识这个参数",
    "the recipient's address is not valid": "收件人地址无效",
    "the domain of the recipient does not exist": "收件人的域名不存在",
    "the recipient's mailbox cannot be used": "收件人的邮箱不可用",
    "something is wrong with the sender's address": "发件人地址有问题",
    "that host takes no mail at all": "该主机不收任何邮件",
    "check `smtp`: this is not the mail server": "检查 `smtp`：这不是邮件服务器",
    "the mailing list, or the password, cannot be used": "邮件列表或密码不可用",
    "the login failed": "登录失败",
    "the server wants TLS, or a login, first": "服务器要求先启用 TLS 或先登录",
    "set smtp-use-starttls, or use smtps://; check smtp-auth-user and "
    "smtp-auth-password": (
        "设置 smtp-use-starttls，或使用 smtps://；检查 smtp-auth-user 和 "
        "smtp-auth-password"
    ),
    "the mail system is full": "邮件系统空间已满",
    "the server needs a login with an account of its own": (
        "服务器要求用它自己的账户登录"
    ),
    "the server lacks what this message needs": "服务器不支持这封邮件需要的功能",
    "that way to log in is too weak, or needs an app password": (
        "这种登录方式太弱，或需要应用专用密码"
    ),
    "the recipient's server takes it for spam": "收件人的服务器把它当作垃圾邮件",
    "the server does not take it: no such mailbox, or its rules forbid it": (
        "服务器不接收：没有这个邮箱，或规则不允许"
    ),
    "read the server's words; check the recipient's address": (
        "看服务器的原话；检查收件人地址"
    ),
    "the user is not at this server": "该用户不在这台服务器上",
    "the message is too large, or the mailbox is full": "邮件太大，或邮箱已满",
    "the server does not allow that address": "服务器不允许这个地址",
    "check the recipient's address; check `from` (and -r): it must be an address that "
    "can get mail": ("检查收件人地址；检查 `from`（以及 -r）：必须是能收信的地址"),
    "the server refused the transaction, often as spam": (
        "服务器拒收，通常是判为垃圾邮件"
    ),
    "read the server's words; check subject, text and `from`": (
        "看服务器的原话；检查主题、正文和 `from`"
    ),
    "the server does not know a parameter of the address": (
        "服务器不认识地址后面的某个参数"
    ),
    "that domain takes no mail (null MX)": "该域名不收邮件（空 MX 记录）",
    "too many letters of one kind": "同类邮件太多",
    "the server takes it for spam or does not relay it": (
        "服务器把它当作垃圾邮件，或不转发"
    ),
    "the server agreed": "服务器已同意",
    "the server waits for more": "服务器在等待后续内容",
    "the server cannot take it now": "服务器目前不能接收",
    "try again later": "稍后重试",
    "the server takes no session from here at the moment": "服务器目前不接受来自本机的连接",
    "the server takes no mail from this machine: it is none for you, or it does not "
    "trust this machine's address": (
        "服务器不接受本机的邮件：这不是供你使用的服务器，或它不信任本机 IP"
    ),
    "check `smtp`; send through the server of your account, with a login": (
        "检查 `smtp`；登录自己账户的服务器发送"
    ),
    "the server cannot check the login now": "服务器目前无法验证登录",
    "the server does not take the login": "服务器不接受这次登录",
    "the server does not take the sender now": "服务器目前不接受这个发件人",
    "the server does not take the sender": "服务器不接受这个发件人",
    "the server does not take the message: its sender or what it says is against the "
    "rules, often as spam": "服务器不接受这封邮件：发件人或内容不符合规则，常被判为垃圾邮件",
    "the server refuses it for good": "服务器永久拒绝",
    "change what it complains about": "按服务器的提示修改",
    "that is no reply of a mail server": "这不是邮件服务器的应答",
    "check `smtp`: host and port": "检查 `smtp`：主机和端口",
}
