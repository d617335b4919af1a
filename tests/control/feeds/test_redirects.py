import asyncio

import pytest

from mainstay.control.feeds.redirects import is_loopback, joined_url, redirect_problem, resolve_host

ADDRESSES = {
    "www.lab.example": ("93.184.216.34",),
    "inside.lab.example": ("10.0.0.7",),
    "both.lab.example": ("93.184.216.34", "127.0.0.1"),
    "six.lab.example": ("fd00::1",),
    "status.lab.co.uk": ("93.184.216.34",),
}


async def resolve(host: str) -> tuple[str, ...]:
    return ADDRESSES.get(host, ())


def problem(origin: str, target: str) -> str | None:
    return asyncio.run(redirect_problem(origin, target, resolve))


@pytest.mark.parametrize(
    ("origin", "target"),
    [
        ("https://status.lab.example", "https://www.lab.example/status"),
        ("https://status.lab.example", "https://status.lab.example/en"),
        ("http://status.lab.example", "https://www.lab.example"),
        ("http://status.lab.example", "http://status.lab.example/en"),
        ("http://127.0.0.1:1", "http://127.0.0.1:2/x"),
        ("http://localhost:1", "http://[::1]:2/x"),
        ("https://www.lab.co.uk", "https://status.lab.co.uk/x"),
    ],
)
def test_a_page_may_send_us_to_itself(origin: str, target: str) -> None:
    assert problem(origin, target) is None


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("http://www.lab.example", "without https"),
        ("https://other.example", "another site"),
        ("https://lab.example.evil.example", "another site"),
        ("https://inside.lab.example", "not public"),
        ("https://both.lab.example", "not public"),
        ("https://six.lab.example", "not public"),
        ("https://unknown.lab.example", "not public"),
        ("https://127.0.0.1", "another site"),
        ("https://169.254.169.254/latest/meta-data", "another site"),
        ("http://localhost", "without https"),
        ("file:///etc/passwd", "no web address"),
        ("https://user@www.lab.example", "no web address"),
        ("https://www.lab.example:99999", "no web address"),
        ("", "no web address"),
    ],
)
def test_it_may_send_us_nowhere_else(target: str, words: str) -> None:
    assert words in (problem("https://status.lab.example", target) or "")


def test_two_sites_of_one_country_are_not_one() -> None:
    assert "another site" in (problem("https://status.other.co.uk", "https://status.lab.co.uk") or "")
    assert "another site" in (problem("https://10.0.0.1", "https://10.0.0.2") or "")


def test_a_relative_address_is_joined() -> None:
    assert joined_url("https://a.example/b/c", "../d") == "https://a.example/d"
    assert joined_url("https://a.example/", "http://[") == ""


def test_this_machine_is_known_by_all_its_names() -> None:
    assert [is_loopback(one) for one in ("localhost", "127.3.2.1", "::1", "10.0.0.1", "lab.example")] == [
        True,
        True,
        True,
        False,
        False,
    ]


def test_names_are_resolved_by_the_operating_system() -> None:
    assert "127.0.0.1" in asyncio.run(resolve_host("127.0.0.1"))
    assert asyncio.run(resolve_host("x" * 300)) == ()
