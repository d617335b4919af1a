import pytest

from mainstay.model.call import CallKind
from mainstay.model.fault import FaultKind
from mainstay.wire.models_call import models_call, read_models
from mainstay.wire.registry import DIALECTS


def test_the_question_is_the_callers_without_its_credential() -> None:
    headers = (("x-api-key", "secret"), ("anthropic-version", "2023-06-01"))
    call = models_call("anthropic", "/v1/models", "limit=5", headers)
    assert (call.kind, call.path, call.model, call.body) == (CallKind.MODELS, "/v1/models?limit=5", "*", b"")
    assert call.headers == (("anthropic-version", "2023-06-01"),)


@pytest.mark.parametrize(("dialect", "path"), [("anthropic", "/v1/models?a=b"), ("openai-chat", "/models?a=b")])
def test_each_dialect_asks_below_its_own_base_url(dialect: str, path: str) -> None:
    one = DIALECTS[dialect]
    call = one.models_call("/v1/models", "a=b", ())
    assert one.request_path(call) == path
    assert one.request_body(call, "*") == b""


@pytest.mark.parametrize("body", [b'{"data":[{"id":"a"}],"has_more":false}', b'{"data":[]}', b'{"id":"a"}'])
def test_a_list_or_one_model_is_an_answer(body: bytes) -> None:
    assert read_models(body).fault is None
    call = DIALECTS["anthropic"].models_call("/v1/models", "", ())
    assert DIALECTS["anthropic"].read_answer(call, (), body).fault is None


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"error":{"message":"no"}}', b'{"data":'])
def test_anything_else_is_malformed(body: bytes) -> None:
    fault = read_models(body).fault
    assert fault is not None
    assert fault.kind is FaultKind.MALFORMED
