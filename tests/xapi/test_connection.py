"""Addresses of pools and of their masters."""

import pytest

from fixtures.errors import PoolproofError
from fixtures.secret import Secret
from fixtures.xapi.connection import Address, Connection, parse_master, parse_url

MEMBER = Address("https", "192.0.2.7", 8443)


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("https://pool.example", Address("https", "pool.example", 443)),
        ("https://pool.example/", Address("https", "pool.example", 443)),
        ("HTTPS://Pool.Example:8443", Address("https", "pool.example", 8443)),
        ("http://pool.example", Address("http", "pool.example", 80)),
        ("https://192.0.2.7", Address("https", "192.0.2.7", 443)),
        ("https://[2001:db8::7]:8443", Address("https", "2001:db8::7", 8443)),
        ("https://[fe80::7%eth0]", Address("https", "fe80::7%eth0", 443)),
        ("https://xen_1", Address("https", "xen_1", 443)),
        ("https://müller.example", Address("https", "xn--mller-kva.example", 443)),
    ],
)
def test_a_url_is_a_host_and_perhaps_a_port(url: str, address: Address) -> None:
    assert parse_url(url) == address


@pytest.mark.parametrize(
    "url",
    [
        "https://pool.example/sdk",
        "https://pool.example?x",
        "https://pool.example:",
        "https://pool.example:0",
        "https://pool.example:65536",
        "https://pool.example:https",
        "https://",
        "https://pool example",
        "https://pool.example\r\nX: y",
        "https://..",
        f"https://{'a' * 64}.example",
        "https://2001:db8::7",
        "https://[192.0.2.7]",
        "https://[2001:db8::7",
        "ftp://pool.example",
        "pool.example",
    ],
)
def test_anything_else_is_refused_in_one_line(url: str) -> None:
    with pytest.raises(PoolproofError, match=r"https://HOST or https://HOST:PORT$") as caught:
        parse_url(url)
    assert str(caught.value).isprintable()


@pytest.mark.parametrize(
    "url",
    [
        "https://root:s3cret@pool.example",
        "https://root:s3/cret@pool.example",
        "https://s3cret@pool.example",
        "https://root:s3cret",
        "https://root:s3cret#pool.example",
    ],
)
def test_a_password_in_a_url_is_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(PoolproofError) as caught:
        parse_url(url)
    assert "s3" not in str(caught.value)


@pytest.mark.parametrize(
    ("told", "address"),
    [
        ("192.0.2.10", Address("https", "192.0.2.10", 8443)),
        ("2001:db8::10", Address("https", "2001:db8::10", 8443)),
        ("xen1.example", Address("https", "xen1.example", 8443)),
        ("192.0.2.10:9443", Address("https", "192.0.2.10", 9443)),
    ],
)
def test_a_master_is_reached_as_its_member(told: str, address: Address) -> None:
    assert parse_master(told, MEMBER) == address


@pytest.mark.parametrize("told", ["", "a b", "root@evil.example", "evil.example/x", "\x1b[2J", "x\r\ny"])
def test_a_master_without_a_usable_address_is_one_line(told: str) -> None:
    with pytest.raises(PoolproofError, match=r"https://192.0.2.7:8443 is not the master") as caught:
        parse_master(told, MEMBER)
    assert str(caught.value).isprintable()


@pytest.mark.parametrize(
    ("address", "text"),
    [
        (Address("https", "pool.example", 443), "https://pool.example"),
        (Address("https", "pool.example", 80), "https://pool.example:80"),
        (Address("http", "2001:db8::7", 80), "http://[2001:db8::7]"),
        (Address("https", "2001:db8::7", 8443), "https://[2001:db8::7]:8443"),
    ],
)
def test_an_address_is_shown_as_its_url(address: Address, text: str) -> None:
    assert str(address) == text
    assert parse_url(text) == address


def test_a_connection_shows_no_password() -> None:
    assert "s3cret" not in repr(Connection(user="root", password=Secret("s3cret")))
