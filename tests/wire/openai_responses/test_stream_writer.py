from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstay.model.conversation import Prompt, Role, Text, Thinking, Tool, ToolCall, Turn
from mainstay.model.frame import FrameKind, Usage
from mainstay.model.piece import Began, Stop, Stopped
from mainstay.wire import envelope
from mainstay.wire.codec import Identity, StreamWriter
from mainstay.wire.openai_responses.stream_writer import ResponseStreamWriter
from tests.wire.openai_responses.native import Json, frames_of, golden
from tests.wire.openai_responses.sdk import checked, streamed
from tests.wire.streams import kinds, text_of

WHO = Identity("ex_42", 1760000000, "claude-demo", "anthropic")
PROMPT = Prompt(
    "openai-responses",
    "m",
    (Turn(Role.USER, (Text("Hi"),)),),
    stream=True,
    tools=(Tool("weather"), Tool("patch")),
    custom_tools=("patch",),
)
K = FrameKind


def writer() -> StreamWriter:
    return ResponseStreamWriter(PROMPT, WHO)


def output(stream: bytes) -> list[Json]:
    return cast("list[Json]", cast("Json", checked(stream)[-1]["response"])["output"])


def everything() -> bytes:
    told = writer()
    return b"".join(
        (
            told.began(Began("msg_x", "claude-demo", Usage(10))),
            told.thought("Two "),
            told.thought("cities."),
            told.sealed(Thinking("anthropic", "Two cities.", "sig")),
            told.said("Hello, "),
            told.said("“wörld” 🌍\n"),
            told.called(ToolCall("toolu_1", "weather", '{"city":"Paris"}')),
            told.called(ToolCall("toolu_2", "patch", '{"input":"*** Begin"}')),
            told.refused("I cannot."),
            told.stopped(Stopped(Stop.TOOL)),
            told.counted(Usage(10, 5, 3, cache_write_tokens=2, reasoning_tokens=1)),
            told.done(),
        )
    )


def test_a_stream_with_everything() -> None:
    assert everything() == golden("stream_written.sse")


def test_the_official_sdk_reads_it() -> None:
    final = streamed(everything())
    assert (final.id, final.status, final.model, final.output_text) == (
        "resp_42", "completed", "claude-demo", "Hello, “wörld” 🌍\n",
    )  # fmt: skip
    assert [item.type for item in final.output] == [
        "reasoning", "message", "function_call", "custom_tool_call", "message",
    ]  # fmt: skip
    assert final.usage
    assert (final.usage.total_tokens, final.usage.input_tokens_details.cached_tokens) == (15, 3)


def test_every_item_that_was_told_of_is_in_the_end() -> None:
    told = checked(everything())
    done = [event["item"] for event in told if event["type"] == "response.output_item.done"]
    assert output(everything()) == done


def test_our_own_reader_understands_it() -> None:
    frames = frames_of(everything())
    assert text_of(frames) == "Hello, “wörld” 🌍\n"
    assert (frames[-1].kind, frames[-1].stop_reason) == (K.END, "completed")
    assert K.ERROR not in kinds(frames)


def test_reasoning_comes_back_to_its_issuer_alone() -> None:
    item = output(everything())[0]
    assert envelope.unseal(str(item["encrypted_content"])) == Thinking("anthropic", "Two cities.", "sig")


def test_reasoning_that_nobody_sealed_is_known_as_ours_all_the_same() -> None:
    told = writer()
    stream = told.began(Began()) + told.thought("Hm") + told.said("Hi") + told.stopped(Stopped(Stop.END)) + told.done()
    item = output(stream)[0]
    assert item["summary"] == [{"type": "summary_text", "text": "Hm"}]
    assert envelope.unseal(str(item["encrypted_content"])) == Thinking("anthropic", "Hm")
    assert streamed(stream).output_text == "Hi"


def test_hidden_reasoning_has_no_words() -> None:
    told = writer()
    stream = told.began(Began()) + told.sealed(Thinking("", "", "sig", hidden=True)) + told.thought("")
    stream += told.refused("No") + told.stopped(Stopped(Stop.REFUSAL)) + told.done()
    assert [item["type"] for item in output(stream)] == ["reasoning", "reasoning", "message"]
    assert output(stream)[0]["summary"] == []
    sealed = envelope.unseal(str(output(stream)[0]["encrypted_content"]))
    assert sealed == Thinking("anthropic", "", "sig", hidden=True)


@pytest.mark.parametrize(
    ("stop", "status", "reason"),
    [
        (Stop.LENGTH, "incomplete", "max_output_tokens"),
        (Stop.FILTER, "incomplete", "content_filter"),
        (Stop.SEQUENCE, "completed", None),
    ],
)
def test_the_end_says_why(stop: Stop, status: str, reason: str | None) -> None:
    told = writer()
    stream = told.began(Began()) + told.said("Hi") + told.stopped(Stopped(stop, "", Usage(1, 2))) + told.done()
    end = cast("Json", checked(stream)[-1]["response"])
    details = cast("Json | None", end["incomplete_details"])
    assert (end["status"], details and details["reason"]) == (status, reason)
    assert output(stream)[0]["status"] == status
    assert frames_of(stream)[-1].stop_reason == told.stop_word(stop)
    assert frames_of(stream)[-1].usage == Usage(1, 2)


def test_a_refusal_in_words_is_a_complete_answer() -> None:
    told = writer()
    stream = told.began(Began()) + told.refused("No.") + told.stopped(Stopped(Stop.REFUSAL)) + told.done()
    end = cast("Json", checked(stream)[-1]["response"])
    assert (end["status"], end["incomplete_details"], output(stream)[0]["status"]) == ("completed", None, "completed")


@pytest.mark.parametrize("said", ["", "Let me"])
def test_a_refusal_without_words_of_its_own_is_told_as_taken_away(said: str) -> None:
    told = writer()
    stream = told.began(Began()) + (told.said(said) if said else b"")
    stream += told.stopped(Stopped(Stop.REFUSAL)) + told.done()
    last = checked(stream)[-1]
    end = cast("Json", last["response"])
    assert (last["type"], end["status"]) == ("response.incomplete", "incomplete")
    assert end["incomplete_details"] == {"reason": "content_filter"}
    assert [item["status"] for item in output(stream)] == (["incomplete"] if said else [])
    assert frames_of(stream)[-1].stop_reason == "content_filter"


def test_an_id_that_was_promised_is_kept() -> None:
    told = ResponseStreamWriter(PROMPT, Identity("resp_ours", 1, "m", "i"))
    assert cast("Json", checked(told.began(Began()))[0]["response"])["id"] == "resp_ours"


@given(st.lists(st.sampled_from(["say", "think", "seal", "call", "patch", "refuse"]), max_size=12))
def test_pieces_in_any_order_make_a_stream_that_the_sdk_accepts(steps: list[str]) -> None:
    told = writer()
    stream = told.began(Began())
    said = ""
    for number, step in enumerate(steps):
        if step == "say":
            said += f"{number} "
        stream += {
            "say": told.said,
            "think": told.thought,
            "seal": lambda text: told.sealed(Thinking("", text, "s")),
            "call": lambda text: told.called(ToolCall(text, "weather", "{}")),
            "patch": lambda text: told.called(ToolCall(text, "patch", '{"input":""}')),
            "refuse": told.refused,
        }[step](f"{number} ")
    stream += told.stopped(Stopped(Stop.END)) + told.done()
    assert streamed(stream).output_text == said
    checked(stream)
    assert frames_of(stream)[-1].kind is K.END
