import pytest
from msgspec.structs import replace

from mainstay.lab.provider.bedrock_key import is_signed
from mainstay.lab.provider.request import ProviderRequest
from mainstay.model.http import Headers, Outgoing
from mainstay.wire.bedrock.signature import read_key, signed

KEY = "AKID:SECRET"
PATH = "/model/a%253Ab/converse"


def request(key: str = KEY, path: str = PATH) -> ProviderRequest:
    access_key = read_key(key)
    assert access_key is not None
    headers: Headers = (("content-type", "application/json"),)
    outgoing = Outgoing(f"http://127.0.0.1:8080{path}?a=1", headers, b"{}")
    fields = signed(outgoing, "eu-west-1", access_key, 1_790_000_000.0)
    return ProviderRequest("POST", path, "a=1", (("host", "127.0.0.1:8080"), *fields), b"{}")


def with_header(asked: ProviderRequest, name: str, value: str) -> ProviderRequest:
    return replace(asked, headers=(*(field for field in asked.headers if field[0] != name), (name, value)))


def test_its_own_signature_is_accepted() -> None:
    assert is_signed(request(), KEY)
    assert is_signed(request("AKID:SECRET:TOKEN"), "AKID:SECRET:TOKEN")


@pytest.mark.parametrize(
    "asked",
    [
        request("AKID:OTHER"),
        request("OTHER:SECRET"),
        replace(request(), body=b"{ }"),
        replace(request(), query="a=2"),
        replace(request(), path="/model/other/converse"),
        replace(request(), method="GET"),
        replace(request(), headers=()),
        with_header(request(), "host", "127.0.0.1:9"),
        with_header(request(), "x-amz-date", "20260921T141321Z"),
        with_header(request(), "x-amz-date", "20200101T000000Z"),
        with_header(request(), "authorization", "Bearer x"),
        with_header(request(), "authorization", request().header("authorization").replace("host;", "")),
    ],
)
def test_any_other_is_refused(asked: ProviderRequest) -> None:
    assert not is_signed(asked, KEY)


def test_a_token_that_is_asked_for_must_be_there() -> None:
    assert not is_signed(request(), "AKID:SECRET:TOKEN")


def test_a_plain_key_signs_nothing() -> None:
    assert not is_signed(request(), "plain")


def test_a_body_may_be_left_unsigned_if_it_says_so() -> None:
    assert not is_signed(with_header(request(), "x-amz-content-sha256", "UNSIGNED-PAYLOAD"), KEY)
