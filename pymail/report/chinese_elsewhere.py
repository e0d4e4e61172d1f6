"""The next steps that other parts of pymail name, in Chinese."""

ELSEWHERE: dict[str, str] = {
    "set smtp-auth-user=… in mail.rc, or smtp-auth=none": (
        "在 mail.rc 中设置 smtp-auth-user=…，或设置 smtp-auth=none"
    ),
    "pymail --login {}{}": "执行：pymail --login {}{}",
    "type it, or let --password-fd or --password-file say it": (
        "请输入密码，或用 --password-fd、--password-file 给出"
    ),
    "mend the settings (smtp, mta), then: pymail --flush --now": (
        "修正设置（smtp、mta），然后执行：pymail --flush --now"
    ),
    "name the file: pymail --resend FILE": "写明文件：pymail --resend FILE",
    "ask the recipients; without its line {} it is sent again": (
        "先问收件人；删去 {} 那一行就会重发"
    ),
    "give it again": "请重新给出",
    "unset mta-no-recipient-arguments": "取消设置 mta-no-recipient-arguments",
    "behind -- stand recipients, -f ADDRESS and -F NAME": (
        "-- 之后只写收件人、-f 地址和 -F 姓名"
    ),
    "pymail --setup": "执行：pymail --setup",
    "pymail --setup {}": "执行：pymail --setup {}",
    "an address is a word of its own: pymail --setup ADDRESS": (
        "地址要单独写：pymail --setup ADDRESS"
    ),
    "its lines are like `host NAME`": "其各行形如 `host NAME`",
    "pymail --setup asks for what is needed": "执行 pymail --setup，会询问所需信息",
    "use --password-fd or --password-file": "请用 --password-fd 或 --password-file",
    "leave it out, and be asked for it": "不要写在这里，稍后会询问",
    "remove it there, and do this again": "从那里删除它，再执行一次",
    "look at pymail --show-settings, remove what wins, and do this again": (
        "查看 pymail --show-settings，删除优先的那一项，再执行一次"
    ),
    "mend it, or put these where they do: {}": (
        "请修正它，或把这些行放到能生效的位置：{}"
    ),
    "--store file keeps it in a file": "--store file 把它存到文件里",
    "name the user: set smtp-auth-user=… in mail.rc, or with -S": (
        "写明用户名：在 mail.rc 中 set smtp-auth-user=…，或用 -S"
    ),
    "name the server: set smtp=… in mail.rc, or with -S": (
        "写明服务器：在 mail.rc 中 set smtp=…，或用 -S"
    ),
    "set smtp-auth=plain, with TLS": "设置 smtp-auth=plain，并使用 TLS",
    "set smtp-use-starttls, or set smtp-auth={} to insist": (
        "设置 smtp-use-starttls；坚持明文登录则设置 smtp-auth={}"
    ),
    "change smtp-auth, or unset it to take what is offered": (
        "修改 smtp-auth，或取消设置，由服务器提供的方式决定"
    ),
    "set smtp-auth={}, with an access token as password": (
        "设置 smtp-auth={}，用访问令牌作为密码"
    ),
    "set smtp-use-starttls: many servers let nobody log in without TLS": (
        "设置 smtp-use-starttls：许多服务器不允许不经 TLS 登录"
    ),
    "set smtp-auth=none if the server takes mail without a login": (
        "如果服务器不要求登录，设置 smtp-auth=none"
    ),
    "check the password; if it is right, the server cannot do the SCRAM that it "
    "offers: set smtp-auth=plain": (
        "检查密码；如果密码正确，说明服务器列出了 SCRAM 却无法使用：设置 smtp-auth=plain"
    ),
    "{} -m pip install {}": "执行：{} -m pip install {}",
    "set smime-sign-cert=FILE, or unset smime-sign": (
        "设置 smime-sign-cert=FILE，或 unset smime-sign"
    ),
    "set smime-encrypt-{}=FILE with the certificate": (
        "设置 smime-encrypt-{}=FILE，指向其证书"
    ),
    "set password-{}{}=PASSWORD in mail.rc": "在 mail.rc 中设置 password-{}{}=PASSWORD",
    "use one of {}": "请用其中之一：{}",
    "name an address to send to": "写上收件人地址",
    "add a Sender field": "加上 Sender 字段",
    "unset mta-no-recipient-arguments, or smime-encrypt-…": (
        "unset mta-no-recipient-arguments，或 smime-encrypt-…"
    ),
    "set sender=ADDRESS, the one of them who sends": (
        "设置 sender=ADDRESS，即其中实际发信的人"
    ),
    "write one of {}": "请写其中之一：{}",
    "write %40 for @, %2F for /, %3A for : and %25 for %": (
        "@ 写成 %40，/ 写成 %2F，: 写成 %3A，% 写成 %25"
    ),
    "set smtp= to send through a server, or mta= to a sendmail program": (
        "设置 smtp= 通过服务器发送，或把 mta= 设为 sendmail 程序"
    ),
    "set smtp= in /etc/mail.rc, or mta= to another sendmail program": (
        "在 /etc/mail.rc 中设置 smtp=，或把 mta= 设为另一个 sendmail 程序"
    ),
    "please report it with the command line and this message": (
        "请把命令行和这条消息一起报告给我们"
    ),
    "define it in ~/.mailrc: account {} { … }": (
        "在 ~/.mailrc 中定义：account {} {{ … }}"
    ),
    "{} --help shows the options": "{} --help 会列出选项",
    "did you mean {}? {} --help shows all options": (
        "是否想用 {}？{} --help 会列出所有选项"
    ),
    "use mailx or another program to read mail": "读信请用 mailx 或其他程序",
    "-r ADDRESS names the sender; use mailx to read a mailbox": (
        "用 -r ADDRESS 指定发件人；读信请用 mailx"
    ),
    "write the value after it: {} {}": "请在后面写上值：{} {}",
    "{} -s SUBJECT ADDRESS, or --help": "{} -s SUBJECT ADDRESS，或 --help",
    "{} --run [WHEN] ADDRESS -- COMMAND, or --help": (
        "{} --run [WHEN] ADDRESS -- COMMAND，或 --help"
    ),
    "let this user read the file, or write ~/.mailrc": (
        "让该用户可以读取这个文件，或编写 ~/.mailrc"
    ),
    "set smtp= in its settings: without one it would call itself": (
        "在它的设置里写 smtp=：否则它会调用自己"
    ),
    "it is trusted: unset tls-verify (or ssl-verify)": (
        "证书可信：取消设置 tls-verify（或 ssl-verify）"
    ),
    "only if that is the server's own: set tls-fingerprint={}": (
        "确认它确属该服务器之后，设置 tls-fingerprint={}"
    ),
    "write the SHA-256 of the certificate, as pymail --check shows it": (
        "请写证书的 SHA-256 指纹，pymail --check 会显示它"
    ),
    "unset socks-proxy, and reach the server another way": (
        "取消设置 socks-proxy，改用其他方式连接服务器"
    ),
    "put a value with a blank in quotes": "含空格的值要加引号",
    "for a server outside your own network use smtps://{}:465": (
        "自己网络之外的服务器请用 smtps://{}:465"
    ),
    "chmod 600 {}": "执行：chmod 600 {}",
    "write {}": "请写成 {}",
    "tell those who run the server to renew it": "请服务器的管理者更新证书",
    "write `set outbox` into ~/.mailrc": "在 ~/.mailrc 中写入 `set outbox`",
    "--queue shows what waits": "--queue 会列出等待发送的邮件",
    "unset debug; pymail.build shows a message that is not sent": (
        "取消设置 debug；pymail.build 可以查看邮件而不发送"
    ),
    "name the user, and the server in the URL or in mail.rc": (
        "写明用户，并在 URL 或 mail.rc 中写明服务器"
    ),
    'write straight quotes around blanks: -s "TWO WORDS"': (
        '含空格的内容要用英文直引号：-s "TWO WORDS"'
    ),
    "set smtp-use-starttls": "设置 smtp-use-starttls",
    "set smtp-use-starttls, or write smtps:// in `smtp`": (
        "设置 smtp-use-starttls，或在 `smtp` 里写 smtps://"
    ),
    "unset tls-verify and ssl-verify, or set tls-fingerprint": (
        "取消设置 tls-verify 和 ssl-verify，或设置 tls-fingerprint"
    ),
    "write HOST:PORT, or scheme://USER:PASSWORD@HOST": (
        "写成 HOST:PORT，或 scheme://USER:PASSWORD@HOST"
    ),
    "write it anew; a blank stands between two settings, %20 in a password": (
        "重新输入；两项设置之间用普通空格，密码里的空格写 %20"
    ),
    "set {} to a file in PEM form": "把 {} 设为 PEM 格式的文件",
}
