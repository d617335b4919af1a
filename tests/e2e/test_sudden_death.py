"""The gateway dies in the middle of its work and is started again: nobody loses a half-finished answer."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from http.client import HTTPException
from itertools import count, cycle, islice

import msgspec
import pytest

from mainstay.gateway.resumption import PICK_UPS_MAX
from tests.conformance.stage import CALLERS
from tests.e2e.callers import PATHS
from tests.e2e.raw import Heard, get, post
from tests.e2e.resumable import WAYS, WHOLE, Resumable, asked, resumable
from tests.e2e.streams import Listener, assert_whole, payloads, resume, state_of

STREAMS = 100
SIDE_BY_SIDE = 20
NUMBERS = count(1)
ROADS = [(caller, way) for caller in CALLERS for way in WAYS]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Resumable]:
    with resumable(tmp_path_factory.mktemp("mortal"), numbers=150) as running:
        yield running


class _Exchange(msgspec.Struct):
    id: str
    times_resumed: int


def midway(world: Resumable, streams: int) -> list[Listener]:
    """Callers of all dialects, each of whom has heard another share of a durable answer; its provider is silent now."""
    listeners = []
    for number, (caller, way) in enumerate(islice(cycle(ROADS), streams)):
        question = asked(caller, way, next(NUMBERS), durable=True)
        after = 1 + number * (len(WHOLE) - 2) // max(1, streams - 1)
        world.provider.break_with(f"stall:after={after}", 1, model=question.model)
        listener = Listener(world.url, caller, question)
        listener.hear_text(WHOLE[:after])
        listeners.append(listener)
    return listeners


def die_and_rise(world: Resumable) -> None:
    world.stand.kill()
    world.stand.start()


def drafts_of(world: Resumable) -> set[str]:
    """The ids of all exchanges that are kept."""
    return {path.stem for path in (world.stand.state / "drafts").glob("??/*.draft")}


def test_a_hundred_of_a_hundred_streams_go_on(world: Resumable) -> None:
    listeners = midway(world, STREAMS)
    assert len({listener.exchange for listener in listeners}) == STREAMS
    die_and_rise(world)
    for listener in listeners:
        listener.hear_out()

    def go_on(listener: Listener) -> Heard:
        return resume(world.url, listener.exchange, len(payloads(listener.whole)))

    with ThreadPoolExecutor(max_workers=SIDE_BY_SIDE) as pool:
        rests = list(pool.map(go_on, listeners))
    assert [rest.text for rest in rests if rest.status != 200] == []
    for listener, rest in zip(listeners, rests, strict=True):
        assert_whole(listener.dialect, listener.whole + rest.body, WHOLE)


def test_what_is_durable_is_finished_without_anybody_asking(world: Resumable) -> None:
    listeners = midway(world, len(ROADS))
    die_and_rise(world)
    for listener in listeners:
        listener.hear_out()
        world.until_state(listener.exchange, "complete")
        shown = get(world.url, f"/v1/mainstay/exchanges/{listener.exchange}").body
        assert msgspec.json.decode(shown, type=_Exchange) == _Exchange(listener.exchange, 1)
        rest = resume(world.url, listener.exchange, len(payloads(listener.whole)))
        assert_whole(listener.dialect, listener.whole + rest.body, WHOLE)


def test_what_dies_with_the_gateway_each_time_is_not_picked_up_for_ever(world: Resumable) -> None:
    question = asked("openai-chat", "crossing", next(NUMBERS), durable=True)
    for after in (30, 60, 90, 120):
        world.provider.break_with(f"stall:after={after}", 1, model=question.model)
    listener = Listener(world.url, "openai-chat", question)
    listener.hear_text(WHOLE[:30])
    for deaths in range(1, PICK_UPS_MAX + 1):
        die_and_rise(world)
        world.until_seen(question.model, deaths + 1)
    die_and_rise(world)
    listener.hear_out()
    assert state_of(world.url, listener.exchange) == "interrupted"
    # Whoever asks for it may have it all the same.
    rest = resume(world.url, listener.exchange, len(payloads(listener.whole)))
    assert_whole("openai-chat", listener.whole + rest.body, WHOLE)
    assert len(world.seen(question.model)) == PICK_UPS_MAX + 2


def test_plain_answers_are_fetched_by_the_next_gateway(world: Resumable) -> None:
    questions = {caller: asked(caller, "native", next(NUMBERS), durable=True, stream=False) for caller in CALLERS}
    exchanges: dict[str, str] = {}
    with ThreadPoolExecutor(max_workers=len(CALLERS)) as pool:
        lost: list[Future[Heard]] = []
        for caller, question in questions.items():
            world.provider.break_with("stall:phase=headers", 1, model=question.model)
            known = drafts_of(world)
            lost.append(pool.submit(post, world.url, PATHS[caller], question.body(caller), question.headers))
            world.until_seen(question.model, 1)
            (exchanges[caller],) = drafts_of(world) - known
        die_and_rise(world)
        for one in lost:
            with pytest.raises((HTTPException, OSError)):
                one.result()
    for caller, exchange in exchanges.items():
        world.until_state(exchange, "complete")
        heard = get(world.url, f"/v1/mainstay/exchanges/{exchange}/stream")
        direct = post(world.provider.url, PATHS[caller], questions[caller].body(caller))
        assert (heard.status, heard.header("x-mainstay-id")) == (200, exchange)
        assert heard.body == direct.body


def test_nothing_of_an_ordinary_workload_is_begun_anew(world: Resumable) -> None:
    question = asked("anthropic", "native", next(NUMBERS))
    world.provider.break_with("stall:after=30", 1, model=question.model)
    listener = Listener(world.url, "anthropic", question)
    listener.hear_text(WHOLE[:30])
    die_and_rise(world)
    listener.hear_out()
    done = asked("anthropic", "native", next(NUMBERS), durable=True)
    finished = Listener(world.url, "anthropic", done)
    finished.hear_out()
    assert_whole("anthropic", finished.data, WHOLE)
    assert len(world.seen(question.model)) == 1
