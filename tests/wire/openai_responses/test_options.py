"""What a request of Responses says about its own keeping."""

import json

import pytest

from mainstay.wire.openai_responses.options import Options, as_foreground, read_options


def test_the_gateways_own_fields_are_read_among_all_others() -> None:
    body = b'{"model":"m","input":[1],"previous_response_id":"resp_1","background":true,"store":true,"stream":false}'
    assert read_options(body) == Options("resp_1", background=True, store=True, stream=False)


@pytest.mark.parametrize("body", [b"{}", b"", b"[]", b'{"store":"yes"}', b'{"background":1}', b"\xff", b"[" * 100_000])
def test_what_is_not_said_or_makes_no_sense_is_unsaid(body: bytes) -> None:
    assert read_options(body) == Options()


@pytest.mark.parametrize(
    ("body", "is_stored"),
    [(b"{}", True), (b'{"store":null}', True), (b'{"store":true}', True), (b'{"store":false}', False)],
)
def test_a_response_is_stored_unless_the_caller_says_otherwise(body: bytes, *, is_stored: bool) -> None:
    assert read_options(body).is_stored is is_stored


@pytest.mark.parametrize("asked", [{}, {"stream": False}, {"stream": None, "background": True}])
def test_in_the_foreground_a_request_is_streamed_and_otherwise_the_same(asked: dict[str, object]) -> None:
    body = json.dumps({"model": "m", "input": "Hi", **asked}).encode()
    assert json.loads(as_foreground(body)) == {"model": "m", "input": "Hi", "stream": True}
