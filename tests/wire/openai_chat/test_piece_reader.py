import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstay.model.conversation import ToolCall
from mainstay.model.fault import Fault, FaultKind
from mainstay.model.frame import Usage
from mainstay.model.piece import (
    Began,
    Called,
    Calling,
    Counted,
    Done,
    Failed,
    Piece,
    Pinged,
    Refused,
    Said,
    Stop,
    Stopped,
    Thought,
)
from mainstay.wire.openai_chat.piece_reader import ChunkPieces
from mainstay.wire.tool_ids import AnswerIds
from tests.wire.openai_chat.crossing import golden
from tests.wire.streams import CHAT_TOOLS, DONE, call_chunk, chunk, pieces_of, role_chunk, usage_chunk

BEGAN = Began("chatcmpl-1", "gpt-demo-chatcmpl-1")


def pieces(*data: bytes) -> list[Piece]:
    reader = ChunkPieces()
    return [piece for part in data for piece in reader.feed(part)] + reader.close()


def failure(*data: bytes) -> Fault:
    last = pieces(*data)[-1]
    assert isinstance(last, Failed)
    return last.fault


def code(*data: bytes) -> str:
    return failure(*data).code


def test_text_with_all_that_azure_adds() -> None:
    usage = Usage(100, 20, 64, reasoning_tokens=12)
    assert pieces(golden("stream_azure.sse")) == [
        Began("chatcmpl-Z1", "gpt-5.1"),
        Said("Hel"),
        Said("lo"),
        Stopped(Stop.END),
        Counted(usage),
        Done(),
        Pinged(),
    ]


def test_parallel_tools() -> None:
    assert pieces(golden("stream_parallel_tools.sse")) == [
        Began("chatcmpl-T1", "gpt-5.1"),
        Calling(),
        Called(ToolCall("call_1", "weather", '{"city": "Paris"}')),
        Calling(),
        Called(ToolCall("call_2", "clock", "{}")),
        Stopped(Stop.TOOL),
        Done(),
    ]


def test_reasoning_of_vllm_with_usage_in_each_chunk() -> None:
    assert pieces(golden("stream_vllm_reasoning.sse")) == [
        Began("chatcmpl-V1", "qwen3-32b", Usage(9)),
        Thought("Easy."),
        Said("One, two"),
        Stopped(Stop.SEQUENCE, "three", Usage(9, 5)),
        Done(),
    ]


def test_content_in_parts_as_mistral_sends_it() -> None:
    assert pieces(golden("stream_mistral_thinking.sse")) == [
        Began("m1", "magistral-medium"),
        Thought("Easy."),
        Said("Hello"),
        Said("!"),
        Stopped(Stop.END, usage=Usage(9, 5)),
        Done(),
    ]


def test_calls_without_ids_that_share_an_index() -> None:
    made_up = AnswerIds("g1")
    ids = [made_up.take("", "weather") for _ in range(2)]
    assert pieces(golden("stream_same_index.sse"))[1:] == [
        Calling(),
        Called(ToolCall(ids[0], "weather", '{"city":"Paris"}')),
        Calling(),
        Called(ToolCall(ids[1], "weather", '{"city":"Rome"}')),
        Stopped(Stop.TOOL),
        Done(),
    ]


def test_one_chunk_may_say_everything() -> None:
    call = {"index": 0, "id": "c", "function": {"name": "f", "arguments": "{}"}}
    delta: dict[str, object] = {
        "role": "assistant",
        "reasoning": "Hm",
        "content": "a",
        "refusal": "no",
        "tool_calls": [call],
    }
    assert pieces(chunk(delta, "stop", usage={"prompt_tokens": 1, "completion_tokens": 2}) + DONE) == [
        BEGAN,
        Thought("Hm"),
        Said("a"),
        Refused("no"),
        Calling(),
        Called(ToolCall("c", "f", "{}")),
        Stopped(Stop.TOOL, usage=Usage(1, 2)),
        Done(),
    ]


def test_a_refusal() -> None:
    said = pieces(role_chunk(), chunk({"refusal": "I "}), chunk({"refusal": "can't"}), chunk(finish="stop"), DONE)
    assert said == [BEGAN, Refused("I "), Refused("can't"), Stopped(Stop.REFUSAL), Done()]


def test_the_old_function_call() -> None:
    first = chunk({"function_call": {"name": "f", "arguments": ""}})
    said = pieces(first, chunk({"function_call": {"arguments": "{}"}}), chunk(finish="function_call"), DONE)
    called = ToolCall(AnswerIds("chatcmpl-1").take("", "f"), "f", "{}")
    assert said == [BEGAN, Calling(), Called(called), Stopped(Stop.TOOL), Done()]


@pytest.mark.parametrize("stream", [golden("stream_azure.sse"), b"".join(CHAT_TOOLS).replace(b"\n", b"\r\n")])
def test_any_single_cut_gives_the_same_pieces(stream: bytes) -> None:
    def without_pings(*data: bytes) -> list[Piece]:
        return [piece for piece in pieces(*data) if not isinstance(piece, Pinged)]

    whole = without_pings(stream)
    assert len(whole) > 5
    assert all(without_pings(stream[:at], stream[at:]) == whole for at in range(len(stream)))


@given(st.lists(st.integers(min_value=0, max_value=10_000), max_size=30))
def test_any_cuts_give_the_same_pieces(cuts: list[int]) -> None:
    stream = golden("stream_parallel_tools.sse")
    assert pieces(*pieces_of(stream, cuts)) == pieces(stream)


@given(st.binary(max_size=300), st.sampled_from([b"data: ", b"", b'data: {"choices":']))
def test_no_bytes_raise(data: bytes, before: bytes) -> None:
    assert isinstance(pieces(before + data + b"\n\n"), list)


def test_reasoning_beside_text_is_not_lost() -> None:
    said = pieces(role_chunk(), chunk({"content": "a"}), chunk({"content": "b", "reasoning_content": "Hm"}))
    assert said == [BEGAN, Said("a"), Thought("Hm"), Said("b")]


def test_the_finish_reason_may_come_again_with_the_usage() -> None:
    said = pieces(role_chunk(), chunk({"content": "a"}, "stop"), chunk({}, "stop", usage={"prompt_tokens": 3}), DONE)
    assert said == [BEGAN, Said("a"), Stopped(Stop.END), Counted(Usage(3)), Done()]


def test_a_limit_inside_a_tool_call_leaves_it_out() -> None:
    said = pieces(call_chunk(0, '{"city": "Par', "c"), chunk(finish="length"), DONE)
    assert said == [BEGAN, Calling(), Stopped(Stop.LENGTH), Done()]


@pytest.mark.parametrize(
    ("stream", "expected"),
    [
        ((call_chunk(0, '{"city": ', "c"), chunk(finish="tool_calls")), "broken_tool_call"),
        ((call_chunk(0, "{}", "c"), call_chunk(1, "{}", "d"), call_chunk(0, "{}")), "broken_tool_call"),
        ((chunk({"tool_calls": [{"index": "one"}]}),), "broken_tool_call"),
        ((chunk({"tool_calls": [7]}),), "broken_tool_call"),
        ((chunk({"audio": {"id": "a"}}),), "untranslatable_stream"),
        ((chunk({"content": [{"type": "image_url"}]}),), "untranslatable_stream"),
        ((chunk({"content": [{"type": "text", "text": 7}]}),), "untranslatable_stream"),
        ((chunk({"content": 7}),), "untranslatable_stream"),
        ((role_chunk(), chunk(choices=[{"index": 1, "delta": {"content": "b"}}])), "untranslatable_stream"),
        ((chunk(choices=[{"delta": {}}, {"delta": {}}]),), "untranslatable_stream"),
        ((role_chunk(), chunk(finish="tool_calls")), "untranslatable_stream"),
        ((chunk({"content": "a"}, "stop"), chunk({"content": "b"})), "untranslatable_stream"),
        ((role_chunk(), chunk({"content": "a"}), DONE), "missing_stop_reason"),
        ((DONE,), "missing_stop_reason"),
        ((role_chunk(), chunk({"content": "a"}, "error")), "finish_error"),
        ((role_chunk(), chunk({"content": "a"}, "abort")), "finish_abort"),
        ((call_chunk(0, "{", "c"), b"data: {nonsense\n\n"), "malformed_stream"),
        ((b"<html>Bad gateway</html>",), "malformed_stream"),
    ],
)
def test_what_cannot_be_told(stream: tuple[bytes, ...], expected: str) -> None:
    assert code(*stream) == expected


@pytest.mark.parametrize(
    "event",
    [
        b'data: {"error": {"message": "m", "type": "server_error", "code": "server_is_overloaded"}}\n\n',
        chunk({"content": ""}, "error", error={"message": "m", "code": "server_is_overloaded"}),
        b'{"error": {"message": "m", "code": "server_is_overloaded"}}',
    ],
)
def test_an_error_inside_the_stream(event: bytes) -> None:
    assert failure(event).kind is FaultKind.OVERLOAD


def test_nothing_follows_a_failure_or_the_end() -> None:
    reader = ChunkPieces()
    reader.feed(role_chunk() + chunk(finish="stop") + DONE)
    assert reader.feed(chunk({"content": "a"})) + reader.close() == []


def test_pings() -> None:
    assert pieces(b": ping\n\n", b"event: ping\ndata: {}\n\n") == [Pinged(), Pinged()]


def test_a_stream_that_just_ends_is_for_the_exchange_to_judge() -> None:
    assert pieces(role_chunk(), chunk({"content": "a"}), b"data: {") == [BEGAN, Said("a")]


def test_malformed_events_are_counted() -> None:
    reader = ChunkPieces()
    assert reader.feed(role_chunk() + b"data: {nonsense\n\n" + chunk({"content": "a"})) == [BEGAN, Said("a")]
    assert reader.dropped == 1


def test_nameless_answers() -> None:
    bare = json.dumps({"id": None, "choices": [{"delta": {"content": "a"}}]}).encode()
    assert pieces(b"data: " + bare + b"\n\n") == [Began(), Said("a")]


def test_usage_before_the_end_goes_with_the_stop_reason() -> None:
    said = pieces(role_chunk(), usage_chunk(), chunk(finish="stop"), DONE)
    assert said == [BEGAN, Stopped(Stop.END, usage=Usage(100, 12, 64)), Done()]


def test_names_of_the_wrong_type_are_passed_over() -> None:
    assert pieces(chunk({"content": "a"}, id=7)) == [Began(), Said("a")]


def test_a_late_filter_result_says_nothing() -> None:
    said = pieces(role_chunk(), chunk({"content": "a"}, "stop"), chunk({}), chunk(choices=[], usage=None), DONE)
    assert said == [BEGAN, Said("a"), Stopped(Stop.END), Done()]


def test_parts_with_tools_usage_and_the_end_in_one_chunk() -> None:
    call = {"index": 0, "id": "c", "function": {"name": "f", "arguments": "{}"}}
    delta: dict[str, object] = {"content": [{"type": "text", "text": "a"}], "tool_calls": [call]}
    assert pieces(chunk(delta, "tool_calls", usage={"prompt_tokens": 3}), DONE) == [
        BEGAN,
        Said("a"),
        Calling(),
        Called(ToolCall("c", "f", "{}")),
        Stopped(Stop.TOOL, usage=Usage(3)),
        Done(),
    ]


def test_parts_of_several_choices() -> None:
    choice = {"delta": {"content": [{"type": "text", "text": "a"}]}}
    assert code(chunk(choices=[choice, choice])) == "untranslatable_stream"


def test_an_error_event_around_a_chunk() -> None:
    assert failure(b"event: error\n" + chunk({"content": "a"})).kind is FaultKind.UNKNOWN


def test_a_tool_call_left_open_by_a_cut_is_never_given() -> None:
    assert not any(isinstance(piece, Called) for piece in pieces(role_chunk(), call_chunk(0, "{}", "c")))
