"""The official OpenAI SDK at the Responses door: conversations by id, background answers, answers asked for again."""

from collections.abc import Iterator
from itertools import count

import openai
import pytest
from openai import OpenAI
from openai.types.responses import Response, ResponseStreamEvent

from mainstay.lab.provider.prose import prose
from tests.e2e.callers import CALLER_KEY
from tests.e2e.crossings import Crossing
from tests.e2e.raw import TIMEOUT_SECONDS, get
from tests.e2e.resumable import CROSSING, NATIVE, PROMPT, WAYS, WHOLE, Resumable, model, resumable
from tests.e2e.streams import state_of

DIALECT = "openai-responses"
EACH_WAY = pytest.mark.parametrize("way", WAYS)
NUMBERS = count(1)
SECOND, THIRD = "And what do ferries do in 20 words?", "And the lamps in 10 words?"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Resumable]:
    with resumable(tmp_path_factory.mktemp("responses"), numbers=40) as running:
        yield running


@pytest.fixture(scope="module")
def client(world: Resumable) -> Iterator[OpenAI]:
    with sdk(world.url) as found:
        yield found


def sdk(url: str) -> OpenAI:
    return OpenAI(base_url=f"{url}/v1", api_key=CALLER_KEY, max_retries=0, timeout=TIMEOUT_SECONDS)


def fresh(way: str) -> str:
    """A model that no other test uses."""
    return model(DIALECT, way, next(NUMBERS))


def wait_until_over(world: Resumable, client: OpenAI, identity: str) -> Response:
    """Ask again and again, as a caller of background answers does."""
    world.stand.gateway.until(
        lambda: client.responses.retrieve(identity).status not in {"queued", "in_progress"}, "the response is over"
    )
    return client.responses.retrieve(identity)


def said_in(events: list[ResponseStreamEvent]) -> str:
    return "".join(event.delta for event in events if event.type == "response.output_text.delta")


def numbers_of(events: list[ResponseStreamEvent]) -> list[int]:
    return [event.sequence_number for event in events]


def request_of(crossing: Crossing, provider: str, name: str) -> bytes:
    """The last request for this model that has reached a provider."""
    requests = (crossing.alpha if provider == "alpha" else crossing.beta).requests
    return next(one.request.body for one in reversed(requests) if f'"{name}"'.encode() in one.request.body)


@pytest.mark.parametrize("stream", [False, True], ids=["plain", "stream"])
def test_a_conversation_survives_a_change_of_provider_and_the_way_back(*, stream: bool, crossing: Crossing) -> None:
    name = crossing.road(DIALECT, "anthropic")
    with sdk(crossing.url) as client:

        def ask(text: str, previous: str | openai.Omit = openai.omit) -> Response:
            if not stream:
                return client.responses.create(model=name, input=text, previous_response_id=previous)
            events = list(client.responses.create(model=name, input=text, previous_response_id=previous, stream=True))
            assert numbers_of(events) == list(range(len(events)))
            assert events[-1].type == "response.completed"
            return events[-1].response

        first = ask(PROMPT)
        crossing.alpha.break_with("overloaded", 1, model=name)
        second = ask(SECOND, first.id)
        told = request_of(crossing, "beta", name)
        assert [text.encode() in told for text in (PROMPT, WHOLE.partition("\n")[0], SECOND)] == [True] * 3
        assert b"previous_response_id" not in told
        third = ask(THIRD, second.id)
        told = request_of(crossing, "alpha", name)
        said = (PROMPT, first.output_text, SECOND, second.output_text, THIRD)
        assert [text.partition("\n")[0].encode() in told for text in said] == [True] * 5
        assert b"previous_response_id" not in told
        assert client.responses.retrieve(second.id).output_text == second.output_text
    assert [one.output_text for one in (first, second, third)] == [WHOLE, prose(SECOND, 20), prose(THIRD, 10)]


def test_the_provider_that_gave_an_answer_is_asked_to_follow_it_in_its_own_way(crossing: Crossing) -> None:
    name = crossing.road(DIALECT, "anthropic")
    with sdk(crossing.url) as client:
        first = client.responses.create(model=name, input=PROMPT)
        second = client.responses.create(model=name, input=SECOND, previous_response_id=first.id)
    told = request_of(crossing, "alpha", name)
    assert f'"previous_response_id":"{first.id}"'.encode() in told.replace(b": ", b":")
    assert PROMPT.encode() not in told
    assert second.output_text == prose(SECOND, 20)


@EACH_WAY
def test_what_is_not_stored_cannot_be_asked_for_nor_followed(way: str, client: OpenAI) -> None:
    name = fresh(way)
    answer = client.responses.create(model=name, input=PROMPT, store=False)
    assert answer.output_text == WHOLE
    with pytest.raises(openai.NotFoundError):
        client.responses.retrieve(answer.id)
    if way == CROSSING:
        with pytest.raises(openai.NotFoundError, match="was not stored"):
            client.responses.create(model=name, input=SECOND, previous_response_id=answer.id)


@EACH_WAY
def test_a_stored_answer_may_be_asked_for_whole_or_event_by_event(way: str, client: OpenAI) -> None:
    events = list(client.responses.create(model=fresh(way), input=PROMPT, stream=True))
    last = events[-1]
    assert last.type == "response.completed"
    assert client.responses.retrieve(last.response.id) == last.response
    for after in (0, 5, len(events) - 2):
        rest = list(client.responses.retrieve(last.response.id, stream=True, starting_after=after))
        assert rest == events[after + 1 :]
    assert list(client.responses.retrieve(last.response.id, stream=True)) == events
    with pytest.raises(openai.BadRequestError, match="no event has this sequence number"):
        client.responses.retrieve(last.response.id, stream=True, starting_after=len(events))


@EACH_WAY
def test_a_background_answer_is_there_once_it_is_done(way: str, world: Resumable, client: OpenAI) -> None:
    name = fresh(way)
    world.provider.break_with("pings-only:after=40,seconds=0.3,interval=0.1", 1, model=name)
    begun = client.responses.create(model=name, input=PROMPT, background=True)
    assert begun.status in {"queued", "in_progress"}
    assert begun.output == []
    done = wait_until_over(world, client, begun.id)
    assert (done.id, done.status, done.output_text) == (begun.id, "completed", WHOLE)
    second = client.responses.create(model=name, input=SECOND, previous_response_id=begun.id)
    assert second.output_text == prose(SECOND, 20)


@EACH_WAY
def test_a_cut_connection_costs_no_event_and_repeats_none(way: str, world: Resumable, client: OpenAI) -> None:
    name = fresh(way)
    world.provider.break_with("stall:after=70", 1, model=name)
    heard: list[ResponseStreamEvent] = []
    with client.responses.create(model=name, input=PROMPT, stream=True) as stream:
        exchange = stream.response.headers["x-mainstay-id"]
        for event in stream:
            heard.append(event)
            if said_in(heard) == WHOLE[:70]:
                break
    world.until_state(exchange, "interrupted")
    created = heard[0]
    assert created.type == "response.created"
    last = heard[-1].sequence_number
    rest = list(client.responses.retrieve(created.response.id, stream=True, starting_after=last))
    assert numbers_of(heard + rest) == list(range(len(heard) + len(rest)))
    assert said_in(heard + rest) == WHOLE
    end = rest[-1]
    assert end.type == "response.completed"
    assert (end.response.id, end.response.output_text) == (created.response.id, WHOLE)


@EACH_WAY
def test_a_background_stream_runs_on_and_may_be_followed_later(way: str, world: Resumable, client: OpenAI) -> None:
    name = fresh(way)
    world.provider.break_with("pings-only:after=70,seconds=0.3,interval=0.1", 1, model=name)
    heard: list[ResponseStreamEvent] = []
    with client.responses.create(model=name, input=PROMPT, stream=True, background=True) as stream:
        for event in stream:
            heard.append(event)
            if said_in(heard) == WHOLE[:70]:
                break
    created = heard[0]
    assert created.type == "response.created"
    rest = client.responses.retrieve(created.response.id, stream=True, starting_after=heard[-1].sequence_number)
    assert said_in(heard + list(rest)) == WHOLE
    assert len(world.seen(name)) == 1


@EACH_WAY
def test_a_background_answer_outlives_the_gateway(way: str, world: Resumable, client: OpenAI) -> None:
    name = fresh(way)
    world.provider.break_with("stall:after=70", 1, model=name)
    begun = client.responses.create(model=name, input=PROMPT, background=True)
    world.until_seen(name, 1)
    world.stand.kill()
    with pytest.raises(openai.APIConnectionError):
        client.responses.retrieve(begun.id)
    world.stand.start()
    done = wait_until_over(world, client, begun.id)
    assert (done.id, done.status, done.output_text) == (begun.id, "completed", WHOLE)
    events = list(client.responses.retrieve(begun.id, stream=True))
    assert numbers_of(events) == list(range(len(events)))
    assert said_in(events) == WHOLE


@EACH_WAY
def test_a_background_answer_may_be_taken_back(way: str, world: Resumable, client: OpenAI) -> None:
    name = fresh(way)
    world.provider.break_with("stall:after=70", 1, model=name)
    begun = client.responses.create(model=name, input=PROMPT, background=True)
    world.until_seen(name, 1)
    assert client.responses.cancel(begun.id).status == "cancelled"
    world.provider.until(lambda: world.seen(name)[-1].client_left_seconds is not None)
    assert client.responses.retrieve(begun.id).status == "cancelled"
    assert client.responses.cancel(begun.id).status == "cancelled"
    with pytest.raises(openai.BadRequestError, match="not complete"):
        client.responses.create(model=name, input=SECOND, previous_response_id=begun.id)
    assert len(world.seen(name)) == 1


def test_what_is_over_or_was_never_in_the_background_cannot_be_taken_back(world: Resumable, client: OpenAI) -> None:
    name = fresh(NATIVE)
    done = client.responses.create(model=name, input=PROMPT)
    assert client.responses.cancel(done.id).status == "completed"
    world.provider.break_with("stall:after=30", 1, model=name)
    with client.responses.create(model=name, input=PROMPT, stream=True) as stream:
        created = next(iter(stream))
        assert created.type == "response.created"
        with pytest.raises(openai.BadRequestError, match="background"):
            client.responses.cancel(created.response.id)


@EACH_WAY
def test_what_is_deleted_is_gone(way: str, world: Resumable, client: OpenAI) -> None:
    raw = client.responses.with_raw_response.create(model=fresh(way), input=PROMPT)
    answer, exchange = raw.parse(), raw.headers["x-mainstay-id"]
    assert state_of(world.url, exchange) == "complete"
    client.responses.delete(answer.id)
    with pytest.raises(openai.NotFoundError):
        client.responses.retrieve(answer.id)
    with pytest.raises(openai.NotFoundError):
        client.responses.delete(answer.id)
    assert get(world.url, f"/v1/mainstay/exchanges/{exchange}").status == 404


def test_an_unknown_response_is_not_found(client: OpenAI) -> None:
    for identity in ("resp_unknown", "..%2F..%2Fsecret", "x" * 300):
        for ask in (client.responses.retrieve, client.responses.cancel, client.responses.delete):
            with pytest.raises(openai.NotFoundError, match="is kept here"):
                ask(identity)
    with pytest.raises(openai.NotFoundError, match="is kept here"):
        client.responses.create(model=fresh(CROSSING), input=PROMPT, previous_response_id="resp_unknown")
    # A provider of this dialect may know it: then the answer is the provider's.
    with pytest.raises(openai.BadRequestError, match="Previous response with id 'resp_unknown' not found"):
        client.responses.create(model=fresh(NATIVE), input=PROMPT, previous_response_id="resp_unknown")


def test_an_answer_that_is_not_complete_cannot_be_followed(world: Resumable, client: OpenAI) -> None:
    name = fresh(NATIVE)
    world.provider.break_with("stall:after=30", 1, model=name)
    begun = client.responses.create(model=name, input=PROMPT, background=True)
    world.until_seen(name, 1)
    with pytest.raises(openai.BadRequestError, match="not complete"):
        client.responses.create(model=name, input=SECOND, previous_response_id=begun.id)
    client.responses.cancel(begun.id)
