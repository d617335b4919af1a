"""A gateway dies in the middle of an answer: its caller goes to another machine and gets the rest, each word once."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import openai
import pytest
from openai import OpenAI

from mainstay.lab.provider.prose import prose
from tests.conformance.stage import CALLERS
from tests.e2e.callers import CALLER_KEY, Question
from tests.e2e.raw import TIMEOUT_SECONDS, get, post
from tests.e2e.replicas import Replica, Replicas, measured, replicas, solo
from tests.e2e.streams import Listener, assert_whole, payloads, resume, state_of

PROMPT = "Why do bridges hum in 60 words?"
WHOLE = prose(PROMPT, 60)
SECOND = "And what do ferries do in 20 words?"
DIALECT = "openai-responses"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[Replicas]:
    """For tests that kill: each has its own."""
    with replicas(tmp_path) as running:
        yield running


@pytest.fixture(scope="module")
def steady(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Replicas]:
    with replicas(tmp_path_factory.mktemp("steady")) as running:
        yield running


def sdk(gateway: Replica) -> OpenAI:
    return OpenAI(base_url=f"{gateway.url}/v1", api_key=CALLER_KEY, max_retries=0, timeout=TIMEOUT_SECONDS)


def interrupted(world: Replicas, dialect: str, *, after: int, durable: bool = False) -> Listener:
    """Somebody at the first gateway who has heard so many characters, and the others can know them, too."""
    model = solo(dialect)
    world.alpha.break_with(f"stall:after={after}", 1, model=model)
    question = Question(model=model, prompt=PROMPT, workload="durable" if durable else "")
    listener = Listener(world.gateways[0].url, dialect, question)
    listener.hear_text(WHOLE[:after])
    return listener


def until_copied(world: Replicas, listener: Listener) -> None:
    """Wait until another gateway could give all that its caller has heard."""
    second = world.gateways[1]
    events = len(payloads(listener.whole))
    path = f"/v1/mainstay/exchanges/{listener.exchange}"
    second.until(lambda: f'"events":{events}' in get(second.url, path).text, "the other gateway knows it all")


def test_the_rest_of_a_stream_is_had_from_another_machine_when_the_first_is_dead(world: Replicas) -> None:
    first, second = world.gateways
    listeners = [
        interrupted(world, dialect, after=60 + 10 * number, durable=durable)
        for number, dialect in enumerate(CALLERS)
        for durable in (False, True)
    ]
    for listener in listeners:
        until_copied(world, listener)
    first.kill_all()
    killed_at = time.monotonic()
    with ThreadPoolExecutor(max_workers=len(listeners)) as pool:
        asked = [
            pool.submit(resume, second.url, listener.exchange, len(payloads(listener.whole))) for listener in listeners
        ]
        rests = [one.result() for one in asked]
    measured(f"{len(rests)} streams whole {time.monotonic() - killed_at:.1f} s after the end of their gateway")
    for listener, rest in zip(listeners, rests, strict=True):
        listener.leave()
        assert rest.status == 200, rest.text
        assert_whole(listener.dialect, listener.whole + rest.body, WHOLE)
        assert state_of(second.url, listener.exchange) == "complete"
        again = resume(second.url, listener.exchange, 0)
        assert_whole(listener.dialect, again.body, WHOLE)
    # The first comes back and does not begin anew what another one has finished.
    requests = len(world.alpha.requests)
    first.again()
    for listener in listeners:
        again = resume(first.url, listener.exchange, 0)
        assert again.status == 200, again.text
        assert_whole(listener.dialect, again.body, WHOLE)
    assert len(world.alpha.requests) == requests


def test_what_runs_in_the_background_survives_its_machine_and_conversations_go_on(world: Replicas) -> None:
    first, second = world.gateways
    model, other = solo(DIALECT), solo(DIALECT)
    with sdk(first) as near, sdk(second) as far:
        done = near.responses.create(model=other, input=PROMPT)
        stream = list(near.responses.create(model=other, input=PROMPT, stream=True))
        streamed = stream[-1].response  # type: ignore[union-attr]
        world.alpha.break_with("stall:after=50", 2, model=model)
        begun, polled = (near.responses.create(model=model, input=PROMPT, background=True) for _ in range(2))
        for one in (done, streamed, begun, polled):
            second.until(partial(_is_known, far, one.id), "the other gateway knows it")
        assert far.responses.retrieve(begun.id).status in {"queued", "in_progress"}
        assert far.responses.create(model=other, input=SECOND, previous_response_id=done.id).output_text
        first.kill_all()
        killed_at = time.monotonic()
        for one in (done, streamed):
            assert far.responses.retrieve(one.id).output_text == WHOLE
            followed = far.responses.create(model=other, input=SECOND, previous_response_id=one.id)
            assert followed.output_text == prose(SECOND, 20)
        # One is asked for as a stream; of the other somebody asks how it stands, again and again.
        second.until(lambda: far.responses.retrieve(polled.id).status == "completed", "the polled one is done")
        assert far.responses.retrieve(polled.id).output_text == WHOLE
        measured(f"background work done {time.monotonic() - killed_at:.1f} s after the end of its gateway")
        events = list(far.responses.retrieve(begun.id, stream=True))
        assert [one.sequence_number for one in events] == list(range(len(events)))
        whole = far.responses.retrieve(begun.id)
        assert (whole.id, whole.status, whole.output_text) == (begun.id, "completed", WHOLE)
        followed = far.responses.create(model=other, input=SECOND, previous_response_id=begun.id)
        assert followed.output_text == prose(SECOND, 20)


def _is_known(client: OpenAI, response: str) -> bool:
    try:
        client.responses.retrieve(response)
    except openai.NotFoundError:
        return False
    return True


@pytest.mark.parametrize("dialect", CALLERS)
def test_what_runs_elsewhere_is_followed_live(dialect: str, steady: Replicas) -> None:
    listener = interrupted(steady, dialect, after=70)
    until_copied(steady, listener)
    with ThreadPoolExecutor(max_workers=2) as pool:
        followers = [pool.submit(resume, steady.gateways[1].url, listener.exchange, after) for after in (0, 5)]
        steady.alpha.cut_now()
        listener.hear_out()
        heard = payloads(listener.data)
        assert [payloads(one.result().body) for one in followers] == [heard, heard[5:]]
    assert_whole(dialect, listener.data, WHOLE)


def test_a_response_is_cancelled_and_deleted_from_another_machine(steady: Replicas) -> None:
    first, second = steady.gateways
    model = solo(DIALECT)
    steady.alpha.break_with("stall:after=50", 2, model=model)
    with sdk(first) as near, sdk(second) as far:
        cancelled, deleted = (near.responses.create(model=model, input=PROMPT, background=True) for _ in range(2))
        for one in (cancelled, deleted):
            second.until(partial(_is_known, far, one.id), "the other gateway knows it")
        began_at = time.monotonic()
        assert far.responses.cancel(cancelled.id).status == "cancelled"
        measured(f"cancelled elsewhere within {time.monotonic() - began_at:.2f} s")
        assert near.responses.retrieve(cancelled.id).status == "cancelled"
        far.responses.delete(deleted.id)
        for client in (near, far):
            with pytest.raises(openai.NotFoundError):
                client.responses.retrieve(deleted.id)
    steady.alpha.until(lambda: all(not one.is_running for one in steady.seen(model)))


def test_while_redis_is_paused_an_unknown_id_is_503_and_then_it_is_known(steady: Replicas) -> None:
    first, second = steady.gateways
    model, other_model, other = solo(DIALECT), solo(DIALECT), solo("anthropic")
    body = Question(model=other, prompt=PROMPT).body("anthropic")
    with sdk(first) as near, sdk(second) as far:
        native = near.responses.create(model=other_model, input=PROMPT)
        response = near.responses.create(model=model, input=PROMPT, background=True)
        for one in (native, response):
            second.until(partial(_is_known, far, one.id), "the other gateway knows it")
        first.until(lambda: near.responses.retrieve(response.id).status == "completed", "it is done")
        exchange = post(first.url, "/v1/messages", body).header("x-mainstay-id")
        second.until(lambda: resume(second.url, exchange, 0).status == 200, "the other gateway knows the stream")
        steady.redis.pause()
        try:
            for path in ("", "/stream?after=1"):
                heard = get(second.url, f"/v1/mainstay/exchanges/{exchange}{path}")
                assert heard.status in {200, 503}, heard.text
            unknown = post(first.url, "/v1/messages", body).header("x-mainstay-id")
            for path in ("", "/stream?after=1"):
                assert get(second.url, f"/v1/mainstay/exchanges/{unknown}{path}").status == 503
            with pytest.raises(openai.APIStatusError) as retrieved:
                far.responses.retrieve(response.id)
            assert retrieved.value.status_code == 503
            with pytest.raises(openai.APIStatusError) as followed:
                far.responses.create(model=model, input=SECOND, previous_response_id=response.id)
            assert followed.value.status_code == 503
            for act in (far.responses.cancel, far.responses.delete):
                with pytest.raises(openai.APIStatusError) as acted:
                    act(response.id)
                assert acted.value.status_code == 503
            # Its own provider knows a response by the id that it gave it.
            followed_there = far.responses.create(model=other_model, input=SECOND, previous_response_id=native.id)
            assert followed_there.output_text == prose(SECOND, 20)
            # Where it was made it is known all the same.
            assert near.responses.retrieve(response.id).output_text == WHOLE
        finally:
            steady.redis.resume()
        steady.until_together()
        second.until(lambda: resume(second.url, unknown, 0).status == 200, "what was said meanwhile is known")
        assert far.responses.retrieve(response.id).output_text == WHOLE


def test_with_another_key_the_answer_is_honest(tmp_path: Path) -> None:
    with replicas(tmp_path, keys=("one key", "another key")) as world:
        first, second = world.gateways
        body = Question(model=solo("anthropic"), prompt=PROMPT).body("anthropic")
        exchange = post(first.url, "/v1/messages", body).header("x-mainstay-id")
        path = f"/v1/mainstay/exchanges/{exchange}"
        second.until(lambda: get(second.url, path).status != 404, "the other gateway sees it")
        for tail in ("", "/stream?after=0"):
            heard = get(second.url, path + tail)
            assert heard.status == 410
            assert "a key that this gateway does not have" in heard.text
