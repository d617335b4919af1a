import pytest

from mainstay.gateway.http.request import split_target


@pytest.mark.parametrize(
    ("target", "path", "query"),
    [
        (b"/v1/messages", "/v1/messages", ""),
        (b"/v1/messages?beta=true&x=?", "/v1/messages", "beta=true&x=?"),
        (b"/v1/models/a%2Fb", "/v1/models/a%2Fb", ""),
        (b"/a?b#c", "/a", "b"),
        (b"http://gateway:8484/v1/messages?a", "/v1/messages", "a"),
        (b"http://gateway", "/", ""),
        (b"http://gateway?a=/b", "/", "a=/b"),
        (b"/http://x/y", "/http://x/y", ""),
        (b"//x/y", "//x/y", ""),
        (b"*", "*", ""),
        (b"", "/", ""),
    ],
)
def test_a_target_is_path_and_query(target: bytes, path: str, query: str) -> None:
    assert split_target(target) == (path, query)
