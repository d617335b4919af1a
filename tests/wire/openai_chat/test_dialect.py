import json

from mainstay.model.call import Call
from mainstay.model.catalogue import Candidate, Upstream
from mainstay.model.fault import Fault, FaultKind
from mainstay.model.frame import FrameKind
from mainstay.model.ports import Dialect
from mainstay.model.rates import Bucket, Told
from mainstay.wire.openai_chat.dialect import OpenaiChatDialect
from tests.wire.streams import CHAT_TEXT, kinds, read

DIALECT: Dialect = OpenaiChatDialect()
BODY = b'{ "model": "gpt-demo", "max_tokens": 9, "messages": [{"role": "user", "content": "Hi"}] }'


def call() -> Call:
    read_call = DIALECT.read_call("/v1/chat/completions", "v=1", (), BODY)
    assert isinstance(read_call, Call)
    return read_call


def test_a_request_goes_to_the_upstream_as_it_came() -> None:
    assert DIALECT.request_path(call()) == "/chat/completions?v=1"
    assert DIALECT.request_body(call(), "gpt-demo") is call().body
    assert DIALECT.request_body(call(), "gpt-other") == BODY.replace(b"demo", b"other")
    assert ("authorization", "Bearer k") in DIALECT.request_headers(call(), "k")


def test_a_request_for_the_rest_names_the_candidates_model() -> None:
    body = DIALECT.continuation_body(call(), Candidate(Upstream("u", "openai-chat", ""), "gpt-other"), "Hello")
    assert json.loads(body or b"{}")["model"] == "gpt-other"


def test_answers_and_their_headers() -> None:
    assert DIALECT.response_headers((("request-id", "r"), ("server", "s"))) == (("request-id", "r"),)
    assert DIALECT.classify(529, (), b"", 0.0).kind is FaultKind.OVERLOAD
    fault = DIALECT.read_answer(call(), (), b"<html>").fault
    assert fault is not None
    assert fault.kind is FaultKind.MALFORMED


def test_each_stream_has_a_reader_and_a_caller_of_its_own() -> None:
    assert kinds(read(DIALECT.frames(), CHAT_TEXT))[-1] is FrameKind.END
    assert DIALECT.frames() is not DIALECT.frames()
    assert DIALECT.caller_stream().may_continue()


def test_keep_alives_are_pings_to_our_own_reader() -> None:
    assert kinds(read(DIALECT.frames(), [DIALECT.ping(), DIALECT.comment("a\nb")])) == [FrameKind.PING] * 2


def test_replies() -> None:
    assert DIALECT.error_reply(Fault(FaultKind.CONNECT, "No connection."), "ex-1").status == 502
    assert json.loads(DIALECT.models_reply(("a",)).body)["data"][0]["object"] == "model"
    assert json.loads(DIALECT.model_reply("a").body)["id"] == "a"


def test_our_limits_are_told_in_place_of_the_providers() -> None:
    theirs = (("request-id", "r"), ("x-ratelimit-limit-requests", "77"))
    told = DIALECT.rated(theirs, Told(requests=Bucket(9, 5, 60.0)), 0.0)
    assert told[:2] == (("request-id", "r"), ("x-ratelimit-limit-requests", "9"))
    assert len(told) == 4
    assert DIALECT.rated(theirs, Told(), 0.0) == (("request-id", "r"),)
