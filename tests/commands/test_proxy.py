"""socks-proxy: the mail is kept, and nothing is sent without the proxy."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.scripted import serving

Run = Callable[..., Any]
ADDRESS = "lin:geheim@127.0.0.1:1"


@pytest.mark.parametrize(
    ("line", "variables"),
    [
        (f"set socks-proxy=socks5://{ADDRESS}\n", {}),
        ("", {"SOCKS5_PROXY": ADDRESS}),
    ],
    ids=["settings", "environment"],
)
def test_message_for_a_proxy_is_kept_and_not_sent(
    pymail: Run, world: Any, line: str, variables: dict[str, str]
) -> None:
    with serving() as server:
        rc = f"set from=me@example.org smtp=127.0.0.1:{server.port}\n{line}"
        ended = pymail(
            "-s", "S", "a@example.org", stdin=b"text\n", rc=rc, variables=variables
        )
    assert ended.status == 78
    assert "socks-proxy: pymail does not support SOCKS proxies" in ended.err
    assert "geheim" not in ended.err
    assert server.contents == []
    assert b"text\n" in (world.directory / "dead.letter").read_bytes()
