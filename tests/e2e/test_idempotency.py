"""Idempotency keys from outside: two workers behind one address serve what is sent again and again once."""

import signal
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from itertools import count

import anthropic
import msgspec
import openai
import pytest

from mainstay.lab.provider.prose import prose
from mainstay.lab.provider.request import Personality
from mainstay.lab.provider.seen import RequestSeen
from mainstay.lab.provider.thread import FakeProviderThread
from mainstay.model.records import ExchangeRecord, Record
from tests.e2e.callers import PATHS, Callers, Question
from tests.e2e.lanes import Tree
from tests.e2e.premises import DOORS, Premises, tree
from tests.e2e.raw import Heard, get, post
from tests.e2e.streams import Listener, text_of
from tests.services.processes import children, send

CROWD = 50
KEY_HEADER = "idempotency-key"
MARK = "x-mainstay-idempotent"
SLOWLY = "alpha=slow:chars_per_second=100"
OF_THE_MOMENT = {MARK, "date", "connection", "content-length", "transfer-encoding", "keep-alive"}
"""Header fields that belong to one response, not to the answer."""
BOTH = pytest.mark.parametrize("stream", [False, True], ids=["plain", "stream"])
Conflict = anthropic.ConflictError | openai.ConflictError
numbers = count(1)


@pytest.fixture(scope="module")
def provider() -> Iterator[FakeProviderThread]:
    with FakeProviderThread("alpha", personality=Personality(words_per_event=1)) as running:
        yield running


@pytest.fixture(scope="module")
def premises(provider: FakeProviderThread, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Premises]:
    """Two workers."""
    prices: Tree = {model: {"input": 1, "output": 1_000} for model in DOORS.values()}
    gateway: Tree = {"workers": 2, "drain_seconds": 1}
    sections: dict[str, Tree] = {"auth": {"callers": "tokens"}, "prices": prices, "gateway": gateway}
    with Premises(tmp_path_factory.mktemp("idempotency"), tree(provider, **sections)) as made:
        made.token()
        yield made.start()


@pytest.fixture(scope="module")
def token(premises: Premises) -> str:
    return premises.token(tenant="acme")


def asked(door: str, *, stream: bool) -> Question:
    """A question that nobody has asked before."""
    prompt = f"Why do bridges hum on day {next(numbers)} in 16 words?"
    return Question(model=DOORS[door], prompt=prompt, stream=stream, idempotency_key=f"key-{next(numbers)}")


def ask(premises: Premises, token: str, door: str, question: Question, more: Mapping[str, str] | None = None) -> Heard:
    """On a connection of its own, so that any worker may get it."""
    fields = {"x-api-key": token, **question.headers, **(more or {})}
    return post(premises.url, PATHS[door], question.body(door), fields)


def conflict(premises: Premises, token: str, door: str, question: Question) -> Conflict:
    """What the SDK of this door raises."""
    callers = Callers(premises.url, token)
    try:
        callers.ask(door, question)
    except (anthropic.ConflictError, openai.ConflictError) as error:
        return error
    finally:
        callers.close()
    raise AssertionError("it was served")


def seen(provider: FakeProviderThread, question: Question) -> list[RequestSeen]:
    """What of this question has reached the provider."""
    return [one for one in provider.requests if question.prompt.encode() in one.request.body]


def until_over(premises: Premises, token: str, heard: Heard) -> None:
    """For a moment after its last byte an exchange may still run."""
    path = f"/v1/mainstay/exchanges/{heard.header('x-mainstay-id')}"

    def is_over() -> bool:
        return b'"state":"complete"' in get(premises.url, path, {"x-api-key": token}).body

    premises.until(lambda: all(is_over() for _ in range(4)), "every worker sees that it is over")


def without_moment(heard: Heard) -> list[tuple[str, str]]:
    return [field for field in heard.headers if field[0] not in OF_THE_MOMENT]


@BOTH
@pytest.mark.parametrize("door", DOORS)
def test_fifty_at_once_are_one_call_and_one_cost(
    *, door: str, stream: bool, premises: Premises, provider: FakeProviderThread, token: str
) -> None:
    question = asked(door, stream=stream)
    with ThreadPoolExecutor(CROWD) as pool:
        slowly = {"x-lab-faults": SLOWLY}
        heard = list(pool.map(lambda _: ask(premises, token, door, question, slowly), range(CROWD)))
    assert {one.status for one in heard} == {200}
    assert len(seen(provider, question)) == 1
    assert len({one.body for one in heard}) == 1
    marks = [one.header(MARK) for one in heard]
    assert marks.count("") == 1
    assert set(marks) <= {"", "attached", "replayed"}
    (first,) = {one.header("x-mainstay-id") for one in heard}
    repeats = premises.until_recorded(CROWD - 1, repeats=first)
    assert {(one.outcome, one.attempts, one.cost_nanodollars, one.tenant) for one in repeats} == {
        ("answered", 0, None, "acme")
    }
    (paid,) = premises.until_recorded(1, id=first)
    assert paid.cost_nanodollars


def test_both_workers_took_part_and_the_operator_sees_one_cost_for_each_question(premises: Premises) -> None:
    by_worker = [
        {one.repeats for one in records if isinstance(one, ExchangeRecord) and one.repeats}
        for records in premises.records_by_worker()
    ]
    assert len(by_worker) == 2
    assert by_worker[0] & by_worker[1]
    lines = premises.command("audit", "tail", "--json", "-n", "1000").out.splitlines()
    records = [msgspec.json.decode(line, type=Record) for line in lines]
    exchanges = [one for one in records if isinstance(one, ExchangeRecord)]
    originals = {one.repeats for one in exchanges if one.repeats}
    assert {one.id for one in exchanges if one.cost_nanodollars} >= originals
    assert not [one for one in exchanges if one.repeats and one.cost_nanodollars]


@BOTH
@pytest.mark.parametrize("door", DOORS)
def test_what_was_answered_is_given_again_byte_for_byte(
    *, door: str, stream: bool, premises: Premises, provider: FakeProviderThread, token: str
) -> None:
    question = asked(door, stream=stream)
    first = ask(premises, token, door, question)
    assert (first.status, first.header(MARK)) == (200, "")
    until_over(premises, token, first)
    for _ in range(6):
        again = ask(premises, token, door, question)
        assert (again.status, again.body) == (200, first.body)
        assert again.header(MARK) == "replayed"
        assert without_moment(again) == without_moment(first)
    assert len(seen(provider, question)) == 1


@BOTH
@pytest.mark.parametrize("door", DOORS)
def test_sdks_take_what_they_are_given_again(
    *, door: str, stream: bool, premises: Premises, provider: FakeProviderThread, token: str
) -> None:
    question = asked(door, stream=stream)
    callers = Callers(premises.url, token)
    first = callers.ask(door, question)
    premises.until_recorded(1, id=first.headers["x-mainstay-id"])
    others = [callers.ask(door, question) for _ in range(2)]
    callers.close()
    assert [one.said for one in others] == [first.said] * 2
    assert [one.headers[MARK] for one in others] == ["replayed"] * 2
    assert len(seen(provider, question)) == 1


@pytest.mark.parametrize("door", DOORS)
def test_the_same_key_with_another_body_is_a_conflict(
    door: str, premises: Premises, provider: FakeProviderThread, token: str
) -> None:
    question = asked(door, stream=False)
    other = msgspec.structs.replace(question, prompt=question.prompt.replace("hum", "sing"))
    assert ask(premises, token, door, question).status == 200
    for _ in range(2):
        told = conflict(premises, token, door, other)
        assert "sent before with another body" in told.message
        assert told.response.headers["x-should-retry"] == "false"
    assert seen(provider, other) == []
    assert ask(premises, token, door, question).header(MARK) == "replayed"
    premises.until_recorded(2, fault_code="idempotency_key_reused", dialect=door)


def test_keys_belong_to_a_tenant_and_a_door(premises: Premises, provider: FakeProviderThread, token: str) -> None:
    question = asked("anthropic", stream=False)
    other = premises.token(tenant="other")
    first, second = (ask(premises, one, "anthropic", question) for one in (token, other))
    assert (second.status, second.header(MARK)) == (200, "")
    assert first.header("x-mainstay-id") != second.header("x-mainstay-id")
    assert len(seen(provider, question)) == 2
    elsewhere = msgspec.structs.replace(question, model="gpt")
    assert ask(premises, token, "openai-chat", elsewhere).header(MARK) == ""
    # Whoever of the tenant asks: another token of it gets the same answer.
    assert ask(premises, premises.token(tenant="acme"), "anthropic", question).header(MARK) == "replayed"


def test_a_providers_account_does_not_learn_the_keys_of_our_tenants(
    premises: Premises, provider: FakeProviderThread, token: str
) -> None:
    # All tenants share the account: there, the key of one would be the key of another.
    question = asked("openai-chat", stream=False)
    assert ask(premises, token, "openai-chat", question, {KEY_HEADER: question.idempotency_key}).status == 200
    (reached,) = seen(provider, question)
    assert question.idempotency_key not in repr(reached.request.headers)


@pytest.mark.parametrize("key", ["", " ", "two words", "k" * 256, "\x01", "caf\xe9", "a\tb"])
@pytest.mark.parametrize("door", DOORS)
def test_what_is_no_key_is_refused(door: str, key: str, premises: Premises, token: str) -> None:
    question = msgspec.structs.replace(asked(door, stream=False), idempotency_key="")
    heard = ask(premises, token, door, question, {KEY_HEADER: key})
    assert heard.status == 400
    if key.isprintable():
        assert "an idempotency key has 1 to 255 visible ASCII characters" in heard.text


def test_two_different_keys_are_refused(premises: Premises, token: str) -> None:
    heard = ask(premises, token, "anthropic", asked("anthropic", stream=False), {KEY_HEADER: "another"})
    assert (heard.status, "differ" in heard.text) == (400, True)


@BOTH
@pytest.mark.parametrize("door", DOORS)
def test_what_failed_is_tried_again(*, door: str, stream: bool, premises: Premises, token: str) -> None:
    question = asked(door, stream=stream)
    failed = ask(premises, token, door, question, {"x-lab-faults": "alpha=bad-request"})
    assert failed.status == 400
    served = ask(premises, token, door, question)
    assert (served.status, served.header(MARK)) == (200, "")
    assert ask(premises, token, door, question).body == served.body


def test_a_killed_gateway_gives_what_was_answered_and_goes_on_with_what_was_not(
    premises: Premises, provider: FakeProviderThread, token: str
) -> None:
    done = asked("openai-chat", stream=True)
    answered = ask(premises, token, "openai-chat", done)
    half = asked("anthropic", stream=True)
    slowly = msgspec.structs.replace(half, faults=SLOWLY)
    listener = Listener(premises.url, "anthropic", slowly, {"x-api-key": token})
    listener.hear(lambda heard: len(heard.text) > 40)
    workers = children(premises.gateway.pid)
    premises.gateway.kill()
    send(workers, signal.SIGKILL)
    listener.leave()
    premises.start()
    again = ask(premises, token, "openai-chat", done)
    assert (again.body, again.header(MARK)) == (answered.body, "replayed")
    rest = ask(premises, token, "anthropic", half)
    assert rest.header(MARK) in {"resumed", "attached"}
    assert text_of("anthropic", rest.body) == prose(half.prompt, 16)
    assert text_of("anthropic", rest.body).startswith(listener.text)
    assert len(seen(provider, half)) == 2  # begun, and gone on with
    assert ask(premises, token, "anthropic", half).body == rest.body
