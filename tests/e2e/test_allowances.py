"""Allowances from outside: two workers keep to them together, crashes forget nothing, and they need nobody."""

import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import anthropic
import openai
import pytest

from mainstay.lab.provider.request import Personality
from mainstay.lab.provider.thread import FakeProviderThread
from mainstay.model.records import AlertRecord, ExchangeRecord
from mainstay.wire.trust.claims import AllowanceClaim
from tests.e2e.callers import PATHS, AnthropicCaller, Callers, OpenaiCaller, Question, ResponsesCaller
from tests.e2e.lanes import Tree
from tests.e2e.premises import DOORS, PROMPT, Premises, tree
from tests.e2e.process import free_port
from tests.e2e.raw import Heard, get, post
from tests.services.processes import children, send

USD_PER_DAY = 1.0
PRICE: Tree = {"input": 0, "output": 1_000}
"""A tenth of a cent for each token of an answer: an answer of twelve words costs about two cents."""
TENANTS: Tree = {
    "*": {"usd_per_day": USD_PER_DAY},
    **{f"busy-{door}": {"requests_per_minute": 20} for door in DOORS},
    "rich": {"usd_per_day": 1_000_000},
}
LEISURELY = Personality(words_per_event=4, latency_seconds=0.02)
"""Workers tell each other within 50 ms what they have spent: so long only a few requests may pass unseen."""
UNDER_WAY = "Wait for requests that are under way"
RateLimited = anthropic.RateLimitError | openai.RateLimitError


@pytest.fixture(scope="module")
def provider() -> Iterator[FakeProviderThread]:
    with FakeProviderThread("alpha", personality=LEISURELY) as running:
        yield running


def sections(workers: int) -> dict[str, Tree]:
    prices: Tree = {"claude": PRICE, "gpt": PRICE}
    gateway: Tree = {"workers": workers, "drain_seconds": 1}
    return {"auth": {"callers": "tokens"}, "tenants": TENANTS, "prices": prices, "gateway": gateway}


@pytest.fixture(scope="module")
def premises(provider: FakeProviderThread, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Premises]:
    """Two workers. Neither the store nor the shared store that the file names is there."""
    nowhere = f"127.0.0.1:{free_port()}"
    environment = {"STORE": f"postgresql://nobody:nothing@{nowhere}/none", "SHARED": f"redis://{nowhere}"}
    away: dict[str, Tree] = {"store": "env:STORE", "shared": "env:SHARED"}
    folder = tmp_path_factory.mktemp("allowances")
    with Premises(folder, tree(provider, **sections(2), **away), environment) as made:
        made.token()
        yield made.start()


def spent(premises: Premises, tenant: str) -> float:
    """US dollars, by the records."""
    return sum(one.cost_nanodollars or 0 for one in premises.exchanges(tenant=tenant)) / 1e9


def ask(premises: Premises, token: str, door: str = "anthropic", faults: str = "") -> Heard:
    """One question, on a connection of its own."""
    question = Question(model=DOORS[door], prompt=PROMPT, stream=False, faults=faults)
    return post(premises.url, PATHS[door], question.body(door), {"x-api-key": token, **question.headers})


def ask_in_turn(premises: Premises, token: str) -> Heard:
    """As `ask`. What another worker has reserved for the request before is given back a moment after its answer: who
    comes sooner is told to come again, and does."""
    while UNDER_WAY in (heard := ask(premises, token)).text:
        assert heard.status == 429
    return heard


def ask_until_refused(premises: Premises, token: str, requests_max: int = 200) -> int:
    """Ask in turn until an answer is 429; how many were served."""
    for served in range(requests_max):
        heard = ask_in_turn(premises, token)
        if heard.status == 429:
            return served
        assert heard.status == 200, heard
    raise AssertionError(f"{requests_max} requests were served")


def refusal(premises: Premises, token: str, door: str) -> RateLimited:
    """What the SDK of this door raises, with its own rules for trying again."""
    callers = Callers(premises.url, token)
    question = Question(model=DOORS[door], prompt=PROMPT)
    callers.anthropic = AnthropicCaller(callers.anthropic.client.with_options(max_retries=2))
    openai_client = callers.openai.client.with_options(max_retries=2)
    callers.openai, callers.responses = OpenaiCaller(openai_client), ResponsesCaller(openai_client)
    try:
        callers.ask(door, question)
    except (anthropic.RateLimitError, openai.RateLimitError) as error:
        return error
    finally:
        callers.close()
    raise AssertionError("it was served")


def workers_that_served(premises: Premises, tenant: str) -> int:
    return sum(
        any(isinstance(one, ExchangeRecord) and one.tenant == tenant and one.outcome == "answered" for one in records)
        for records in premises.records_by_worker()
    )


def test_two_workers_keep_to_a_daily_allowance_together(premises: Premises) -> None:
    token = premises.token(tenant="acme")
    served = ask_until_refused(premises, token)
    # Both refuse now, also the one that has not spent the last cent.
    while (more := [ask(premises, token).status for _ in range(10)]) != [429] * 10:
        served += more.count(200)
    premises.until_recorded(served, tenant="acme", outcome="answered")
    assert workers_that_served(premises, "acme") == 2
    # Each worker by itself would have let a whole dollar pass.
    assert USD_PER_DAY <= spent(premises, "acme") < 1.5 * USD_PER_DAY
    assert ask(premises, premises.token(tenant="newcomer")).status == 200


@pytest.mark.parametrize("door", DOORS)
def test_a_refusal_of_money_is_told_once_in_the_callers_dialect(door: str, premises: Premises) -> None:
    token = premises.token(tenant="acme")  # whose dollar the test before this one has used
    ask_until_refused(premises, token)
    error = refusal(premises, token, door)
    assert "tenant 'acme' has used its allowance of $1.00 per day. Wait until" in error.message
    assert error.response.headers["x-should-retry"] == "false"
    assert "retry-after" not in error.response.headers
    minted = premises.registrar.minted()[-1].id
    (record,) = premises.until_recorded(1, token=minted, dialect=door, outcome="refused")[-1:]
    assert (record.outcome, record.status, record.fault, record.fault_code) == (
        "refused",
        429,
        "allowance",
        "usd_per_day",
    )


def test_a_crowd_that_comes_at_once_uses_what_is_left_one_by_one(premises: Premises) -> None:
    token = premises.token(tenant="crowd")
    with ThreadPoolExecutor(16) as pool:
        slow = "alpha=slow:chars_per_second=20"  # about four seconds each
        heard = list(pool.map(lambda _: ask(premises, token, faults=slow), range(16)))
    served = sum(one.status == 200 for one in heard)
    # The longest answer that was asked for would cost two dollars. The workers hear of each other within 50 ms.
    assert 1 <= served <= 4
    assert {one.status for one in heard} == {200, 429}
    assert all(UNDER_WAY in one.text and one.header("retry-after") == "1" for one in heard if one.status == 429)


@pytest.mark.parametrize("door", DOORS)
def test_too_many_requests_a_minute_are_told_when_the_next_one_fits(door: str, premises: Premises) -> None:
    tenant = f"busy-{door}"
    token = premises.token(tenant=tenant)
    served = 0
    while (heard := ask(premises, token, door)).status == 200:
        served += 1
    assert 20 <= served <= 30
    assert heard.status == 429
    assert 1 <= int(heard.header("retry-after")) <= 60
    assert "may send 20 requests per minute and has sent them. Try again in" in heard.text
    assert heard.header("x-should-retry") == ""
    premises.until_recorded(1, tenant=tenant, outcome="refused", fault_code="requests_per_minute")
    assert workers_that_served(premises, tenant) == 2


LIMITS = {
    "anthropic": ("anthropic-ratelimit-requests-", "anthropic-ratelimit-output-tokens-", "{what}{field}"),
    "openai-chat": ("requests", "tokens", "x-ratelimit-{field}-{what}"),
    "openai-responses": ("requests", "tokens", "x-ratelimit-{field}-{what}"),
}


@pytest.mark.parametrize("door", DOORS)
def test_a_bound_caller_is_told_its_own_limits_in_its_dialect_and_never_the_providers(
    door: str, premises: Premises
) -> None:
    requests, tokens, name = LIMITS[door]

    def told(heard: Heard, what: str, field: str) -> str:
        return heard.header(name.format(what=what, field=field))

    bounds = AllowanceClaim(requests_per_minute=3, output_tokens_per_minute=100_000)
    token = premises.token("rich", bounds)
    heard = ask(premises, token, door)
    assert (heard.status, told(heard, requests, "limit")) == (200, "3")
    assert 1 <= int(told(heard, requests, "remaining")) <= 2
    assert told(heard, tokens, "limit") == "100000"
    assert 90_000 < int(told(heard, tokens, "remaining")) < 100_000
    assert sum("ratelimit" in field for field, _ in heard.headers) == 6
    while (heard := ask(premises, token, door)).status == 200:
        pass
    assert (heard.status, told(heard, requests, "remaining")) == (429, "0")
    assert told(heard, requests, "reset")


@pytest.mark.parametrize("door", DOORS)
def test_an_unbound_caller_is_told_the_providers_limits(door: str, premises: Premises) -> None:
    heard = ask(premises, premises.token("rich"), door)
    assert any("ratelimit" in field for field, _ in heard.headers)


def test_tokens_by_the_minute_are_bounded_over_both_workers(premises: Premises) -> None:
    # Room for what two requests are expected to need: what was given back at one worker is known at the other later.
    token = premises.token("rich", AllowanceClaim(output_tokens_per_minute=1_200))
    served = 0
    while (heard := ask(premises, token)).status == 200:
        served += 1
    # An answer is expected to have 512 tokens, and has some twenty: what it did not use is given back.
    assert 4 <= served <= 80
    assert heard.status == 429
    assert 1 <= int(heard.header("retry-after")) <= 60
    assert "may use 1200 output tokens per minute and has not enough left" in heard.text
    premises.until_recorded(1, tenant="rich", outcome="refused", fault_code="output_tokens_per_minute")


def test_a_token_is_bounded_for_itself(premises: Premises) -> None:
    small = premises.token("rich", AllowanceClaim(usd_per_month=0.1))
    fast = premises.token("rich", AllowanceClaim(requests_per_minute=2))
    assert 5 <= ask_until_refused(premises, small) <= 20
    assert 2 <= ask_until_refused(premises, fast) <= 6
    assert ask(premises, premises.token("rich")).status == 200
    for code in ("usd_per_month", "requests_per_minute"):
        premises.until_recorded(1, tenant="rich", outcome="refused", fault_code=code)


def test_a_model_without_a_price_is_let_through_and_told_of(premises: Premises) -> None:
    token = premises.token("unpriced")
    for _ in range(5):
        assert ask(premises, token, "openai-responses").status == 200

    def alerts() -> list[AlertRecord]:
        return [one for one in premises.records() if isinstance(one, AlertRecord) and one.kind == "no-price"]

    premises.until(lambda: bool(alerts()), "it is told")
    assert len(alerts()) <= 2  # each worker tells it once
    assert {one.model for one in alerts()} == {"gpt-responses"}


def is_silent(premises: Premises) -> bool:
    """Whether the worker that answers waits for another that may be spending."""
    heard = get(premises.url, "/readyz", {"x-api-key": premises.token()})
    return b'"silent":[]' not in heard.body


def test_a_killed_gateway_has_forgotten_nothing_when_it_is_back(premises: Premises) -> None:
    first, second = premises.token(tenant="first"), premises.token(tenant="second")
    ask_until_refused(premises, first)
    for _ in range(26):  # half a dollar
        assert ask_in_turn(premises, second).status == 200
    premises.until_recorded(26, tenant="second")
    workers = children(premises.gateway.pid)
    assert len(workers) == 2
    premises.gateway.kill()
    send(workers, signal.SIGKILL)
    premises.start()
    # One that has not heard of the other yet uses its share alone.
    premises.until(lambda: not any(is_silent(premises) for _ in range(8)), "the workers hear each other")
    # Each worker reads its own journal before it serves, and tells the other.
    assert ask_until_refused(premises, first) <= 2
    ask_until_refused(premises, second)
    premises.until(lambda: spent(premises, "second") >= USD_PER_DAY, "all is recorded")
    assert max(spent(premises, "first"), spent(premises, "second")) < 1.5 * USD_PER_DAY
