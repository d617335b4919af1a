import json

import pytest

from mainstay.model.frame import FrameKind
from mainstay.wire.registry import SPEECH
from tests.wire.bedrock import service
from tests.wire.crossing import official
from tests.wire.crossing.golden import (
    CALLERS,
    GIVEN,
    MODELS,
    PAIRS,
    REQUESTS,
    STREAMS,
    TOLD,
    WHOLE,
    Pair,
    asked,
    call,
    followed,
    given,
    given_stream,
    kept,
    laid_out,
    sent,
    streamed,
    told,
    told_stream,
    way,
)
from tests.wire.streams import read

TEXT = "Let me look at both."
CALLS = [("weather", {"city": "Genève", "days": 1}), ("clock", {"zone": "Europe/Zurich"})]

every_pair = pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: f"{pair.caller} to {pair.upstream}")


@pytest.mark.parametrize("caller", CALLERS)
@pytest.mark.parametrize("name", REQUESTS)
def test_what_is_asked_has_the_published_shape(caller: str, name: str) -> None:
    official.check_request(caller, asked(caller, name))


@pytest.mark.parametrize("upstream", [name for name in MODELS if name != "gemini"])
def test_what_is_given_has_the_published_shape(upstream: str) -> None:
    for name in WHOLE:
        official.check_answer(upstream, given(upstream, name))
    for name in STREAMS:
        if upstream == "bedrock":
            lines = (GIVEN / upstream / f"{name}.jsonl").read_bytes().splitlines()
            assert [service.event_report(line) for line in lines] == [""] * len(lines)
        else:
            official.check_stream(upstream, given_stream(upstream, name))


@every_pair
@pytest.mark.parametrize("name", REQUESTS)
def test_a_request_is_sent_as_written_down(pair: Pair, name: str) -> None:
    built = sent(way(pair, asked(pair.caller, name), name))
    assert built == kept(pair, f"request_{name}.json", built)
    official.check_request(pair.upstream, json.loads(built)["body"])


@every_pair
def test_a_client_that_sends_an_answer_back_is_understood(pair: Pair) -> None:
    answer = told(pair, way(pair, asked(pair.caller, "rich"), "rich"), "whole")
    request = followed(pair.caller, answer)
    official.check_request(pair.caller, _without_reasoning_words(request))
    built = sent(way(pair, request, "rich"))
    assert built == kept(pair, "request_return.json", built)
    official.check_request(pair.upstream, json.loads(built)["body"])


@every_pair
@pytest.mark.parametrize("name", WHOLE)
def test_a_whole_answer_is_told_as_written_down(pair: Pair, name: str) -> None:
    asking = asked(pair.caller, WHOLE[name]) | {"stream": False}
    body = told(pair, way(pair, asking, WHOLE[name]), name)
    built = laid_out(json.loads(body))
    assert built == kept(pair, f"{name}.json", built)
    official.check_answer(pair.caller, body)
    natively = SPEECH.dialects[pair.caller].read_answer(call(pair.caller, asking), (), body)
    assert natively.fault is None


@every_pair
@pytest.mark.parametrize("name", STREAMS)
def test_a_stream_is_told_as_written_down(pair: Pair, name: str) -> None:
    asking = streamed(pair.caller, asked(pair.caller, STREAMS[name]))
    stream = told_stream(pair, way(pair, asking, STREAMS[name]), name)
    assert stream.decode() == kept(pair, f"{name}.sse", stream.decode())
    official.check_stream(pair.caller, stream)
    kinds = [frame.kind for frame in read(SPEECH.dialects[pair.caller].frames(), [stream])]
    assert FrameKind.ERROR not in kinds
    assert kinds[-1] is FrameKind.END


@every_pair
def test_an_sdk_hands_out_the_same_whole_and_streamed(pair: Pair) -> None:
    request = asked(pair.caller, "rich")
    whole = told(pair, way(pair, request, "rich"), "whole")
    stream = told_stream(pair, way(pair, streamed(pair.caller, request), "rich"), "tools")
    text, calls = official.words_and_calls(pair.caller, whole, is_stream=False)
    assert text == TEXT
    assert [(name, arguments) for _, name, arguments in calls] == CALLS
    assert official.words_and_calls(pair.caller, stream, is_stream=True) == (text, calls)


def test_no_file_is_left_over() -> None:
    names = {*(f"request_{name}.json" for name in (*REQUESTS, "return")), *(f"{name}.json" for name in WHOLE)}
    names |= {f"{name}.sse" for name in STREAMS}
    expected = {TOLD / pair.caller / pair.upstream / name for pair in PAIRS for name in names}
    assert {path for path in TOLD.rglob("*") if path.is_file()} == expected


def _without_reasoning_words(request: dict[str, object]) -> dict[str, object]:
    """OpenAI's types do not know what servers of open models show."""
    messages = request.get("messages")
    if not isinstance(messages, list):
        return request
    return request | {
        "messages": [
            {name: value for name, value in message.items() if name != "reasoning_content"} for message in messages
        ]
    }
