"""The table of providers: every row can be used, and finds its own."""

import re

import pytest

from pymail.report.providers import (
    PROVIDERS,
    Provider,
    SecretKind,
    find_by_address,
    find_by_host,
)
from pymail.settings.server_url import parse

HOSTS = [host for provider in PROVIDERS for host in provider.hosts]


@pytest.fixture(params=PROVIDERS, ids=lambda p: f"{p.name}-{p.hosts[0]}")
def provider(request: pytest.FixtureRequest) -> Provider:
    found = request.param
    assert isinstance(found, Provider)
    return found


def test_table_has_the_large_providers() -> None:
    assert len(PROVIDERS) >= 40


def test_provider_has_a_server_url(provider: Provider) -> None:
    url = parse(provider.url)
    assert url.host == provider.hosts[0]
    assert url.port in {None, provider.tls_port, provider.starttls_port}


def test_provider_is_found_by_its_domains_and_hosts(provider: Provider) -> None:
    for domain in provider.domains:
        assert find_by_address(f"me@{domain}") is provider
        assert find_by_address(f"Me@{domain.upper()}.") is provider
    for host in provider.hosts:
        if not host.startswith("127."):
            assert find_by_host(host) is provider
            assert find_by_host(f"MX1.{host}.") is provider


def test_provider_has_a_date_and_a_source(provider: Provider) -> None:
    assert re.fullmatch(r"20[0-9]{2}-[01][0-9]-[0-3][0-9]", provider.verified)
    assert provider.source


def test_provider_says_in_one_sentence_where_its_secret_is_made(
    provider: Provider,
) -> None:
    assert re.match(r"[a-z]", provider.where)
    assert not provider.where.endswith(".")
    assert len(provider.where) < 170


def test_provider_has_a_port(provider: Provider) -> None:
    assert provider.tls_port or provider.starttls_port


def test_domains_and_hosts_are_unique() -> None:
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
def test_longest_host_name_wins(host: str, name: str) -> None:
    found = find_by_host(host)
    assert found is not None
    assert found.name == name


@pytest.mark.parametrize("host", ["", "qq.com.example.com", "notqq.com", "127.0.0.1"])
def test_unknown_host_has_no_provider(host: str) -> None:
    assert find_by_host(host) is None


@pytest.mark.parametrize("address", ["me", "me@", "me@example.com", "163.com@x.org"])
def test_unknown_address_has_no_provider(address: str) -> None:
    assert find_by_address(address) is None


def test_user_name_of_a_login() -> None:
    users = {p.name: p.user("me@example.com") for p in PROVIDERS}
    assert users["163"] == "me@example.com"
    assert users["SendGrid"] == "apikey"
    assert users["WEB.DE"] == "me"


def test_kinds_of_secret_read_as_words() -> None:
    assert {kind.value for kind in SecretKind} >= {"authorization code", "app password"}
