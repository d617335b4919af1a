import msgspec
import pytest

from mainstay.model.fault import Blame, Fault, FaultKind
from mainstay.wire.refusal import refusal, refused_encoding, unknown_path, unreadable


class Request(msgspec.Struct):
    model: str
    stream: bool = False


def fault_of(body: bytes) -> Fault:
    with pytest.raises((ValueError, RecursionError)) as raised:
        msgspec.json.decode(body, type=Request)
    return unreadable(raised.value)


@pytest.mark.parametrize(
    ("body", "start"),
    [
        (b"", "body: this is not valid JSON"),
        (b"{", "body: this is not valid JSON"),
        (b'{"model": NaN}', "body: this is not valid JSON"),
        (b'{"model": "\xff"}', "body: this is not valid JSON"),
        (b"[]", "body: a JSON object is expected"),
        (b"{}", "model: this field is required"),
        (b'{"model": 7}', "model: Expected str, got int"),
        (b'{"model": "m", "stream": "yes"}', "stream: Expected bool, got str"),
        (b'{"deep": ' + b"[" * 100_000, "body: the JSON is nested too deeply"),
    ],
)
def test_the_message_names_the_field_and_says_what_to_do(body: bytes, start: str) -> None:
    fault = fault_of(body)
    assert fault.message.startswith(start)
    assert fault.message.endswith(".")
    assert (fault.kind, fault.blame, fault.status) == (FaultKind.REQUEST, Blame.CALLER, 400)


def test_a_refusal_speaks_of_one_field() -> None:
    assert refusal("model", "it is empty.").message == "model: it is empty."


def test_an_unknown_path_is_not_found() -> None:
    assert unknown_path("/v1/nowhere").status == 404


@pytest.mark.parametrize("encoding", ["identity", "", " Identity "])
def test_an_uncompressed_body_is_welcome(encoding: str) -> None:
    assert refused_encoding((("content-encoding", encoding),)) is None
    assert refused_encoding(()) is None


def test_a_compressed_body_is_refused() -> None:
    fault = refused_encoding((("content-encoding", "gzip"),))
    assert fault is not None
    assert fault.code == "request_body_encoding_unsupported"
