import msgspec
import pytest

from mainstay.lab.provider.fault import parse_fault
from mainstay.lab.provider.turn import Stop, ToolCall, Turn
from mainstay.lab.provider.turn_faults import TURN_FAULTS

TURN = Turn(text="one two three", tool_calls=(ToolCall("t", '{"a":1}'), ToolCall("u", "{}")), choices=2)


def broken(text: str) -> Turn:
    fault = parse_fault(text)
    return TURN_FAULTS[fault.name](TURN, fault)


def test_an_empty_turn_says_nothing() -> None:
    assert broken("empty") == Turn(choices=2)
    assert broken("empty:what=choices") == Turn(choices=0)


def test_a_refusal_has_an_explanation_and_no_text() -> None:
    assert (broken("refusal").stop, broken("refusal").text) == (Stop.REFUSAL, "")
    assert broken("refusal").refusal


def test_a_filter_stops_after_so_many_characters() -> None:
    assert (broken("content-filter:after=5").text, broken("content-filter").stop) == ("one t", Stop.FILTER)


def test_broken_arguments_are_no_json() -> None:
    for call in broken("tool-broken-json").tool_calls:
        with pytest.raises(msgspec.DecodeError):
            msgspec.json.decode(call.arguments)


def test_calls_may_share_an_id() -> None:
    assert [TURN.call_number(index) for index in range(2)] == [0, 1]
    assert [broken("tool-same-ids").call_number(index) for index in range(2)] == [0, 0]


def test_thinking_only_has_no_text() -> None:
    assert broken("thinking-only").thinking
    assert (broken("thinking-only").text, broken("thinking-only").tool_calls) == ("", ())
