"""One way to one candidate and back: verbatim within a dialect, translated across, with the real codecs."""

import json
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstay.model.call import Call
from mainstay.model.catalogue import Candidate, Platform
from mainstay.model.conversation import Prompt, Role, Text, Turn
from mainstay.model.fault import Fault, FaultKind
from mainstay.model.frame import Frame, FrameKind
from mainstay.model.http import Headers, Outgoing
from mainstay.wire.codec import Identity, Target, Written
from mainstay.wire.crossing.passage import Translated
from mainstay.wire.notes import unable
from mainstay.wire.openai_chat.codec import OpenaiChatCodec
from mainstay.wire.registry import CALLERS, DIALECTS, DOORS, SPEECH
from tests.wire.crossing.world import ANSWER_TEXT, CHAT_ANSWER, EXCHANGE, SAID, WALL, call, candidate, passages, sent
from tests.wire.streams import ANTHROPIC_TEXT, CHAT_TEXT, pieces_of, read, text_of

GOLDEN = Path(__file__).parent.parent / "golden"
STREAM: Headers = (("content-type", "text/event-stream"),)
LIMITS: Headers = (
    ("x-ratelimit-remaining-requests", "0"),
    ("anthropic-ratelimit-requests-remaining", "0"),
    ("retry-after", "60"),
    ("request-id", "req_1"),
)


def translated(asked: Call, to: Candidate) -> Translated:
    way = passages(asked).to(to)
    assert isinstance(way, Translated)
    return way


def request(asked: Call, to: Candidate, key: str = "") -> Outgoing:
    made = passages(asked).to(to).request(key, WALL)
    assert isinstance(made, Outgoing), made
    return made


# -- within a dialect


def test_within_a_dialect_the_bytes_pass_but_for_the_models_name() -> None:
    asked = call(path="/v1/messages", headers=(("anthropic-beta", "x"),), unheard_of={"a": [1]})
    made = request(asked, candidate("anthropic"), key="sk-1")
    assert made.body == asked.body.replace(b'"model": "claude"', b'"model": "served"')
    assert (made.url, made.method) == ("https://anthropic.example/v1/messages", "POST")
    assert {("anthropic-beta", "x"), ("x-api-key", "sk-1")} <= set(made.headers)


def test_a_place_that_cannot_read_sealed_reasoning_is_asked_without_it() -> None:
    thought = {"type": "thinking", "thinking": "Hm.", "signature": "of another"}
    turns = [{"role": "assistant", "content": [thought, {"type": "text", "text": "So."}]}]
    asked = call(
        path="/v1/messages", messages=[{"role": "user", "content": "a"}, *turns, {"role": "user", "content": "b"}]
    )
    way = passages(asked).to(candidate("anthropic"))
    first, refusal = way.request("", WALL), b'{"error": {"type": "invalid_request_error", "message": "%s"}}'
    assert isinstance(first, Outgoing)
    assert b"of another" in first.body
    fault = way.classify(400, (), refusal % b"messages.1.content.0: Invalid `signature` in `thinking` block", WALL)
    assert fault.kind is FaultKind.SEALED
    second, rest = way.request("", WALL), way.continuation("", WALL, SAID)
    assert isinstance(second, Outgoing)
    assert rest is not None
    assert b"of another" not in second.body + rest.body
    assert way.losses == ("thinking of earlier turns",)


def test_any_other_refusal_changes_nothing() -> None:
    way = passages(call(path="/v1/messages")).to(candidate("anthropic"))
    refusal = b'{"error": {"type": "invalid_request_error", "message": "no"}}'
    assert way.classify(400, (), refusal, WALL).kind is FaultKind.REQUEST
    assert way.losses == ()


def test_a_question_for_models_is_a_get() -> None:
    asked = DIALECTS["anthropic"].models_call("/v1/models", "limit=5", ())
    made = request(asked, candidate("anthropic", model="*"))
    assert (made.method, made.url, made.body) == ("GET", "https://anthropic.example/v1/models?limit=5", b"")


def test_a_platform_has_doors_of_its_own() -> None:
    asked = call(stream=True)
    made = request(asked, candidate("anthropic", platform=Platform.VERTEX), key="token")
    assert made.url.endswith("/publishers/anthropic/models/served:streamRawPredict")
    assert ("authorization", "Bearer token") in made.headers
    assert "x-api-key" not in dict(made.headers)


def test_only_the_home_of_a_conversation_is_sent_its_short_form() -> None:
    short = b'{"model":"gpt","previous_response_id":"resp_1","input":"And?"}'
    asked = call("openai-responses", input="And?", instructions="all of it")
    asked = msgspec.structs.replace(asked, home="home", home_body=short)
    assert sent(request(asked, candidate("openai-responses", "home")).body)["previous_response_id"] == "resp_1"
    for away in (candidate("openai-responses", "away"), candidate("anthropic", "claude")):
        body = request(asked, away).body
        assert b"resp_1" not in body
        assert b"all of it" in body


def test_without_a_home_nobody_is_sent_an_empty_form() -> None:
    nameless = candidate("openai-responses")
    nameless = msgspec.structs.replace(nameless, upstream=msgspec.structs.replace(nameless.upstream, name=""))
    assert sent(request(call("openai-responses"), nameless).body)["input"] == "Hi"


def test_within_a_dialect_the_providers_words_and_limits_reach_the_caller() -> None:
    way = passages(call()).to(candidate("anthropic"))
    body = b'{"type":"error","error":{"type":"overloaded_error","message":"busy"}}'
    assert way.classify(529, LIMITS, body, WALL).body == body
    assert "anthropic-ratelimit-requests-remaining" in dict(way.response_headers(LIMITS))
    assert way.losses == ()


@pytest.mark.parametrize("to", ["anthropic", "openai-chat"])
def test_what_a_provider_tells_of_its_limits_is_read_within_a_dialect_and_across(to: str) -> None:
    way = passages(call()).to(candidate(to))
    told = way.told((*LIMITS, ("x-ratelimit-reset-requests", "3s")), WALL)
    assert told is not None
    assert told.requests is not None
    assert told.requests.remaining == 0
    assert way.told(STREAM, WALL) is None


@pytest.mark.parametrize(
    ("headers", "answer"),
    [
        (STREAM, True),
        ((("content-type", " Text/Event-Stream; charset=utf-8"),), True),
        ((), True),
        ((("content-type", "application/json"),), False),
        ((("content-type", "application/vnd.amazon.eventstream"),), False),
    ],
)
def test_a_stream_is_known_by_its_type(headers: Headers, *, answer: bool) -> None:
    assert passages(call(stream=True)).to(candidate("anthropic")).is_stream(headers) is answer


def test_an_answer_that_needs_an_id_of_ours_has_it_whole_and_streamed() -> None:
    asked = msgspec.structs.replace(call("openai-responses"), answer_id="resp_ours")
    way = passages(asked).to(candidate("openai-responses"))
    frames = read(way.frames(STREAM), [(GOLDEN / "openai_responses" / "stream_text.sse").read_bytes()])
    assert b'"resp_ours"' in frames[0].raw
    body = (GOLDEN / "openai_responses" / "answer_tools.json").read_bytes()
    renamed = way.read_answer((), body).body
    assert renamed is not None
    assert json.loads(renamed)["id"] == "resp_ours"


def test_within_a_dialect_an_answer_stays_the_providers() -> None:
    assert passages(call("openai-chat")).to(candidate("openai-chat")).read_answer((), CHAT_ANSWER).body is None
    theirs = (GOLDEN / "openai_responses" / "answer_tools.json").read_bytes()
    assert passages(call("openai-responses")).to(candidate("openai-responses")).read_answer((), theirs).body is None


def test_within_a_dialect_a_stream_stays_the_providers() -> None:
    stream = (GOLDEN / "openai_responses" / "stream_text.sse").read_bytes()
    told = read(
        passages(call("openai-responses", stream=True)).to(candidate("openai-responses")).frames(STREAM), [stream]
    )
    assert b"".join(frame.raw for frame in told) == stream


def test_within_a_dialect_an_answer_that_is_none_is_a_fault() -> None:
    fault = passages(call()).to(candidate("anthropic")).read_answer((), b"<html>").fault
    assert fault is not None
    assert fault.kind is FaultKind.MALFORMED


# -- across: the request


def test_across_the_request_is_the_targets_own() -> None:
    made = request(call(system="Be brief"), candidate("openai-chat"), key="sk-1")
    assert made.url == "https://openai.example/v1/chat/completions"
    assert {("authorization", "Bearer sk-1"), ("content-type", "application/json")} <= set(made.headers)
    assert sent(made.body)["model"] == "served"
    assert sent(made.body)["messages"] == [{"role": "system", "content": "Be brief"}, {"role": "user", "content": "Hi"}]


def test_across_none_of_the_callers_headers_go() -> None:
    made = request(call(headers=(("anthropic-beta", "x"), ("x-own", "y"))), candidate("openai-chat"))
    assert not {"anthropic-beta", "anthropic-version", "x-own"} & set(dict(made.headers))


class LosingCodec(OpenaiChatCodec):
    """Loses some things twice."""

    def write_prompt(self, prompt: Prompt, target: Target) -> Written | Fault:
        if prompt.model == "unspeakable":
            return unable("images by URL")
        return Written("/x", b"{}", losses=("seed", "top_k", "seed", "logprobs"))


def with_losses(model: str, *extras: str) -> Translated:
    """The way of a prompt of this model to a codec that loses things."""
    return Translated(
        call(),
        Prompt("anthropic", model, (Turn(Role.USER, (Text("Hi"),)),), extras=extras),
        candidate("openai-chat"),
        dialect=DIALECTS["anthropic"],
        caller=CALLERS["anthropic"],
        upstream=LosingCodec(),
        door=DOORS[Platform.DIRECT, "openai-chat"],
        identity=Identity(EXCHANGE, int(WALL), "served", "openai-chat"),
    )


def test_losses_are_told_in_order_and_once_the_callers_own_first() -> None:
    assert with_losses("m", "logprobs", "context_management", "logprobs").losses == (
        "logprobs",
        "context_management",
        "seed",
        "top_k",
    )


def test_a_request_that_this_target_cannot_be_told_is_a_fault_and_no_request() -> None:
    way = with_losses("unspeakable")
    fault = way.request("", WALL)
    assert isinstance(fault, Fault)
    assert (fault.kind, fault.message, fault.status) == (FaultKind.NO_CANDIDATE, "images by URL", 503)
    assert way.refusal == fault
    assert way.continuation("", WALL, SAID) is None
    assert with_losses("m").refusal is None


# -- across: what comes back


def test_across_neither_limits_nor_words_of_the_other_provider_reach_the_caller() -> None:
    body = b'{"error":{"message":"slow down","type":"requests","code":"rate_limit_exceeded"}}'
    for stream in (False, True):
        way = translated(call(stream=stream), candidate("openai-chat"))
        fault = way.classify(429, LIMITS, body, WALL)
        assert (fault.kind, fault.wait_seconds, fault.headers, fault.body) == (FaultKind.THROTTLE, 60.0, (), b"")
        given = dict(way.response_headers((*LIMITS, ("content-type", "text/plain"))))
        assert not set(dict(LIMITS)) & set(given)
        assert given["content-type"].startswith("text/event-stream" if stream else "application/json")


def test_across_an_answer_is_the_callers_dialect_under_our_id() -> None:
    answer = translated(call(), candidate("openai-chat")).read_answer((), CHAT_ANSWER)
    assert answer.fault is None
    assert answer.usage is not None
    assert (answer.usage.input_tokens, answer.usage.output_tokens, answer.stop_reason) == (3, 5, "end")
    assert answer.body is not None
    body = sent(answer.body)
    assert (body["type"], body["id"], body["model"]) == ("message", "msg_0001", "served")
    assert body["content"] == [{"type": "text", "text": "Hello"}]


def test_across_an_answer_has_the_id_that_it_must_have() -> None:
    asked = msgspec.structs.replace(call("openai-responses"), answer_id="resp_ours")
    answer = translated(asked, candidate("openai-chat")).read_answer((), CHAT_ANSWER)
    assert answer.body is not None
    assert sent(answer.body)["id"] == "resp_ours"


def test_across_an_answer_is_dated_by_the_wall_clock_in_whole_seconds() -> None:
    answer = translated(call("openai-responses"), candidate("openai-chat")).read_answer((), CHAT_ANSWER)
    assert answer.body is not None
    assert sent(answer.body)["created_at"] == 1_700_000_000


def test_across_an_answer_that_is_none_is_a_fault_without_its_words() -> None:
    answer = translated(call(), candidate("openai-chat")).read_answer((), b"<html>")
    assert answer.fault is not None
    assert (answer.fault.kind, answer.fault.body, answer.fault.headers) == (FaultKind.MALFORMED, b"", ())
    assert answer.body is None


def test_across_thinking_comes_back_in_an_envelope_that_names_who_made_it() -> None:
    thought = {"type": "thinking", "thinking": "Hm", "signature": "c2ln"}
    body = {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "claude",
        "content": [thought, {"type": "text", "text": "Hello"}],
        "stop_reason": "end_turn",
        "usage": {"input_tokens": 1, "output_tokens": 1},
    }
    asked = call("openai-responses")
    answer = translated(asked, candidate("anthropic", "claude-eu")).read_answer((), json.dumps(body).encode())
    assert answer.body is not None
    (reasoning, message) = msgspec.convert(sent(answer.body)["output"], list[dict[str, object]])
    again = call("openai-responses", input=[reasoning, message, {"role": "user", "content": "And?"}])
    home, other = candidate("anthropic", "claude-eu"), candidate("anthropic", "claude-us")
    assert b"c2ln" in request(again, home).body
    assert b"c2ln" not in request(again, other).body


def frames(asked: Call, to: Candidate, stream: bytes, cuts: tuple[int, ...] = ()) -> list[Frame]:
    return read(passages(asked).to(to).frames(STREAM), pieces_of(stream, cuts))


@pytest.mark.parametrize(("dialect", "stream"), [("anthropic", ANTHROPIC_TEXT), ("openai-chat", CHAT_TEXT)])
@pytest.mark.parametrize("caller", sorted(CALLERS))
def test_across_a_stream_says_the_same_to_every_caller(caller: str, dialect: str, stream: list[bytes]) -> None:
    told = frames(call(caller, stream=True), candidate(dialect), b"".join(stream))
    assert text_of(told) == ANSWER_TEXT
    assert told[-1].kind is FrameKind.END
    assert text_of(read(DIALECTS[caller].frames(), [frame.raw for frame in told])) == ANSWER_TEXT


@given(cuts=st.lists(st.integers(0, 10_000), max_size=8).map(tuple))
def test_any_split_of_the_bytes_gives_the_same_stream(cuts: tuple[int, ...]) -> None:
    asked, place, stream = call("openai-responses", stream=True), candidate("anthropic"), b"".join(ANTHROPIC_TEXT)
    assert frames(asked, place, stream, cuts) == frames(asked, place, stream)


def test_every_pair_has_a_way() -> None:
    for caller in SPEECH.callers:
        for platform, dialect in SPEECH.doors:
            made = request(call(caller), candidate(dialect, platform=platform), key="id:secret")
            assert made.url.startswith("https://"), (caller, platform, dialect)
            assert made.body, (caller, platform, dialect)
