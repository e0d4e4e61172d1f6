import pytest

from pymail.report.reply import Reply
from pymail.transport.extensions import queue_id


@pytest.mark.parametrize(
    ("line", "name"),
    [
        pytest.param(b"2.0.0 Ok: queued as 4XYZ", "4XYZ", id="postfix"),
        pytest.param(
            b"Data Ok: queued as freedom ###envid=148316944", "148316944", id="aliyun"
        ),
        pytest.param(
            b"Mail OK queued as smtp8,DMCowAC3.S2 1400000000",
            "smtp8,DMCowAC3.S2",
            id="netease",
        ),
        pytest.param(b"OK: queued as.", "", id="qq"),
        pytest.param(b"OK id=1abcDE-0002ab-3F", "1abcDE-0002ab-3F", id="exim"),
        pytest.param(
            b"2.0.0 OK  1665 d9443c01a7336-1si12.7 - gsmtp",
            "d9443c01a7336-1si12.7",
            id="gmail",
        ),
        pytest.param(
            b"2.0.0 uAN0aBcd012345 Message accepted for delivery",
            "uAN0aBcd012345",
            id="sendmail",
        ),
        pytest.param(
            b"2.0.0 7f3a1b2c Message accepted for delivery", "7f3a1b2c", id="opensmtpd"
        ),
        pytest.param(b"ok 1700000000 qp 12345", "12345", id="qmail"),
        pytest.param(
            b"2.6.0 <a@example.com> [InternalId=123, Hostname=X] Queued mail",
            "123",
            id="exchange",
        ),
        pytest.param(b"Message Queued (1B2C-3.1)", "1B2C-3.1", id="haraka"),
        pytest.param(
            b"2.0.0 Ok: queued on smtp1.mail.yandex.net as 137-ab",
            "137-ab",
            id="yandex",
        ),
        pytest.param(
            b"Ok 0100018f5e1c-0a1b-000000", "0100018f5e1c-0a1b-000000", id="ses"
        ),
        pytest.param(b"OK", "", id="bare"),
        pytest.param(b"2.0.0 Great success", "", id="chatty"),
        pytest.param(b"queued as \x1b[31m", "", id="escape"),
    ],
)
def test_the_queue_id_is_found_in_what_servers_say(line: bytes, name: str) -> None:
    assert queue_id(Reply.from_octets(250, [line])) == name
