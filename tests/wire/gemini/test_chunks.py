import pytest

from mainstay.model.conversation import ToolCall
from mainstay.model.fault import FaultKind
from mainstay.model.frame import Usage
from mainstay.model.piece import Called, Counted, Done, Failed, Piece, Said, Sealed, Stop, Stopped, Thought
from mainstay.wire.gemini.chunks import KEPT_MAX
from mainstay.wire.gemini.seal import Place, Signed, sealed
from mainstay.wire.tool_ids import AnswerIds
from tests.wire.gemini.golden import chunk, event, golden, told


def calls_of(parts: str) -> list[ToolCall]:
    return [piece.call for piece in told(chunk(parts)) if isinstance(piece, Called)]


def failure_of(*packets: bytes) -> Failed:
    last = told(*packets)[-1]
    assert isinstance(last, Failed)
    return last


def stop_of(finish_reason: str) -> Piece:
    return told(chunk('[{"text":"a"}]', finish_reason))[-2]


@pytest.mark.parametrize(
    ("reason", "stop"),
    [
        ("STOP", Stop.END),
        ("MAX_TOKENS", Stop.LENGTH),
        ("SAFETY", Stop.FILTER),
        ("RECITATION", Stop.FILTER),
        ("BLOCKLIST", Stop.FILTER),
        ("PROHIBITED_CONTENT", Stop.FILTER),
        ("SPII", Stop.FILTER),
    ],
)
def test_stop_reasons(reason: str, stop: Stop) -> None:
    assert stop_of(reason) == Stopped(stop)


@pytest.mark.parametrize(
    ("reason", "kind"),
    [
        ("MALFORMED_FUNCTION_CALL", FaultKind.MALFORMED),
        ("UNEXPECTED_TOOL_CALL", FaultKind.MALFORMED),
        ("OTHER", FaultKind.UNKNOWN),
        ("SOMETHING_NEW", FaultKind.UNKNOWN),
    ],
)
def test_reasons_that_make_an_answer_worthless(reason: str, kind: FaultKind) -> None:
    fault = failure_of(chunk('[{"text":"a"}]', reason)).fault
    assert (fault.kind, fault.code) == (kind, reason.lower())


def test_an_unspecified_reason_is_none() -> None:
    assert told(chunk('[{"text":"a"}]', "FINISH_REASON_UNSPECIFIED"))[-1] == Said("a")


def test_a_limit_says_more_than_the_calls_before_it() -> None:
    assert told(chunk('[{"functionCall":{"name":"f"}}]', "MAX_TOKENS"))[-2] == Stopped(Stop.LENGTH)


def test_a_call_without_an_id_gets_one_that_stays_the_same() -> None:
    parts = '[{"functionCall":{"name":"f","args":{"a":1}}},{"functionCall":{"name":"f","args":{"a":1}}}]'
    first, second = calls_of(parts)
    assert [first, second] == calls_of(parts)
    assert first.id == AnswerIds("answer-1").take("", "f", '{"a":1}') != second.id
    assert first.id.startswith("call_")


def test_ids_that_collide_are_told_apart() -> None:
    call = '{"functionCall":{"name":"f","id":"x"}}'
    assert [made.id for made in calls_of(f"[{call},{call},{call}]")] == ["x", "x_2", "x_3"]


def test_a_number_behind_an_id_never_makes_it_that_of_another_call() -> None:
    calls = ",".join(f'{{"functionCall":{{"name":"f","id":"{given}"}}}}' for given in ("x", "x_2", "x", "x-2", "x"))
    assert len({made.id for made in calls_of(f"[{calls}]")}) == 5


@pytest.mark.parametrize("args", ["", ',"args":null', ',"args":{}'])
def test_a_call_without_arguments_has_an_empty_object(args: str) -> None:
    assert [made.arguments for made in calls_of(f'[{{"functionCall":{{"name":"f"{args}}}}}]')] == ["{}"]


@pytest.mark.parametrize(
    "call",
    [
        '{"name":"f","args":[1]}',
        '{"name":"f","args":"text"}',
        '{"name":"f","willContinue":true}',
        '{"name":"f","partialArgs":[{"jsonPath":"$.a"}]}',
        '{"args":{}}',
    ],
)
def test_a_call_that_is_not_whole_fails(call: str) -> None:
    assert failure_of(chunk(f'[{{"functionCall":{call}}}]')).fault.kind is FaultKind.MALFORMED


@pytest.mark.parametrize(
    "part", ['{"inlineData":{"mimeType":"image/png","data":"eA=="}}', '{"executableCode":{"code":"1"}}', '{"new":1}']
)
def test_a_part_that_cannot_be_told_fails_by_name(part: str) -> None:
    fault = failure_of(chunk(f"[{part}]")).fault
    assert fault.kind is FaultKind.MALFORMED
    assert part.split('"')[1] in fault.message


def test_an_empty_part_says_nothing() -> None:
    assert told(chunk('[{},{"text":""}]', "STOP"))[1:] == [Stopped(Stop.END), Done()]


def test_a_thought_is_sealed_with_all_of_its_run() -> None:
    parts = '[{"text":"a","thought":true},{"text":"b","thought":true,"thoughtSignature":"eA=="},{"text":"c"}]'
    thinking = sealed(Signed("eA==", Place.THOUGHT), "ab")
    assert told(chunk(parts))[1:] == [Thought("a"), Thought("b"), Sealed(thinking), Said("c")]
    assert (thinking.text, thinking.hidden) == ("ab", False)


def test_a_call_right_behind_a_thought_seals_it() -> None:
    parts = '[{"text":"a","thought":true},{"functionCall":{"name":"f"},"thoughtSignature":"eA=="}]'
    assert told(chunk(parts))[2] == Sealed(sealed(Signed("eA==", Place.CALL, "f"), "a"))


def test_signed_text_is_said_and_sealed() -> None:
    pieces = told(chunk('[{"text":"a","thoughtSignature":"eA=="}]'))
    assert pieces[1:] == [Said("a"), Sealed(sealed(Signed("eA==", Place.TEXT), ""))]


def test_usage_behind_the_stop_reason_is_counted_once() -> None:
    late = event('{"usageMetadata":{"promptTokenCount":3,"candidatesTokenCount":4,"toolUsePromptTokenCount":2}}')
    counted = Counted(Usage(input_tokens=5, output_tokens=4))
    assert told(chunk('[{"text":"a"}]', "STOP"), late, late)[-3:] == [Stopped(Stop.END), counted, Done()]


@pytest.mark.parametrize("part", ['{"text":"more"}', '{"functionCall":{"name":"f"}}'])
def test_content_behind_the_stop_reason_fails(part: str) -> None:
    fault = failure_of(golden("text.sse"), chunk(f"[{part}]")).fault
    assert fault.kind is FaultKind.MALFORMED


def test_silence_behind_the_stop_reason_is_fine() -> None:
    silent = chunk('[{"text":"","thoughtSignature":"eA=="}]', "STOP")
    assert told(chunk('[{"text":"a"}]', "STOP"), silent)[-2:] == [Stopped(Stop.END), Done()]


def test_several_candidates_fail() -> None:
    assert failure_of(event('{"candidates":[{},{}]}')).fault.kind is FaultKind.MALFORMED


def test_thoughts_are_bounded() -> None:
    part = chunk(f'[{{"text":"{"x" * (KEPT_MAX // 2)}","thought":true}}]')
    assert failure_of(part, part, part).fault.kind is FaultKind.MALFORMED


def test_arguments_are_bounded() -> None:
    part = chunk(f'[{{"functionCall":{{"name":"f","args":{{"a":"{"x" * (KEPT_MAX // 2)}"}}}}}}]')
    assert failure_of(part, part).fault.kind is FaultKind.MALFORMED
