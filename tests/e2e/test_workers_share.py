"""Several workers of one gateway are one gateway to whoever asks: what one knows, keeps or runs, all can give."""

import os
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import product

import msgspec
import pytest

from mainstay.lab.provider.prose import prose
from tests.conformance.stage import CALLERS
from tests.e2e.callers import Question
from tests.e2e.raw import Body, Heard
from tests.e2e.replicas import HEARSAY, Line, Replica, Replicas, lane, lines, measured, replicas, solo
from tests.e2e.streams import Listener, assert_whole, payloads, resume

WORKERS = 3
PROMPT = "Why do bridges hum in 60 words?"
WHOLE = prose(PROMPT, 60)
SECOND = "And what do ferries do in 20 words?"
SOON_SECONDS = 5.0
DIALECT = "openai-responses"
OWNERS = pytest.mark.parametrize("owner", range(WORKERS))


class _Content(msgspec.Struct):
    text: str = ""


class _Item(msgspec.Struct):
    content: tuple[_Content, ...] = ()


class _Response(msgspec.Struct):
    id: str
    status: str = ""
    output: tuple[_Item, ...] = ()

    @property
    def text(self) -> str:
        return "".join(part.text for item in self.output for part in item.content)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Replicas]:
    with replicas(tmp_path_factory.mktemp("share"), gateways=1, workers=WORKERS) as running:
        yield running


@pytest.fixture(scope="module")
def gateway(world: Replicas) -> Replica:
    return world.gateways[0]


def question(model: str) -> Body:
    return Question(model=model, prompt="Why do bridges hum in 12 words?", stream=False).body("anthropic")


def response(heard: Heard) -> _Response:
    assert heard.status == 200, heard.text
    return msgspec.json.decode(heard.body, type=_Response)


def knows(line: Line, path: str) -> bool:
    return line.get(path).status == 200


def stands(line: Line, path: str, state: str) -> bool:
    return f'"state":"{state}"' in line.get(path).text


def has_kept(line: Line, path: str, events: int) -> bool:
    return f'"events":{events}' in line.get(path).text


def respond(line: Line, model: str, text: str = PROMPT, **fields: object) -> _Response:
    return response(line.post("/v1/responses", {"model": model, "input": text, **fields}))


def until_serving(gateway: Replica, worker: int, besides: int) -> None:
    gateway.until(lambda: gateway.pid_of(worker) not in {0, besides}, "the worker is back")


def test_a_breaker_that_one_worker_opened_is_open_in_all_and_one_probe_closes_it(
    world: Replicas, gateway: Replica
) -> None:
    model = lane()
    world.alpha.break_with("overloaded", model=model)
    with lines(gateway, WORKERS) as (first, *others):
        for _ in range(5):
            assert first.post("/v1/messages", question(model)).status == 200
        gateway.until(lambda: len(gateway.breakers(model, "open")) == WORKERS, "all workers hear it")
        own, *heard = sorted(gateway.breakers(model, "open"), key=lambda one: one.at)
        delays = [one.at - own.at for one in heard]
        assert [one.reason for one in heard] == [HEARSAY] * (WORKERS - 1)
        measured(f"breaker open in the other workers after {max(delays) * 1000:.0f} ms at most")
        assert max(delays) < SOON_SECONDS
        asked = len(world.seen(model))
        assert asked == 5
        for line in others:
            for _ in range(5):
                assert line.post("/v1/messages", question(model)).header("x-mainstay-upstream") == "beta-anthropic"
        assert len(world.seen(model)) == asked
        world.alpha.heal()
        others[0].post("/v1/messages", question(model))
        gateway.until(
            lambda: (
                others[0].post("/v1/messages", question(model)).status == 200
                and bool(gateway.breakers(model, "closed"))
            ),
            "a probe closes it",
        )
        gateway.until(lambda: len(gateway.breakers(model, "closed")) == WORKERS, "all workers hear that")
        closed = sorted(one.at for one in gateway.breakers(model, "closed"))
        measured(
            f"closed in all after {(closed[-1] - closed[0]) * 1000:.0f} ms; probes {len(world.seen(model)) - asked}"
        )
        assert closed[-1] - closed[0] < SOON_SECONDS


@pytest.mark.parametrize("dialect", CALLERS)
def test_a_stream_is_followed_and_told_of_by_every_worker(dialect: str, world: Replicas, gateway: Replica) -> None:
    model = solo(dialect)
    world.alpha.break_with("stall:after=70", 1, model=model)
    listener = Listener(gateway.url, dialect, Question(model=model, prompt=PROMPT))
    listener.hear_text(WHOLE[:70])
    path = f"/v1/mainstay/exchanges/{listener.exchange}"
    with lines(gateway, WORKERS) as all_lines, ThreadPoolExecutor(max_workers=WORKERS) as pool:
        for line in all_lines:
            gateway.until(partial(stands, line, path, "running"), "this worker knows it")
        followers = [pool.submit(line.get, f"{path}/stream?after=3") for line in all_lines]
        world.alpha.cut_now()
        listener.hear_out()
        heard = payloads(listener.data)
        assert [payloads(one.result().body) for one in followers] == [heard[3:]] * WORKERS
        assert_whole(dialect, listener.data, WHOLE)
        for line in all_lines:
            gateway.until(partial(stands, line, path, "complete"), "this worker knows the end")
            assert_whole(dialect, line.get(f"{path}/stream?after=0").body, WHOLE)


@OWNERS
def test_responses_are_followed_cancelled_and_deleted_by_every_worker(
    owner: int, world: Replicas, gateway: Replica
) -> None:
    model, other = solo(DIALECT), solo(DIALECT)
    with lines(gateway, WORKERS) as all_lines:
        mine = all_lines[owner]
        done = respond(mine, other)
        for line in all_lines:
            gateway.until(partial(knows, line, f"/v1/responses/{done.id}"), "this worker knows it")
            assert response(line.get(f"/v1/responses/{done.id}")).text == WHOLE
            assert respond(line, other, SECOND, previous_response_id=done.id).text == prose(SECOND, 20)
        world.alpha.break_with("stall:after=50", 2 * WORKERS, model=model)
        for line in all_lines:
            path = f"/v1/responses/{respond(mine, model, background=True).id}"
            gateway.until(partial(knows, line, path), "this worker knows it")
            assert response(line.send("POST", f"{path}/cancel", {})).status == "cancelled"
            path = f"/v1/responses/{respond(mine, model, background=True).id}"
            gateway.until(partial(knows, line, path), "this worker knows it")
            assert b'"deleted":true' in line.send("DELETE", path, {}).body
            assert [one.get(path).status for one in all_lines] == [404] * WORKERS
    world.alpha.until(lambda: all(not one.is_running for one in world.seen(model)))
    world.alpha.heal()


def test_what_a_killed_worker_ran_is_gone_on_with_by_whoever_is_asked(world: Replicas, gateway: Replica) -> None:
    model = solo("anthropic")
    world.alpha.break_with("stall:after=60", 2, model=model)
    listeners = [Listener(gateway.url, "anthropic", Question(model=model, prompt=PROMPT)) for _ in range(2)]
    with lines(gateway, WORKERS) as all_lines:
        for listener, line in product(listeners, all_lines):
            listener.hear_text(WHOLE[:60])
            path = f"/v1/mainstay/exchanges/{listener.exchange}"
            # Who runs it knows it before it is on disk; the others read the disk.
            events = len(payloads(listener.whole))
            gateway.until(partial(has_kept, line, path, events), "it is kept")
    pids = [gateway.pid_of(number) for number in range(WORKERS)]
    for pid in pids[:2]:
        os.kill(pid, signal.SIGKILL)
    killed_at = time.monotonic()
    with ThreadPoolExecutor(max_workers=2) as pool:
        asked = [pool.submit(resume, gateway.url, one.exchange, len(payloads(one.whole))) for one in listeners]
        # Whoever of them runs at the third worker runs on there, and is cut only now.
        world.alpha.until(lambda: len(world.seen(model)) >= 2)
        world.alpha.cut_now()
        rests = [one.result() for one in asked]
    measured(f"both whole {time.monotonic() - killed_at:.1f} s after two of three workers were killed")
    for listener, rest in zip(listeners, rests, strict=True):
        listener.leave()
        assert rest.status == 200, rest.text
        assert_whole("anthropic", listener.whole + rest.body, WHOLE)
    for number in range(2):
        until_serving(gateway, number, pids[number])
    world.until_together()
