import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstay.model.conversation import ToolCall
from mainstay.model.fault import FaultKind
from mainstay.model.frame import Usage
from mainstay.model.piece import (
    Began,
    Called,
    Calling,
    Done,
    Failed,
    Piece,
    Pinged,
    Said,
    Sealed,
    Stop,
    Stopped,
    Thought,
)
from mainstay.wire.gemini.chunks import KEPT_MAX
from mainstay.wire.gemini.seal import Place, Signed, sealed
from mainstay.wire.gemini.stream import GeminiPieces
from tests.wire.gemini.golden import chunk, event, golden, told

ASKED = Usage(input_tokens=120, cached_tokens=64)
COUNTED = Usage(input_tokens=120, output_tokens=42, cached_tokens=64, reasoning_tokens=33)
BEGAN = Began("answer-1", "gemini-3-pro", ASKED)
STREAMS = ("text.sse", "tools.sse", "thinking.sse", "blocked.sse")


def fault_of(*packets: bytes) -> tuple[FaultKind, list[Piece]]:
    *before, last = told(*packets)
    assert isinstance(last, Failed)
    return last.fault.kind, before


def test_text_is_said_and_the_end_is_told_when_the_body_ends() -> None:
    reader = GeminiPieces()
    said = [BEGAN, Said("Hello"), Said(", wörld 🌍"), Stopped(Stop.END, "", COUNTED)]
    assert reader.feed(golden("text.sse")) == said
    assert reader.close() == [Done()]
    assert reader.feed(golden("text.sse")) == reader.close() == []


def test_calls_come_whole_with_the_signature_before_the_one_it_belongs_to() -> None:
    weather = ToolCall("fc-1", "weather", '{"city":"Zürich","days":[1,2]}')
    assert told(golden("tools.sse")) == [
        BEGAN,
        Thought("Which city?"),
        Said("Let me look."),
        Sealed(sealed(Signed("c2lnbmVk", Place.CALL, "weather"), "")),
        Calling(),
        Called(weather),
        Calling(),
        Called(ToolCall("fc-2", "time", "{}")),
        Stopped(Stop.TOOL, "", COUNTED),
        Done(),
    ]


def test_a_signature_behind_the_text_is_kept() -> None:
    assert told(golden("thinking.sse"))[-3:] == [
        Sealed(sealed(Signed("dGV4dA==", Place.TEXT), "")),
        Stopped(Stop.END, "", COUNTED),
        Done(),
    ]


def test_a_blocked_prompt_is_a_filtered_answer() -> None:
    assert told(golden("blocked.sse")) == [BEGAN, Stopped(Stop.FILTER, "", ASKED), Done()]


def test_a_stream_without_a_stop_reason_was_cut() -> None:
    assert told(chunk('[{"text":"Hel"}]')) == [Began("answer-1"), Said("Hel")]


@pytest.mark.parametrize("name", STREAMS)
@given(data=st.data())
def test_any_split_gives_the_same_pieces(name: str, data: st.DataObject) -> None:
    stream = golden(name)
    cuts = sorted(data.draw(st.sets(st.integers(0, len(stream)), max_size=8)))
    packets = [stream[left:right] for left, right in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    assert told(*packets) == told(stream)


@pytest.mark.parametrize("name", STREAMS)
@pytest.mark.parametrize("line_end", [b"\n", b"\r"])
def test_any_line_end_gives_the_same_pieces(name: str, line_end: bytes) -> None:
    assert told(golden(name).replace(b"\r\n", line_end)) == told(golden(name))


def test_an_error_event_ends_the_stream() -> None:
    error = event('{"error":{"code":503,"message":"The model is overloaded.","status":"UNAVAILABLE"}}')
    kind, before = fault_of(chunk('[{"text":"Hel"}]'), error, golden("text.sse"))
    assert kind is FaultKind.OVERLOAD
    assert before == [Began("answer-1"), Said("Hel")]


def test_an_error_that_names_nothing_is_malformed() -> None:
    assert fault_of(event('{"error":1}'))[0] is FaultKind.MALFORMED


@pytest.mark.parametrize("behind", [b"\r\n\r\n", b""])
def test_an_error_may_stand_bare_behind_events(behind: bytes) -> None:
    kind, before = fault_of(chunk('[{"text":"Hel"}]'), golden("throttled.json").rstrip() + behind)
    assert kind is FaultKind.THROTTLE
    assert before[-1] == Said("Hel")


@pytest.mark.parametrize(
    "body", [b"<html>Welcome</html>", b"<html>\n\nWelcome", b'{"candidates":[]}', b'[{"a":1}]\n\n']
)
def test_a_body_that_is_no_stream_is_malformed(body: bytes) -> None:
    assert fault_of(body) == (FaultKind.MALFORMED, [])


def test_comments_are_pings() -> None:
    assert told(b": keep-alive\n\n") == [Pinged()]


def test_a_malformed_event_is_left_out_and_counted() -> None:
    reader = GeminiPieces()
    reader.feed(chunk('[{"text":"Hel"}]'))
    assert reader.feed(event('{"candidates":[{"content":') + chunk('[{"text":"lo"}]')) == [Said("lo")]
    assert reader.feed(b"nonsense\n\n") == []
    assert reader.dropped == 2


def test_a_malformed_event_that_may_be_a_call_fails() -> None:
    assert fault_of(event('{"candidates":[{"content":{"parts":[{"functionCall":{"name":'))[0] is FaultKind.MALFORMED


def test_an_incomplete_tail_is_discarded() -> None:
    assert told(chunk('[{"text":"Hel"}]'), b'data: {"candidates":') == [Began("answer-1"), Said("Hel")]


def test_an_event_without_bound_fails() -> None:
    assert fault_of(b"data: " + b"x" * KEPT_MAX)[0] is FaultKind.MALFORMED
