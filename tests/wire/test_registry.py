import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstay.model.call import Call, CallKind
from mainstay.model.frame import FrameKind
from mainstay.model.ports import Dialect
from mainstay.wire.registry import DIALECTS
from tests.wire.streams import ANTHROPIC_TEXT, ANTHROPIC_TOOLS, CHAT_TEXT, CHAT_TOOLS, PING, message_end, read

PATHS = {"anthropic": "/v1/messages", "openai-chat": "/v1/chat/completions"}
EVENTS = [*ANTHROPIC_TEXT, *ANTHROPIC_TOOLS, *CHAT_TEXT, *CHAT_TOOLS, PING, message_end(), b"data: {oops\n\n"]
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


def test_both_protocols_of_this_version_are_spoken() -> None:
    assert set(DIALECTS) == {"anthropic", "openai-chat"}


@every_dialect
@given(body=BODIES)
def test_no_body_is_too_odd_to_be_judged(dialect: Dialect, body: bytes) -> None:
    call = Call(dialect.name, CallKind.ANSWER, PATHS[dialect.name], "m", True, (), body)  # noqa: FBT003 (stream)
    dialect.read_call(PATHS[dialect.name], "", (), body)
    assert isinstance(dialect.request_body(call, "other"), bytes)
    fault = dialect.read_answer(call, (), body).fault or dialect.classify(500, (), body, 0.0)
    assert "error" in json.loads(dialect.caller_stream().error(fault, "x").split(b"data: ")[1])
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
