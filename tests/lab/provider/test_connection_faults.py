import msgspec
import pytest

from mainstay.lab.provider.fault import OK, parse_fault
from mainstay.lab.provider.perform import perform
from mainstay.lab.provider.prose import prose
from mainstay.lab.provider.request import Personality, ProviderRequest
from mainstay.lab.provider.steps import Body, Cut, End, Hang, Step

EVENT_END = len(prose("hello [tools=2]", 4)) - 1
"""Two events of two words each end here."""
TOOL = {"name": "weather", "input_schema": {"properties": {"city": {"type": "string"}}}}


def steps(fault: str, **fields: object) -> list[Step]:
    whole = {"model": "m", "max_tokens": 9999, "messages": [{"role": "user", "content": "hello [tools=2]"}]}
    body = msgspec.json.encode({**whole, "stream": True, **fields})
    return perform(ProviderRequest("POST", "/v1/messages", body=body), parse_fault(fault), Personality())


def body(done: list[Step]) -> bytes:
    return b"".join(step.data for step in done if isinstance(step, Body))


@pytest.mark.parametrize("phase", ["headers", "preamble", "content", "before-end"])
def test_a_cut_answer_is_the_beginning_of_the_whole_one(phase: str) -> None:
    cut, whole = body(steps(f"cut:phase={phase},after={EVENT_END}")), body(steps("ok"))
    assert whole.startswith(cut)
    assert len(cut) < len(whole)
    assert (b"message_start" in cut) is (phase != "headers")
    assert (b"text_delta" in cut) is (phase in ("content", "before-end"))
    assert (b"message_delta" in cut) is (phase == "before-end")


def test_a_clean_cut_ends_http_in_order_but_only_in_a_stream() -> None:
    assert steps("cut:clean=true")[-1] == End()
    assert steps("cut:clean=true", stream=False)[-1] == Cut()


def test_a_torn_cut_ends_inside_an_event() -> None:
    assert body(steps(f"cut:after={EVENT_END}")).endswith(b"\n\n")
    torn = body(steps(f"cut:after={EVENT_END},torn=true"))
    assert not torn.endswith(b"\n\n")
    assert body(steps("ok")).startswith(torn)


def test_a_cut_tool_call_is_the_last_one() -> None:
    cut = body(steps("cut:phase=tool", tools=[TOOL]))
    assert cut.count(b"content_block_start") == 2 * 2
    assert cut.count(b'"type":"content_block_stop"') == 1


def test_a_phase_that_does_not_occur_changes_nothing() -> None:
    assert steps("cut:phase=tool") == steps("ok")


@pytest.mark.parametrize("phase", ["headers", "preamble", "content", "end"])
def test_a_stall_never_ends(phase: str) -> None:
    for stream in (True, False):
        stalled = steps(f"stall:phase={phase}", stream=stream)
        assert stalled[-1] == Hang()
        assert len(body(stalled)) < len(body(steps("ok", stream=stream)))


def test_a_stalled_connection_is_told_apart() -> None:
    assert steps("stall:phase=connect") == [Hang(connecting=True)]


def test_a_text_that_is_too_short_is_cut_behind_its_end() -> None:
    cut = body(steps("cut:after=100000"))
    assert b"content_block_stop" in cut
    assert b"message_delta" not in cut


def test_no_fault_is_no_cut() -> None:
    assert steps(str(OK))[-1] == End()
