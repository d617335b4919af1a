import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstay.model.call import Call, CallKind
from mainstay.model.frame import FrameKind
from mainstay.model.ports import Dialect
from mainstay.wire.registry import CALLERS, DIALECTS, DOORS, SPEECH, UPSTREAMS
from tests.wire.streams import ANTHROPIC_TEXT, ANTHROPIC_TOOLS, CHAT_TEXT, CHAT_TOOLS, PING, message_end, read

GOLDEN = Path(__file__).parent / "golden" / "openai_responses"
PATHS = {"anthropic": "/v1/messages", "openai-chat": "/v1/chat/completions", "openai-responses": "/v1/responses"}
RESPONSES = [
    event + b"\n\n"
    for name in ("text", "reasoning_tools", "failed")
    for event in (GOLDEN / f"stream_{name}.sse").read_bytes().split(b"\n\n")
    if event.strip()
]
OF_ANTHROPIC, OF_CHAT = [*ANTHROPIC_TEXT, *ANTHROPIC_TOOLS, message_end()], [*CHAT_TEXT, *CHAT_TOOLS]
EVENTS = [*OF_ANTHROPIC, *OF_CHAT, *RESPONSES, PING, b"data: {oops\n\n"]
MEMBERS = ["type", "index", "delta", "content_block", "usage", "error", "choices", "model", "messages", "id", "message"]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(MEMBERS), inner, max_size=4),
    max_leaves=8,
)
BODIES = st.binary(max_size=40) | JSON.map(lambda value: json.dumps(value).encode())
every_dialect = pytest.mark.parametrize("dialect", DIALECTS.values(), ids=DIALECTS)


def test_a_dialect_is_found_by_its_own_name() -> None:
    assert {name: dialect.name for name, dialect in DIALECTS.items()} == {name: name for name in DIALECTS}


def test_three_protocols_are_spoken_by_callers_and_two_more_by_upstreams() -> None:
    assert set(DIALECTS) == set(CALLERS) == {"anthropic", "openai-chat", "openai-responses"}
    assert set(UPSTREAMS) - set(CALLERS) == {"bedrock", "gemini"}


def test_every_door_belongs_to_a_dialect_and_every_dialect_has_a_door() -> None:
    assert {dialect for _, dialect in DOORS} == set(UPSTREAMS)


def test_all_of_it_is_handed_over_together() -> None:
    assert (SPEECH.dialects, SPEECH.callers, SPEECH.upstreams, SPEECH.doors) == (DIALECTS, CALLERS, UPSTREAMS, DOORS)


@every_dialect
@given(body=BODIES)
def test_no_body_is_too_odd_to_be_judged(dialect: Dialect, body: bytes) -> None:
    call = Call(dialect.name, CallKind.ANSWER, PATHS[dialect.name], "m", True, (), body)  # noqa: FBT003 (stream)
    dialect.read_call(PATHS[dialect.name], "", (), body)
    assert isinstance(dialect.request_body(call, "other"), bytes)
    fault = dialect.read_answer(call, (), body).fault or dialect.classify(500, (), body, 0.0)
    last_words = read(dialect.frames(), [dialect.caller_stream().error(fault, "x")])
    assert last_words[-1].kind is FrameKind.ERROR
    assert dialect.error_reply(fault, "x").status >= 400


@every_dialect
@given(
    events=st.lists(st.sampled_from(EVENTS) | BODIES.map(lambda body: b"data: " + body + b"\n\n"), max_size=12),
    at=st.integers(0, 12),
)
def test_no_stream_is_too_odd_to_be_spliced(dialect: Dialect, events: list[bytes], at: int) -> None:
    caller = dialect.caller_stream()
    for frame in read(dialect.frames(), events[:at]):
        caller.relayed(frame)
    frames = read(dialect.frames(), events[at:])
    assert all(isinstance(caller.spliced(frame, frame.text), bytes) for frame in frames)
    assert all(frame.fault is not None for frame in frames if frame.kind is FrameKind.ERROR)
    caller.finished_by_synthesis(frames)
