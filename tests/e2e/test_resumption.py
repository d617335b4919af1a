"""A caller who lost its connection goes on behind the last event that it heard, and hears every character once."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count

import msgspec
import pytest

from tests.conformance.stage import CALLERS
from tests.e2e.callers import PATHS
from tests.e2e.raw import get, post
from tests.e2e.resumable import CROSSING, NATIVE, OTHER, WAYS, WHOLE, Resumable, asked, resumable
from tests.e2e.streams import TERMINAL, Listener, assert_whole, payloads, resume, state_of, text_of

LEFT_SECONDS_MAX = 1.0
ERROR = {"anthropic": b'"type":"error"', "openai-chat": b'"error":{', "openai-responses": b"response.failed"}
CALL_GIVEN = {
    "anthropic": b'"name":"look_up"',
    "openai-chat": b'"name":"look_up"',
    "openai-responses": b'data: {"type":"response.function_call_arguments.done"',
}
"""Calls are given whole."""
EACH_CALLER = pytest.mark.parametrize("caller", CALLERS)
EACH_WAY = pytest.mark.parametrize("way", WAYS)
NUMBERS = count(1)
TOOL_PROMPT = "Look it up. [tools=2] [text=Let me see.]"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Resumable]:
    with resumable(tmp_path_factory.mktemp("resumable"), numbers=60) as running:
        yield running


def interrupted(world: Resumable, caller: str, way: str, *, after: int, durable: bool = False) -> Listener:
    """Somebody who has heard so many characters of a stream whose provider is silent now."""
    question = asked(caller, way, next(NUMBERS), durable=durable)
    world.provider.break_with(f"stall:after={after}", 1, model=question.model)
    listener = Listener(world.url, caller, question)
    listener.hear_text(WHOLE[:after])
    return listener


@EACH_WAY
@EACH_CALLER
def test_the_rest_of_a_stream_is_given_behind_any_event(caller: str, way: str, world: Resumable) -> None:
    listener = Listener(world.url, caller, asked(caller, way))
    listener.hear_out()
    assert_whole(caller, listener.data, WHOLE)
    events = len(payloads(listener.data))
    for after in (0, 1, 7, events - 1, events):
        rest = resume(world.url, listener.exchange, after)
        assert rest.status == 200
        assert rest.header("content-type").startswith("text/event-stream")
        assert rest.header("x-mainstay-id") == listener.exchange
        assert rest.header("x-mainstay-upstream") == f"alpha-{caller if way == NATIVE else OTHER[caller]}"
        assert listener.data.endswith(rest.body)
        assert len(payloads(rest.body)) == events - after
    assert state_of(world.url, listener.exchange) == "complete"


@EACH_CALLER
def test_a_running_stream_may_be_followed_while_it_is_heard_and_mended(caller: str, world: Resumable) -> None:
    listener = interrupted(world, caller, CROSSING, after=60)
    assert state_of(world.url, listener.exchange) == "running"
    with ThreadPoolExecutor(max_workers=2) as pool:
        followers = [pool.submit(resume, world.url, listener.exchange, after) for after in (0, 5)]
        world.provider.cut_now()
        listener.hear_out()
    assert_whole(caller, listener.data, WHOLE)
    heard = payloads(listener.data)
    assert [payloads(follower.result().body) for follower in followers] == [heard, heard[5:]]


@EACH_WAY
@EACH_CALLER
def test_who_leaves_cancels_the_upstream_and_may_come_back_for_the_rest(
    caller: str, way: str, world: Resumable
) -> None:
    for after in (1, 57, len(WHOLE) - 1):
        listener = interrupted(world, caller, way, after=after)
        model = asked(caller, way).model.rpartition("-")[0]
        listener.leave()
        left_at = time.monotonic()
        world.provider.until(lambda: world.provider.requests[-1].client_left_seconds is not None)
        cancelled = world.provider.requests[-1]
        assert cancelled.client_left_seconds is not None
        assert cancelled.started + cancelled.client_left_seconds - left_at <= LEFT_SECONDS_MAX
        assert model.encode() in cancelled.request.body
        world.until_state(listener.exchange, "interrupted")
        assert world.provider.requests[-1] == cancelled
        rest = resume(world.url, listener.exchange, len(payloads(listener.whole)))
        assert rest.status == 200
        assert_whole(caller, listener.whole + rest.body, WHOLE)
        assert state_of(world.url, listener.exchange) == "complete"


@EACH_WAY
@EACH_CALLER
def test_what_is_durable_runs_on_when_its_caller_leaves(caller: str, way: str, world: Resumable) -> None:
    question = asked(caller, way, next(NUMBERS), durable=True)
    world.provider.break_with("pings-only:after=60,seconds=0.2,interval=0.1", 1, model=question.model)
    listener = Listener(world.url, caller, question)
    listener.hear_text(WHOLE[:60])
    listener.leave()
    world.provider.until(lambda: not world.seen(question.model)[-1].is_running)
    (seen,) = world.seen(question.model)
    assert seen.client_left_seconds is None
    rest = resume(world.url, listener.exchange, len(payloads(listener.whole)))
    assert_whole(caller, listener.whole + rest.body, WHOLE)
    assert len(world.seen(question.model)) == 1


@EACH_CALLER
def test_where_nobody_can_go_on_the_end_is_honest_and_another_day_is_another_chance(
    caller: str, world: Resumable
) -> None:
    listener = interrupted(world, caller, NATIVE, after=50)
    listener.leave()
    world.until_state(listener.exchange, "interrupted")
    heard = len(payloads(listener.whole))
    world.provider.break_with("html-200", 10)
    rest = resume(world.url, listener.exchange, heard)
    world.provider.heal()
    assert rest.status == 200
    assert ERROR[caller] in payloads(rest.body)[-1]
    assert text_of(caller, listener.whole + rest.body) == WHOLE[:50]
    assert [one for one in payloads(rest.body) if TERMINAL[caller] in one] == []
    rest = resume(world.url, listener.exchange, heard)
    assert_whole(caller, listener.whole + rest.body, WHOLE)


@EACH_CALLER
def test_who_never_heard_a_word_may_have_the_whole(caller: str, world: Resumable) -> None:
    listener = interrupted(world, caller, NATIVE, after=40)
    listener.leave()
    rest = resume(world.url, listener.exchange, 0)
    assert_whole(caller, rest.body, WHOLE)


@EACH_WAY
def test_a_tool_call_that_was_given_is_never_asked_for_again(way: str, world: Resumable) -> None:
    question = asked("anthropic", way, next(NUMBERS))
    question = msgspec.structs.replace(question, prompt=TOOL_PROMPT, tools=True)
    world.provider.break_with("stall:phase=tool", 1, model=question.model)
    listener = Listener(world.url, "anthropic", question)
    listener.hear(lambda heard: b'"tool_use"' in heard.whole)
    listener.leave()
    world.until_state(listener.exchange, "interrupted")
    rest = resume(world.url, listener.exchange, len(payloads(listener.whole)))
    assert (b"event: error" in rest.body) != (TERMINAL["anthropic"] in rest.body)
    assert (listener.whole + rest.body).count(b'"type":"tool_use"') == 1
    assert len(world.seen(question.model)) == 1


@EACH_CALLER
def test_tool_calls_that_are_complete_need_nobody_to_end_well(caller: str, world: Resumable) -> None:
    question = asked(caller, NATIVE, next(NUMBERS))
    question = msgspec.structs.replace(question, prompt=TOOL_PROMPT, tools=True)
    world.provider.break_with("stall:phase=end", 1, model=question.model)
    listener = Listener(world.url, caller, question)
    listener.hear(lambda heard: heard.whole.count(CALL_GIVEN[caller]) == 2)
    listener.leave()
    world.until_state(listener.exchange, "interrupted")
    rest = resume(world.url, listener.exchange, len(payloads(listener.whole)))
    assert len([one for one in payloads(rest.body) if TERMINAL[caller] in one]) == 1
    assert len(world.seen(question.model)) == 1


@pytest.mark.parametrize("path", ["/stream?after=1", "/stream", ""])
def test_an_unknown_id_is_not_found(path: str, world: Resumable) -> None:
    for identity in ("ex_unknown", "..%2F..%2Fetc%2Fpasswd", "x" * 300, "%00"):
        heard = get(world.url, f"/v1/mainstay/exchanges/{identity}{path}")
        assert heard.status == 404
        assert "x-mainstay-id of a streamed answer" in heard.text


def test_behind_the_end_there_is_nothing_and_no_number_is_no_place(world: Resumable) -> None:
    listener = Listener(world.url, "anthropic", asked("anthropic", NATIVE))
    listener.hear_out()
    events = len(payloads(listener.data))
    path = f"/v1/mainstay/exchanges/{listener.exchange}/stream?after="
    heard = get(world.url, f"{path}{events + 1}", {"anthropic-version": "2023-06-01"})
    assert heard.status == 400
    assert f"this stream has {events} events so far" in heard.text
    assert heard.text.startswith('{"type":"error"')
    for after in ("-1", "one", "1.5", "", "1" * 13, "%31"):
        heard = get(world.url, f"{path}{after}")
        assert heard.status == 400
        assert "after must be a whole number" in heard.text
    assert post(world.url, f"{path}0", {}).status == 405


def test_behind_what_has_been_said_so_far_there_is_nothing_yet(world: Resumable) -> None:
    listener = interrupted(world, "openai-chat", NATIVE, after=30)
    heard = resume(world.url, listener.exchange, 1_000)
    assert heard.status == 400
    assert f"this stream has {len(payloads(listener.whole))} events so far" in heard.text
    listener.leave()


def test_a_plain_answer_of_an_ordinary_workload_is_not_kept(world: Resumable) -> None:
    heard = post(world.url, PATHS["anthropic"], asked("anthropic", NATIVE, stream=False).body("anthropic"))
    assert heard.status == 200
    assert resume(world.url, heard.header("x-mainstay-id"), 0).status == 404
