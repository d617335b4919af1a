import pytest

from mainstay.model.fault import FaultKind
from mainstay.model.piece import Stop
from mainstay.wire.openai_chat.stops import CUTS_OFF, failure_of, finish_reason_of, stop_of, told_stop


@pytest.mark.parametrize(
    ("reason", "stop"),
    [
        ("stop", Stop.END),
        ("length", Stop.LENGTH),
        ("tool_calls", Stop.TOOL),
        ("function_call", Stop.TOOL),
        ("content_filter", Stop.FILTER),
        ("model_length", Stop.CONTEXT),
        ("eos", Stop.END),
    ],
)
def test_what_a_finish_reason_means(reason: str, stop: Stop) -> None:
    assert stop_of(reason) is stop
    assert failure_of(reason) is None


@pytest.mark.parametrize(
    ("reason", "kind"),
    [
        ("error", FaultKind.UNKNOWN),
        ("abort", FaultKind.SERVER),
        ("insufficient_system_resource", FaultKind.OVERLOAD),
    ],
)
def test_a_finish_reason_that_is_a_failure(reason: str, kind: FaultKind) -> None:
    fault = failure_of(reason)
    assert fault is not None
    assert (fault.kind, fault.code) == (kind, f"finish_{reason}")


@pytest.mark.parametrize(
    ("stop", "reason"),
    [
        (Stop.END, "stop"),
        (Stop.LENGTH, "length"),
        (Stop.CONTEXT, "length"),
        (Stop.TOOL, "tool_calls"),
        (Stop.SEQUENCE, "stop"),
        (Stop.FILTER, "content_filter"),
        (Stop.REFUSAL, "content_filter"),
        (Stop.PAUSE, "stop"),
    ],
)
def test_the_word_for_a_stop(stop: Stop, reason: str) -> None:
    assert finish_reason_of(stop, has_refusal=False) == reason


def test_a_refusal_in_words_ends_like_any_answer() -> None:
    assert finish_reason_of(Stop.REFUSAL, has_refusal=True) == "stop"


def test_an_end_is_what_came_before_it() -> None:
    def told(*, calls: bool = False, refusal: bool = False, sequence: str = "") -> Stop:
        return told_stop(Stop.END, has_calls=calls, has_refusal=refusal, sequence=sequence)

    assert told() is Stop.END
    assert told(calls=True, sequence="x") is Stop.TOOL
    assert told(refusal=True) is Stop.REFUSAL
    assert told(sequence="x") is Stop.SEQUENCE


def test_another_stop_stays_what_it_is() -> None:
    assert told_stop(Stop.LENGTH, has_calls=True, has_refusal=True, sequence="x") is Stop.LENGTH


def test_who_may_cut_a_tool_call_off() -> None:
    assert {stop for stop in Stop if stop in CUTS_OFF} == {Stop.LENGTH, Stop.CONTEXT, Stop.FILTER}
