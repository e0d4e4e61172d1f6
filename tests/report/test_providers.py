"""The table of providers: every row can be used, and finds its own."""

import re

import pytest

from pymail.report.providers import PROVIDERS, Provider, SecretKind, of_address, of_host
from pymail.settings.server_url import parse

HOSTS = [host for provider in PROVIDERS for host in provider.hosts]


@pytest.fixture(params=PROVIDERS, ids=lambda p: f"{p.name}-{p.hosts[0]}")
def provider(request: pytest.FixtureRequest) -> Provider:
    found = request.param
    assert isinstance(found, Provider)
    return found


def test_there_are_enough() -> None:
    assert len(PROVIDERS) >= 40


def test_its_url_is_a_server(provider: Provider) -> None:
    url = parse(provider.url)
    assert url.host == provider.hosts[0]
    assert url.port in {None, provider.tls_port, provider.starttls_port}


def test_its_addresses_and_hosts_find_it(provider: Provider) -> None:
    for domain in provider.domains:
        assert of_address(f"me@{domain}") is provider
        assert of_address(f"Me@{domain.upper()}.") is provider
    for host in provider.hosts:
        if not host.startswith("127."):
            assert of_host(host) is provider
            assert of_host(f"MX1.{host}.") is provider


def test_it_says_since_when_and_where_from(provider: Provider) -> None:
    assert re.fullmatch(r"20[0-9]{2}-[01][0-9]-[0-3][0-9]", provider.verified)
    assert provider.source


def test_its_place_is_one_sentence_in_the_imperative(provider: Provider) -> None:
    assert re.match(r"[a-z]", provider.where)
    assert not provider.where.endswith(".")
    assert len(provider.where) < 170


def test_it_has_a_port(provider: Provider) -> None:
    assert provider.tls_port or provider.starttls_port


def test_nothing_is_said_twice() -> None:
    domains = [domain for provider in PROVIDERS for domain in provider.domains]
    assert len(set(domains)) == len(domains)
    assert len(set(HOSTS)) == len(HOSTS)


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("smtp.exmail.qq.com", "Tencent Exmail"),
        ("mx.qq.com", "QQ Mail"),
        ("smtp.qiye.163.com", "NetEase Enterprise Mail"),
        ("smtp.vip.163.com", "163"),
        ("smtpdm.aliyun.com", "Aliyun Direct Mail"),
        ("smtp.qiye.aliyun.com", "Alibaba Mail"),
        ("smtp.aliyun.com", "Aliyun Mail"),
        ("email-smtp.eu-west-1.amazonaws.com", "Amazon SES"),
        ("a.mail.protection.outlook.com", "Microsoft 365"),
    ],
)
def test_the_longest_name_counts(host: str, name: str) -> None:
    found = of_host(host)
    assert found is not None
    assert found.name == name


@pytest.mark.parametrize("host", ["", "qq.com.example.com", "notqq.com", "127.0.0.1"])
def test_other_servers_are_nobodys(host: str) -> None:
    assert of_host(host) is None


@pytest.mark.parametrize("address", ["me", "me@", "me@example.com", "163.com@x.org"])
def test_other_addresses_are_nobodys(address: str) -> None:
    assert of_address(address) is None


def test_who_logs_in_with_what() -> None:
    users = {p.name: p.user("me@example.com") for p in PROVIDERS}
    assert users["163"] == "me@example.com"
    assert users["SendGrid"] == "apikey"
    assert users["WEB.DE"] == "me"


def test_kinds_are_words_for_people() -> None:
    assert {kind.value for kind in SecretKind} >= {"authorization code", "app password"}
