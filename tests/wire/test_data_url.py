import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstay.wire.data_url import DataUrl, read_data_url, write_data_url


@pytest.mark.parametrize(
    ("url", "media_type", "data"),
    [
        ("data:image/png;base64,AAAA", "image/png", "AAAA"),
        ("data:IMAGE/PNG;Base64,AAAA", "image/png", "AAAA"),
        ("data:text/plain;charset=utf-8;base64,SGk=", "text/plain", "SGk="),
        ("data:text/plain,H%69", "text/plain", "SGk="),
        ("data:,Hi", "text/plain", "SGk="),
    ],
)
def test_what_is_in_a_data_url(url: str, media_type: str, data: str) -> None:
    assert read_data_url(url) == DataUrl(media_type, data)


@pytest.mark.parametrize("url", ["https://a.example/b.png", "data:image/png;base64", "AAAA", ""])
def test_other_urls(url: str) -> None:
    assert read_data_url(url) is None


@given(st.sampled_from(["image/png", "application/pdf"]), st.from_regex(r"[A-Za-z0-9+/]{0,40}={0,2}", fullmatch=True))
def test_what_is_written_is_read(media_type: str, data: str) -> None:
    assert read_data_url(write_data_url(media_type, data)) == DataUrl(media_type, data)
