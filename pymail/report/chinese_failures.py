"""What failures mean, in Chinese."""

FAILURES: dict[str, str] = {
    "what to do: ": "怎么办：",
    "no server has that name": "没有这个名字的服务器",
    "check `smtp` for a typing error; try: getent hosts {host}": (
        "检查 `smtp` 是否写错；可试：getent hosts {host}"
    ),
    "the name service does not answer, so the server's address is unknown": (
        "域名解析没有应答，查不到服务器的地址"
    ),
    "check /etc/resolv.conf and the network; try: getent hosts {host}": (
        "检查 /etc/resolv.conf 和网络；可试：getent hosts {host}"
    ),
    "port 25 is blocked on most clouds and many lines": (
        "大多数云主机和许多宽带封锁了 25 端口"
    ),
    "use smtps://{host}:465, or submission://{host}:587 with smtp-use-starttls": (
        "改用 smtps://{host}:465，或 submission://{host}:587 加 smtp-use-starttls"
    ),
    "nothing listens on port 25 of that host, or a firewall says no": (
        "该主机的 25 端口没有服务，或被防火墙拒绝"
    ),
    "nothing listens on that port, or a firewall says no": (
        "该端口没有服务，或被防火墙拒绝"
    ),
    "check host and port in `smtp`, and that the server runs": (
        "检查 `smtp` 的主机和端口，并确认服务器在运行"
    ),
    "the server has only IPv6 addresses, and this machine has no IPv6": (
        "服务器只有 IPv6 地址，而本机没有 IPv6"
    ),
    "use a server that has an IPv4 address, or give this machine an IPv6 route": (
        "换用有 IPv4 地址的服务器，或为本机配置 IPv6 路由"
    ),
    "there is no way to that network from here": "从本机无法到达该网络",
    "check this machine's network; try: ping {host}": (
        "检查本机网络；可试：ping {host}"
    ),
    "this machine itself forbids the connection": "本机自身禁止这个连接",
    "allow it in the firewall, SELinux or systemd unit of this machine": (
        "在本机的防火墙、SELinux 或 systemd 单元中放行"
    ),
    "nothing answers there: a firewall drops it, or host or port is wrong": (
        "对方没有应答：被防火墙丢弃，或主机、端口有误"
    ),
    "check host and port in `smtp`; 465 and 587 are the usual ports": (
        "检查 `smtp` 的主机和端口；常用端口是 465 和 587"
    ),
    "no connection came about": "无法建立连接",
    "check `smtp`": "检查 `smtp`",
    "the server does not begin with TLS on this port": (
        "服务器在这个端口上不是一开始就用 TLS"
    ),
    "use smtp://{host}:587 with smtp-use-starttls, or smtps:// with the port for it, "
    "usually 465": (
        "改用 smtp://{host}:587 加 smtp-use-starttls，或在 smtps:// 中写对应的端口，"
        "通常是 465"
    ),
    "the server speaks TLS from the first octet there": (
        "服务器在这个端口上一开始就用 TLS"
    ),
    "for TLS from the first octet use smtps://{host}:465; check the port": (
        "一开始就用 TLS 的端口请写 smtps://{host}:465；检查端口"
    ),
    "the server agreed on TLS and does not greet: it is busy, or blocks this address": (
        "TLS 已建立，但服务器不发问候：正忙，或屏蔽了本机 IP"
    ),
    "try again later, and from another machine": "稍后重试，或换一台机器试",
    "the server does not go on with TLS: a firewall, or no TLS on this port": (
        "服务器没有完成 TLS 握手：被防火墙阻断，或该端口不支持 TLS"
    ),
    "check the port: smtps://{host}:465, or smtp://{host}:587 with smtp-use-starttls": (
        "检查端口：smtps://{host}:465，或 smtp://{host}:587 加 smtp-use-starttls"
    ),
    "the server does not greet: so does a port for TLS from the first octet, a "
    "firewall, or a server that blocks this address": (
        "服务器不发问候：可能是一开始就用 TLS 的端口、防火墙，或服务器屏蔽了本机 IP"
    ),
    "the server has a new certificate, or somebody is between you and it": (
        "服务器换了证书，或者有人在你们之间冒充它"
    ),
    "ask those who run the server for the fingerprint": "向服务器管理员核对证书指纹",
    "the server does not hold its side of the login: it may be another one": (
        "服务器没有完成登录中它的一方：它可能是冒充的"
    ),
    "check `smtp`, or ask those who run the server": (
        "检查 `smtp`，或询问服务器管理员"
    ),
    "the server's certificate has expired": "服务器的证书已过期",
    "tell those who run the server; check this machine's clock": (
        "通知服务器管理员；检查本机时间"
    ),
    "the server's certificate is not valid yet": "服务器的证书尚未生效",
    "check this machine's clock": "检查本机时间",
    "the server's certificate was taken back, or that cannot be checked": (
        "服务器的证书已被吊销，或无法检查吊销状态"
    ),
    "tell those who run the server; see ssl-crl-file": (
        "通知服务器管理员；参见 ssl-crl-file"
    ),
    "the certificate is signed by nobody this machine trusts": (
        "证书是自签名的，本机不信任它的签发者"
    ),
    "if you trust it, set ssl-ca-file to its certificate or its issuer's": (
        "如果信任它，把 ssl-ca-file 设为它或其签发者的证书"
    ),
    "the certificate belongs to another name": "证书属于另一个主机名",
    "use the server name that is in the certificate": "使用证书中的服务器名",
    "the authority that signed the certificate is not known here": (
        "本机不认识签发该证书的机构"
    ),
    "install the package ca-certificates, or, if you trust it, set ssl-ca-file": (
        "安装 ca-certificates 软件包；如果信任它，也可以设置 ssl-ca-file"
    ),
    "the server and this machine have no TLS version or cipher in common": (
        "服务器与本机没有共同的 TLS 版本或加密套件"
    ),
    "ask for a newer server; to allow an old version, set "
    "tls-config-pairs=MinProtocol=TLSv1": (
        "请对方升级服务器；要允许旧版本，设置 tls-config-pairs=MinProtocol=TLSv1"
    ),
    "the settings ask for TLS and the server offers none there": (
        "设置要求 TLS，而服务器在该端口不提供"
    ),
    "use smtps://{host}:465; if the network is your own, unset smtp-use-starttls": (
        "改用 smtps://{host}:465；如果是自己的内网，可以 unset smtp-use-starttls"
    ),
    "no encrypted connection came about": "无法建立加密连接",
    "the whole message was sent, and the server did not say whether it has it": (
        "邮件已全部发出，但服务器没有说明是否收下"
    ),
    "ask the recipients before sending it again (possible duplicate)": (
        "重发之前先问收件人是否已收到（可能重复）"
    ),
    "the server did not answer in time": "服务器没有及时应答",
    "the server closed the connection before the message was complete": (
        "邮件还没发完，服务器就关闭了连接"
    ),
    "try again later; --debug shows what it said last": (
        "稍后重试；--debug 会显示它最后说了什么"
    ),
    "pymail knows no password for this login": "pymail 没有这个账户的密码",
    "{keep} (an authorization code, if the provider has them)": (
        "{keep}（服务商有授权码的，填授权码）"
    ),
    "a password is not sent where others can read it": (
        "密码不会在别人能读到的连接上发送"
    ),
    "use smtps://{host}:465 or set smtp-use-starttls": (
        "改用 smtps://{host}:465，或设置 smtp-use-starttls"
    ),
    "the server takes no message of this size": "服务器不接收这么大的邮件",
    "put the file somewhere and send a link": "把文件放到别处，只发链接",
    "check the name; one without / is looked for in this directory": (
        "检查文件名；不带 / 的在当前目录中查找"
    ),
    "let this user read the file": "让该用户可以读取这个文件",
    "write name@example.com, several with commas between them": (
        "写成 name@example.com，多个地址用逗号隔开"
    ),
    "name a recipient, or use -t": "写上收件人，或使用 -t",
    "what answers there is no mail server, or a broken one": (
        "应答的不是邮件服务器，或服务器有故障"
    ),
    "check host and port in `smtp`; see --debug": (
        "检查 `smtp` 的主机和端口；用 --debug 查看会话"
    ),
    "the disk is full": "磁盘已满",
    "make room, or set DEAD to another place": "清理磁盘，或把 DEAD 设到别处",
    "the server wants a certificate of ours": "服务器要求出示客户端证书",
    "set ssl-cert and ssl-key to the one that those who run the server gave you": (
        "把 ssl-cert 和 ssl-key 设为服务器管理员发给你的证书"
    ),
    "the server does not accept our certificate": "服务器不接受我们的客户端证书",
    "set ssl-cert and ssl-key to one that those who run the server accept": (
        "把 ssl-cert 和 ssl-key 设为服务器认可的证书"
    ),
    "the server wants a certificate of ours, or this machine has no TLS cipher that it "
    "takes": "服务器要求出示客户端证书，或者双方没有共同的 TLS 加密套件",
    "ask those who run the server: for a certificate set ssl-cert and ssl-key, for a "
    "cipher ssl-cipher-list": (
        "询问服务器管理员：要证书就设置 ssl-cert 和 ssl-key，要加密套件就设置 "
        "ssl-cipher-list"
    ),
    "the server's certificate is too weak for this machine's OpenSSL: a short key, or "
    "SHA-1": "服务器的证书对本机的 OpenSSL 来说太弱：密钥太短，或用了 SHA-1",
    "ask for a new certificate; until then set ssl-cipher-list=DEFAULT@SECLEVEL=0, or "
    "tls-fingerprint beside it": (
        "请对方换证书；在此之前设置 ssl-cipher-list=DEFAULT@SECLEVEL=0，也可再加 "
        "tls-fingerprint"
    ),
    "an access token goes only where TLS has proven who the server is": (
        "访问令牌只发给经 TLS 证书验证过的服务器"
    ),
    "use smtps://{host}:465 or set smtp-use-starttls, and unset tls-verify": (
        "使用 smtps://{host}:465 或设置 smtp-use-starttls，并取消设置 tls-verify"
    ),
    "the server and pymail have no login mechanism in common": (
        "服务器与 pymail 没有共同的登录方式"
    ),
    "use smtps://{host}:465, or ask those who run the server to offer PLAIN or LOGIN": (
        "使用 smtps://{host}:465，或请服务器管理员提供 PLAIN 或 LOGIN"
    ),
    "there is no such socket": "没有这个套接字",
    "check the path behind lmtp:// in `mta`": "检查 `mta` 中 lmtp:// 后面的路径",
    "a server for reading mail answers there (IMAP or POP3)": (
        "那里应答的是收信用的服务器（IMAP 或 POP3）"
    ),
    "use smtps://{host}:465; check host and port in `smtp`": (
        "使用 smtps://{host}:465；检查 `smtp` 的主机和端口"
    ),
}
