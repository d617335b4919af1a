import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstay.config.address import Address
from mainstay.config.url import url_address, url_path, url_problem


@pytest.mark.parametrize(
    "url",
    ["https://api.anthropic.com", "http://127.0.0.1:9001/v1/", "http://[::1]:80/v1", "HTTPS://a_b.example/x/y"],
)
def test_a_base_url_may_have_scheme_host_port_and_path(url: str) -> None:
    assert url_problem(url) is None


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("api.anthropic.com", "http or https"),
        ("ftp://host/", "http or https"),
        ("https://", "a host"),
        ("https://h:99999", "perhaps a port"),
        ("https://h:0", "perhaps a port"),
        ("https://[::1", "perhaps a port"),
        ("https://h%41st/", "a host"),
        ("https://h/ x", "without spaces"),
        ("https://h\r\nx: y", "without spaces"),
        ("https://user:pass@h/", "env:NAME"),
        ("https://h/?a=b", "query"),
        ("https://h/#", "query"),
    ],
)
def test_a_wrong_base_url_says_what_to_do(url: str, words: str) -> None:
    assert words in (url_problem(url) or "")


def test_a_password_in_a_url_is_not_repeated() -> None:
    assert "hunter2" not in (url_problem("https://me:hunter2@h/") or "hunter2")


@given(st.text(max_size=60))
def test_no_text_breaks_the_check(text: str) -> None:
    if url_problem(f"https://{text}") is None:
        assert url_address(f"https://{text}") is not None


def test_an_address_has_the_port_of_its_scheme() -> None:
    assert url_address("https://h/v1") == Address("h", 443)
    assert url_address("http://H") == Address("h", 80)
    assert url_address("http://h:81") == Address("h", 81)
    assert url_address("nonsense") is None


def test_a_path_has_no_last_slash() -> None:
    assert url_path("https://h/v1/") == "/v1"
    assert url_path("https://h/") == ""
