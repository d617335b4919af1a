"""Streams that break after their caller has heard something: it hears the whole answer once, or an honest error."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import anthropic
import msgspec
import openai
import pytest

from tests.e2e.callers import PATHS, Answer, Question
from tests.e2e.lanes import BRIEF_SECONDS, DEADLINE_SECONDS, DIALECTS, FIRST_BYTE_SECONDS, LaneKind
from tests.e2e.raw import Body, Heard, post
from tests.e2e.world import World, seen

PROMPT = "Tell me about the coast in 75 words."
BROKEN = ("cut:after={}", "stall:after={}", "inband-error:after={}")
GOOD_MODELS = (LaneKind.SILENT, LaneKind.EXACT, LaneKind.REPEAT, LaneKind.RESTART)
POINTS = 12
TOOL_PROMPT = "Look it up. [tools=2] [text=Let me see.]"
TERMINAL = {"anthropic": b'"message_stop"', "openai-chat": b"[DONE]"}
BOTH = pytest.mark.parametrize("dialect", DIALECTS)


def whole_answer(world: World, dialect: str, prompt: str = PROMPT, *, tools: bool = False) -> Answer:
    return world.ask_primary(dialect, Question(model="any", prompt=prompt, tools=tools))


def cut_points(text: str) -> list[int]:
    """From the first character to the last but one, some of them inside words, at blanks and beside line breaks."""
    step = len(text) // (POINTS - 2)
    return [1, *range(step, len(text) - 1, step), len(text) - 1][:POINTS]


def at_once(ask: Callable[[int], Answer], points: list[int]) -> list[Answer]:
    """All of them side by side, since each waits for clocks."""
    with ThreadPoolExecutor(max_workers=POINTS) as pool:
        return list(pool.map(ask, points))


@pytest.mark.parametrize("fault", BROKEN)
@pytest.mark.parametrize("kind", GOOD_MODELS, ids=lambda kind: kind.value)
@BOTH
def test_the_whole_text_is_heard_once_wherever_the_stream_breaks(
    fault: str, kind: LaneKind, dialect: str, world: World
) -> None:
    whole = whole_answer(world, dialect)
    points = cut_points(whole.text)
    lanes = {point: world.lane(dialect, kind) for point in points}

    def ask(point: int) -> Answer:
        faults = f"primary={fault.format(point)}"
        return world.ask(dialect, Question(model=lanes[point].model, prompt=PROMPT, faults=faults))

    begun = time.monotonic()
    answers = at_once(ask, points)
    assert time.monotonic() - begun < FIRST_BYTE_SECONDS  # it was the clock of silence that ended the silence
    for point, answer in zip(points, answers, strict=True):
        assert (point, answer.said) == (point, whole.said)
        assert len(seen(world.standby_of(kind), lanes[point])) == 1


@pytest.mark.parametrize("kind", [LaneKind.SILENT, LaneKind.REPEAT, LaneKind.RESTART], ids=lambda kind: kind.value)
@BOTH
def test_a_stream_may_break_behind_its_last_character(kind: LaneKind, dialect: str, world: World) -> None:
    whole = whole_answer(world, dialect)
    faults = f"primary=cut:after={len(whole.text)}"
    answer = world.ask(dialect, Question(model=world.lane(dialect, kind).model, prompt=PROMPT, faults=faults))
    assert answer.said == whole.said


@BOTH
def test_an_empty_continuation_proves_nothing(dialect: str, world: World) -> None:
    whole = whole_answer(world, dialect)
    lane = world.lane(dialect, LaneKind.EXACT)
    world.primary.break_with("unavailable", model=lane.model)
    world.primary.break_with(f"cut:after={len(whole.text)}", 1, model=lane.model)
    heard = post(world.url, PATHS[dialect], Question(model=lane.model, prompt=PROMPT).body(dialect))
    assert_ends_in_error(heard, dialect)
    assert visible_text(heard, dialect) == whole.text


@pytest.mark.parametrize("after", [30, 100, 200])
@BOTH
def test_a_model_that_contradicts_itself_is_not_spliced_in(after: int, dialect: str, world: World) -> None:
    whole = whole_answer(world, dialect)
    lane = world.lane(dialect, LaneKind.CONTRADICT)
    world.primary.break_with("unavailable", model=lane.model)
    world.primary.break_with(f"cut:after={after}", 1, model=lane.model)
    heard = post(world.url, PATHS[dialect], Question(model=lane.model, prompt=PROMPT).body(dialect))
    assert_ends_in_error(heard, dialect)
    assert len(seen(world.standby_of(LaneKind.CONTRADICT), lane)) == 1
    assert visible_text(heard, dialect) == whole.text[:after]


@BOTH
def test_the_sdk_raises_where_no_honest_end_was_possible(dialect: str, world: World) -> None:
    lane = world.lane(dialect, LaneKind.CONTRADICT)
    world.primary.break_with("unavailable", model=lane.model)
    world.primary.break_with("cut:after=50", 1, model=lane.model)
    expected = anthropic.APIStatusError if dialect == "anthropic" else openai.APIError
    with pytest.raises(expected, match="cut off"):
        world.ask(dialect, Question(model=lane.model, prompt=PROMPT))


@BOTH
def test_a_continuation_may_break_and_be_continued(dialect: str, world: World) -> None:
    whole = whole_answer(world, dialect)
    lane = world.lane(dialect, LaneKind.OWN)
    for provider in (world.primary, world.standby):
        provider.break_with("cut:after=150", 1, model=lane.model)
    answer = world.ask(dialect, Question(model=lane.model, prompt=PROMPT))
    assert answer.said == whole.said
    assert (len(seen(world.primary, lane)), len(seen(world.standby, lane))) == (2, 1)


@pytest.mark.parametrize("fault", ["cut:after=90", "inband-error:after=90", "cut:after=90,torn=true"])
@BOTH
def test_a_single_candidate_continues_its_own_answer(fault: str, dialect: str, world: World) -> None:
    whole = whole_answer(world, dialect)
    lane = world.lane(dialect, LaneKind.SOLO)
    world.primary.break_with(fault, 1, model=lane.model)
    answer = world.ask(dialect, Question(model=lane.model, prompt=PROMPT))
    assert answer.said == whole.said
    assert len(seen(world.primary, lane)) == 2


@BOTH
def test_a_spliced_stream_is_one_well_formed_stream_that_says_what_happened(dialect: str, world: World) -> None:
    lane = world.lane(dialect)
    asked = Question(model=lane.model, prompt=PROMPT, faults="primary=cut:after=100")
    heard = post(world.url, PATHS[dialect], asked.body(dialect), asked.headers)
    begun, continued = lane.primary, lane.standby
    assert f": mainstay: begun by {begun}, continued by {continued}; attempts 2; exchange ex_" in heard.text
    events = [msgspec.json.decode(data) for data in payloads(heard) if data != b"[DONE]"]
    assert heard.body.count(TERMINAL[dialect]) == 1
    if dialect == "anthropic":
        kinds = [event["type"] for event in events if event["type"] not in {"content_block_delta", "ping"}]
        assert kinds == ["message_start", "content_block_start", "content_block_stop", "message_delta", "message_stop"]
    else:
        assert len({event["id"] for event in events}) == 1
        assert sum("role" in choice["delta"] for event in events for choice in event["choices"]) == 1


def test_usage_is_told_once_behind_a_seam(world: World) -> None:
    faults = "primary=cut:after=100"
    asked = Question(model=world.lane("openai-chat").model, prompt=PROMPT, faults=faults)
    body = asked.body("openai-chat") | {"stream_options": {"include_usage": True}}
    heard = post(world.url, PATHS["openai-chat"], body, asked.headers)
    told = [usage for data in payloads(heard)[:-1] if (usage := msgspec.json.decode(data).get("usage")) is not None]
    assert len(told) == 1
    assert told[0]["prompt_tokens"] > 0
    assert told[0]["completion_tokens"] >= len(visible_text(heard, "openai-chat")) // 8
    asked = Question(model=world.lane("anthropic").model, prompt=PROMPT, faults=faults)
    heard = post(world.url, PATHS["anthropic"], asked.body("anthropic"), asked.headers)
    last = next(event for data in payloads(heard) if (event := msgspec.json.decode(data))["type"] == "message_delta")
    assert last["usage"]["output_tokens"] >= len(visible_text(heard, "anthropic")) // 8


@BOTH
def test_a_tool_call_cut_inside_its_arguments_is_asked_for_again(dialect: str, world: World) -> None:
    prompt = "Look it up. [text=Let me see.]"
    whole = whole_answer(world, dialect, prompt, tools=True)
    asked = Question(model=world.lane(dialect).model, prompt=prompt, tools=True, faults="primary=cut:phase=tool")
    answer = world.ask(dialect, asked)
    assert len(answer.tool_calls) == 1
    assert answer.said == whole.said


@BOTH
def test_complete_tool_calls_are_enough_to_end_well(dialect: str, world: World) -> None:
    whole = whole_answer(world, dialect, TOOL_PROMPT, tools=True)
    lane = world.lane(dialect)
    asked = Question(model=lane.model, prompt=TOOL_PROMPT, tools=True, faults="primary=cut:after=9999")
    answer = world.ask(dialect, asked)
    assert len(answer.tool_calls) == 2
    assert answer.said == whole.said
    assert answer.stop == ("tool_use" if dialect == "anthropic" else "tool_calls")
    assert seen(world.standby, lane) == []


def test_a_delivered_tool_call_is_never_asked_for_again(world: World) -> None:
    lane = world.lane("anthropic")
    asked = Question(model=lane.model, prompt=TOOL_PROMPT, tools=True, faults="primary=cut:phase=tool")
    heard = post(world.url, PATHS["anthropic"], asked.body("anthropic"), asked.headers)
    assert_ends_in_error(heard, "anthropic")
    assert heard.body.count(b'"name":"look_up"') == 1
    assert seen(world.standby, lane) == []


def test_tool_calls_that_can_only_be_delivered_together_are_asked_for_again(world: World) -> None:
    whole = whole_answer(world, "openai-chat", TOOL_PROMPT, tools=True)
    lane = world.lane("openai-chat")
    asked = Question(model=lane.model, prompt=TOOL_PROMPT, tools=True, faults="primary=cut:phase=tool")
    answer = world.ask("openai-chat", asked)
    assert len(answer.tool_calls) == 2
    assert answer.said == whole.said
    assert len(seen(world.standby, lane)) == 1


@BOTH
def test_tool_calls_may_be_had_live(dialect: str, world: World) -> None:
    lane = world.lane(dialect)
    asked = Question(model=lane.model, prompt=TOOL_PROMPT, tools=True, faults="primary=cut:phase=tool", workload="live")
    heard = post(world.url, PATHS[dialect], asked.body(dialect), asked.headers)
    assert_ends_in_error(heard, dialect)
    assert heard.body.count(b'"name":"look_up"') == 2


STRUCTURED = {
    "anthropic": {"output_config": {"format": {"type": "json_schema", "schema": {"type": "object"}}}},
    "openai-chat": {"response_format": {"type": "json_object"}},
}
FORCED = {"anthropic": {"tool_choice": {"type": "any"}}, "openai-chat": {"tool_choice": "required"}}


@pytest.mark.parametrize(
    ("extra", "tools"), [(STRUCTURED, False), (FORCED, True)], ids=["structured output", "forced tool"]
)
@BOTH
def test_what_prose_could_not_finish_is_not_continued(
    extra: dict[str, Body], dialect: str, *, tools: bool, world: World
) -> None:
    lane = world.lane(dialect)
    prompt = 'Answer. [text={"a": "some text that is long enough"}]'
    asked = Question(model=lane.model, prompt=prompt, tools=tools, faults="primary=cut:after=10")
    heard = post(world.url, PATHS[dialect], asked.body(dialect) | extra[dialect], asked.headers)
    assert heard.status == 200
    assert_ends_in_error(heard, dialect)
    assert seen(world.standby, lane) == []


@BOTH
def test_a_buffered_answer_is_taken_over_at_any_point(dialect: str, world: World) -> None:
    asked = Question(
        model=world.lane(dialect).model, prompt=PROMPT, workload="buffered", faults="primary=cut:after=200"
    )
    heard = post(world.url, PATHS[dialect], asked.body(dialect), asked.headers)
    assert heard.body == post(world.standby.url, PATHS[dialect], asked.body(dialect)).body


@pytest.mark.parametrize("stream", [False, True], ids=["plain", "stream"])
@pytest.mark.parametrize("fault", ["unavailable", "refuse", "overloaded", "html-200", "auth"])
@BOTH
def test_where_all_are_down_the_caller_is_told_clearly(fault: str, dialect: str, *, stream: bool, world: World) -> None:
    lane = world.lane(dialect, LaneKind.OWN)
    asked = Question(model=lane.model, stream=stream, faults=f"primary={fault}; standby={fault}")
    with pytest.raises((anthropic.InternalServerError, openai.InternalServerError)) as told:
        world.ask(dialect, asked)
    assert isinstance(told.value, anthropic.InternalServerError | openai.InternalServerError)
    assert told.value.status_code >= 500
    assert told.value.response.headers["x-should-retry"] == "false"
    assert told.value.response.headers["x-mainstay-id"]
    # Twice each, and each time once more where a kept connection was closed without a word.
    assert max(len(seen(world.primary, lane)), len(seen(world.standby, lane))) <= 4


def test_where_all_are_silent_the_deadline_ends_it(world: World) -> None:
    silent = "primary=stall:phase=headers; standby=stall:phase=headers"
    cases = [(dialect, stream) for dialect in DIALECTS for stream in (False, True)]

    def ask(case: tuple[str, bool]) -> tuple[Heard, float]:
        dialect, stream = case
        asked = Question(model=world.lane(dialect).model, stream=stream, faults=silent, workload="brief")
        begun = time.monotonic()
        return post(world.url, PATHS[dialect], asked.body(dialect), asked.headers), time.monotonic() - begun

    with ThreadPoolExecutor(max_workers=len(cases)) as pool:
        for heard, seconds in pool.map(ask, cases):
            assert heard.status == 504
            assert BRIEF_SECONDS - 0.1 <= seconds <= DEADLINE_SECONDS
            assert heard.header("x-should-retry") == "false"
            assert "within the deadline" in heard.text
            assert heard.header("x-mainstay-attempts") == "2"


def payloads(heard: Heard) -> list[bytes]:
    """The data of each event."""
    return [line[6:] for line in heard.body.split(b"\n") if line.startswith(b"data: ")]


def visible_text(heard: Heard, dialect: str) -> str:
    """The text that a caller could show, error or not."""
    events = [msgspec.json.decode(data) for data in payloads(heard) if data != b"[DONE]"]
    if dialect == "anthropic":
        deltas = [event["delta"] for event in events if event["type"] == "content_block_delta"]
        return "".join(delta.get("text", "") for delta in deltas)
    choices = [choice for event in events for choice in event.get("choices", ())]
    return "".join(choice["delta"].get("content") or "" for choice in choices)


def assert_ends_in_error(heard: Heard, dialect: str) -> None:
    """Never a clean end: the last word is the error event, and no terminal marker stands anywhere."""
    assert TERMINAL[dialect] not in heard.body
    assert b'"error":{' in payloads(heard)[-1]
