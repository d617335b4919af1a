"""A request that is sent to many machines at once, or again after one of them died, is served once."""

import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import count
from pathlib import Path

import pytest

from mainstay.lab.provider.prose import prose
from tests.conformance.stage import CALLERS
from tests.e2e.callers import PATHS, Question
from tests.e2e.raw import Heard, post
from tests.e2e.replicas import Replicas, measured, replicas, solo
from tests.e2e.streams import assert_whole

PROMPT = "Why do bridges hum in 60 words?"
WHOLE = prose(PROMPT, 60)
AT_ONCE = 40
NUMBERS = count()
MARK, ALONE = "x-mainstay-idempotent", "this machine only"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Replicas]:
    with replicas(tmp_path_factory.mktemp("repeated"), workers=2) as running:
        yield running


def fresh_key() -> str:
    return f"key-{next(NUMBERS)}"


def send(world: Replicas, machine: int, dialect: str, question: Question) -> Heard:
    url = world.gateways[machine].url
    return post(url, PATHS[dialect], question.body(dialect), question.headers)


@pytest.mark.parametrize("stream", [False, True], ids=["plain", "stream"])
@pytest.mark.parametrize("dialect", CALLERS)
def test_many_at_once_on_two_machines_are_one_request(dialect: str, *, stream: bool, world: Replicas) -> None:
    model = solo(dialect)
    world.alpha.break_with("slow:chars_per_second=500", model=model)
    question = Question(model=model, prompt=PROMPT, stream=stream, idempotency_key=fresh_key())
    with ThreadPoolExecutor(max_workers=AT_ONCE) as pool:
        asked: list[Future[Heard]] = [
            pool.submit(send, world, number % 2, dialect, question) for number in range(AT_ONCE)
        ]
        heard = [one.result() for one in asked]
    assert {one.status for one in heard} == {200}
    marks = [one.header(MARK) for one in heard]
    assert set(marks) <= {"", ALONE, "attached", "replayed"}
    # A machine whose Redis does not answer in time goes on alone, and says so.
    served = marks.count("") + marks.count(ALONE)
    assert len(world.seen(model)) == len({one.body for one in heard}) == served
    assert served <= 1 + marks.count(ALONE)
    measured(f"{AT_ONCE} at once: {marks.count('attached')} attached, {marks.count('replayed')} replayed")
    if stream:
        assert_whole(dialect, heard[0].body, WHOLE)


def test_another_body_is_refused_on_the_other_machine_too(world: Replicas) -> None:
    model, key = solo(), fresh_key()
    assert send(world, 0, "anthropic", Question(model=model, stream=False, idempotency_key=key)).status == 200
    other = Question(model=model, prompt="Why not?", stream=False, idempotency_key=key)
    heard = send(world, 1, "anthropic", other)
    assert (heard.status, "with another body" in heard.text) == (409, True)
    assert len(world.seen(model)) == 1


def test_while_redis_is_paused_it_goes_on_alone_and_says_so(world: Replicas) -> None:
    model, key = solo(), fresh_key()
    question = Question(model=model, stream=False, idempotency_key=key)
    world.redis.pause()
    try:
        heard = send(world, 0, "anthropic", question)
        assert (heard.status, heard.header(MARK)) == (200, ALONE)
        again = send(world, 0, "anthropic", question)
        assert (again.status, again.header(MARK), again.body) == (200, "replayed", heard.body)
        assert len(world.seen(model)) == 1
    finally:
        world.redis.resume()
    world.until_together()


@pytest.mark.parametrize("stream", [False, True], ids=["plain", "stream"])
def test_a_machine_that_died_with_the_claim_is_taken_over(*, stream: bool, tmp_path: Path) -> None:
    with replicas(tmp_path) as world, ThreadPoolExecutor(max_workers=4) as pool:
        first = world.gateways[0]
        model, key = solo(), fresh_key()
        question = Question(model=model, prompt=PROMPT, stream=stream, idempotency_key=key)
        world.alpha.break_with("stall:phase=headers", 1, model=model)
        lost = pool.submit(send, world, 0, "anthropic", question)
        world.alpha.until(lambda: len(world.seen(model)) == 1)
        # The other machine has been asked already, and waits for the first.
        waiting = pool.submit(send, world, 1, "anthropic", question)
        first.kill_all()
        killed_at = time.monotonic()
        assert lost.exception() is not None
        later = [pool.submit(send, world, 1, "anthropic", question) for _ in range(2)]
        heard = [one.result() for one in (waiting, *later)]
        measured(f"answered {time.monotonic() - killed_at:.1f} s after the end of the machine that had the claim")
        assert [one.status for one in heard] == [200] * 3, [one.text for one in heard]
        assert len(world.seen(model)) == 2
        assert len({one.body for one in heard}) == 1
        first.again()
        again = send(world, 0, "anthropic", question)
        assert (again.status, again.body) == (200, heard[0].body)
        assert len(world.seen(model)) == 2
