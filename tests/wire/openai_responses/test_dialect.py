import json

from mainstay.model.call import Call, CallKind
from mainstay.model.catalogue import Candidate, Upstream
from mainstay.model.fault import Fault, FaultKind
from mainstay.model.ports import Dialect
from mainstay.model.rates import Bucket, Told
from mainstay.wire.openai_responses.dialect import OpenaiResponsesDialect
from tests.wire.openai_responses.native import golden
from tests.wire.streams import read, text_of

DIALECT: Dialect = OpenaiResponsesDialect()
BODY = b'{"model":"m","input":"Hi","stream":true}'


def call() -> Call:
    read = DIALECT.read_call("/v1/responses", "", (), BODY)
    assert isinstance(read, Call)
    return read


def test_a_request_goes_through() -> None:
    assert DIALECT.name == call().dialect == "openai-responses"
    assert DIALECT.request_path(call()) == "/responses"
    assert ("authorization", "Bearer k") in DIALECT.request_headers(call(), "k")
    assert json.loads(DIALECT.request_body(call(), "n"))["model"] == "n"
    candidate = Candidate(Upstream("u", "openai-responses", "https://example.com"), "n")
    assert b"One" in (DIALECT.continuation_body(call(), candidate, "One") or b"")
    assert DIALECT.local_answer(call()) is None


def test_an_answer_comes_back() -> None:
    assert DIALECT.read_answer(call(), (), golden("answer_tools.json")).stop_reason == "completed"
    assert text_of(read(DIALECT.frames(), [golden("stream_text.sse")])).startswith("Hello")
    assert DIALECT.caller_stream().may_continue()
    assert DIALECT.response_headers((("server", "x"), ("x-request-id", "r"))) == (("x-request-id", "r"),)
    assert DIALECT.classify(500, (), b"", 0.0).kind is FaultKind.SERVER


def test_an_answer_gets_the_id_that_was_promised() -> None:
    assert DIALECT.answer_id(golden("answer_tools.json")) == "resp_b1"
    assert DIALECT.answer_id(golden("stream_text.sse")) == "resp_a1"
    assert DIALECT.answer_id(DIALECT.renamed_answer(golden("answer_tools.json"), "resp_x")) == "resp_x"
    frames = DIALECT.renamed(DIALECT.frames(), "resp_x").feed(golden("stream_text.sse"))
    assert DIALECT.answer_id(frames[0].raw) == "resp_x"


def test_an_event_may_repeat_a_large_system_prompt() -> None:
    big = golden("stream_text.sse").replace(b'"instructions": null', b'"instructions": "%b"' % (b"x" * 2_000_000))
    assert text_of(read(DIALECT.frames(), [big])).startswith("Hello")


def test_questions_for_models() -> None:
    asked = DIALECT.models_call("/v1/models", "", ())
    assert asked.kind is CallKind.MODELS
    assert DIALECT.read_answer(asked, (), b'{"data":[]}').fault is None
    assert json.loads(DIALECT.models_reply(("a",)).body)["data"][0]["id"] == "a"
    assert json.loads(DIALECT.model_reply("a").body)["object"] == "model"


def test_what_is_said_beside_answers() -> None:
    assert DIALECT.ping() == b": ping\n\n"
    assert DIALECT.comment("a\nb") == b": a b\n\n"
    assert DIALECT.error_reply(Fault(FaultKind.REQUEST, "m", 400), "ex_1").status == 400


def test_our_limits_are_told_in_place_of_the_providers() -> None:
    theirs = (("request-id", "r"), ("x-ratelimit-limit-requests", "77"))
    told = DIALECT.rated(theirs, Told(requests=Bucket(9, 5, 60.0)), 0.0)
    assert told[:2] == (("request-id", "r"), ("x-ratelimit-limit-requests", "9"))
    assert len(told) == 4
    assert DIALECT.rated(theirs, Told(), 0.0) == (("request-id", "r"),)
