"""The cache from outside: answers are given again byte for byte, to whom they belong, and to nobody else."""

from collections.abc import Iterator, Mapping
from itertools import count

import msgspec
import pytest

from mainstay.cli.cache import Stats
from mainstay.lab.provider.request import Personality
from mainstay.lab.provider.thread import FakeProviderThread
from tests.e2e.callers import PATHS, Callers, Question
from tests.e2e.lanes import Tree
from tests.e2e.premises import DOORS, Premises, tree
from tests.e2e.raw import Body, Heard, post

MARK = "x-mainstay-cache"
RULE: dict[str, Tree] = {"ttl_seconds": 600, "stale_if_error_seconds": 600}
WORKLOADS: Tree = {"default": {"cache": RULE}, "every": {"cache": {**RULE, "requests": "all"}}, "bare": {}}
TENANTS: Tree = {"*": {}, "other": {}, "strangers": {"cache": "off"}}
BOTH = pytest.mark.parametrize("stream", [False, True], ids=["plain", "stream"])
EACH = pytest.mark.parametrize("door", list(DOORS))
REPEATABLE = {MARK: "repeatable"}
PING = b'event: ping\ndata: {"type":"ping"}\n\n'
"""A keep-alive is no part of an answer."""
numbers = count(1)


@pytest.fixture(scope="module")
def provider() -> Iterator[FakeProviderThread]:
    with FakeProviderThread("alpha", personality=Personality(words_per_event=1)) as running:
        yield running


@pytest.fixture(scope="module")
def premises(provider: FakeProviderThread, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Premises]:
    """Two workers."""
    gateway: Tree = {"workers": 2, "drain_seconds": 1}
    sections: dict[str, Tree] = {
        "auth": {"callers": "tokens"},
        "tenants": TENANTS,
        "workloads": WORKLOADS,
        "gateway": gateway,
    }
    with Premises(tmp_path_factory.mktemp("cache"), tree(provider, **sections)) as made:
        made.token()
        yield made.start()


@pytest.fixture(scope="module")
def token(premises: Premises) -> str:
    return premises.token(tenant="acme")


def asked(door: str, *, stream: bool = False, workload: str = "") -> Question:
    """A question that nobody has asked before."""
    prompt = f"Why do bridges hum on night {next(numbers)} in 40 words?"
    return Question(model=DOORS[door], prompt=prompt, stream=stream, workload=workload)


def body_of(question: Question, door: str) -> Body:
    body = question.body(door)
    return {**body, "store": False} if door == "openai-responses" else body


def ask(premises: Premises, token: str, door: str, question: Question, **fields: str) -> Heard:
    """On a connection of its own, so that any worker may get it."""
    more = {name.replace("_", "-"): value for name, value in fields.items()}
    headers = {"x-api-key": token, **question.headers, **more}
    return post(premises.url, PATHS[door], body_of(question, door), headers)


def until_kept(
    premises: Premises, token: str, door: str, question: Question, headers: Mapping[str, str] = REPEATABLE
) -> list[Heard]:
    """Asked until some worker gives a kept answer; all answers, the last of which is the kept one."""
    found: list[Heard] = []

    def is_hit() -> bool:
        found.append(ask(premises, token, door, question, **dict(headers)))
        return found[-1].header(MARK) == "hit"

    premises.until(is_hit, "the answer is given again")
    return found


def seen(provider: FakeProviderThread, question: Question) -> int:
    """How often this question has reached the provider."""
    return sum(question.prompt.encode() in one.request.body for one in provider.requests)


@EACH
@BOTH
def test_the_same_answer_is_given_again_byte_for_byte(
    premises: Premises, provider: FakeProviderThread, token: str, door: str, *, stream: bool
) -> None:
    question = asked(door, stream=stream)
    first = ask(premises, token, door, question, x_mainstay_cache="repeatable")
    assert (first.status, first.header(MARK)) == (200, "miss")
    *others, again = until_kept(premises, token, door, question)
    (record, *_) = premises.until_recorded(1, id=again.header("x-mainstay-id"))
    # Until a second has gone by, the other worker may have asked for an answer of its own.
    repeated = {one.header("x-mainstay-id"): one for one in (first, *others)}[record.repeats]
    assert again.body == repeated.body.replace(PING, b"")
    assert (record.cache, record.attempts, record.output_tokens, record.cost_nanodollars) == ("hit", 0, 0, None)
    assert again.header("content-type") == first.header("content-type")
    assert (again.header("x-mainstay-attempts"), again.header("x-mainstay-upstream")) == ("0", f"alpha-{door}")
    assert int(again.header("age")) <= 60
    assert again.header("x-mainstay-id") != repeated.header("x-mainstay-id")
    assert again.header("request-id") == again.header("x-request-id") == ""
    # Each worker asks once at the most, because it learns of the other's answers.
    for _ in range(6):
        ask(premises, token, door, question, x_mainstay_cache="repeatable")
    assert seen(provider, question) <= 2


@pytest.mark.parametrize("door", ["anthropic", "openai-chat"])
@BOTH
def test_the_official_clients_read_an_answer_that_is_given_again(
    premises: Premises, token: str, door: str, *, stream: bool
) -> None:
    question = asked(door, stream=stream, workload="every")
    with_sdk = Callers(premises.url, token)
    try:
        first = with_sdk.ask(door, question)
        premises.until(lambda: with_sdk.ask(door, question).headers.get(MARK) == "hit", "it is given again")
        again = with_sdk.ask(door, question)
    finally:
        with_sdk.close()
    assert again.said == first.said
    assert again.headers[MARK] in {"hit", "miss"}


def test_order_of_members_and_who_asks_make_no_difference(premises: Premises, token: str) -> None:
    question = asked("anthropic")
    until_kept(premises, token, "anthropic", question)
    body = body_of(question, "anthropic") | {"metadata": {"user_id": "somebody else"}}
    turned = dict(reversed(body.items()))

    def is_hit() -> bool:
        heard = post(premises.url, PATHS["anthropic"], turned, {"x-api-key": token, **REPEATABLE})
        return heard.header(MARK) == "hit"

    premises.until(is_hit, "the other worker knows it too")


def test_nobody_gets_the_answer_of_another_tenant_or_of_another_form(
    premises: Premises, provider: FakeProviderThread, token: str
) -> None:
    question = asked("anthropic")
    until_kept(premises, token, "anthropic", question)
    before = seen(provider, question)
    other = ask(premises, premises.token(tenant="other"), "anthropic", question, x_mainstay_cache="repeatable")
    beta = ask(premises, token, "anthropic", question, x_mainstay_cache="repeatable", anthropic_beta="some-beta")
    assert (other.header(MARK), beta.header(MARK)) == ("miss", "miss")
    assert seen(provider, question) == before + 2


def test_off_and_refresh_ask_the_provider(premises: Premises, provider: FakeProviderThread, token: str) -> None:
    question = asked("anthropic", workload="every")
    until_kept(premises, token, "anthropic", question, {})
    before = seen(provider, question)
    off = ask(premises, token, "anthropic", question, x_mainstay_cache="off")
    refreshed = ask(premises, token, "anthropic", question, x_mainstay_cache="refresh")
    assert (off.header(MARK), refreshed.header(MARK)) == ("", "miss")
    assert seen(provider, question) == before + 2


def test_what_is_not_marked_is_asked_anew(premises: Premises, provider: FakeProviderThread, token: str) -> None:
    question = asked("anthropic")
    for _ in range(4):
        assert ask(premises, token, "anthropic", question).header(MARK) == ""
    assert seen(provider, question) == 4


@EACH
def test_wishes_that_cannot_be_fulfilled_are_refused_in_the_door_s_dialect(
    premises: Premises, token: str, door: str
) -> None:
    stranger = premises.token(tenant="strangers")
    bare = asked(door, workload="bare")
    nonsense = ask(premises, token, door, asked(door), x_mainstay_cache="always")
    forbidden = ask(premises, stranger, door, asked(door), x_mainstay_cache="repeatable")
    unavailable = ask(premises, token, door, bare, x_mainstay_cache="refresh")
    assert (nonsense.status, forbidden.status, unavailable.status) == (400, 403, 400)
    assert "repeatable, refresh, off" in nonsense.text
    assert "your tenant may not use the cache" in forbidden.text
    assert "the workload 'bare' has no cache" in unavailable.text
    assert ask(premises, stranger, door, asked(door), x_mainstay_cache="off").status == 200
    assert ask(premises, token, door, bare, x_mainstay_cache="off").status == 200


def test_what_the_provider_stores_is_never_kept(premises: Premises, provider: FakeProviderThread, token: str) -> None:
    question = asked("openai-responses", workload="every")
    for _ in range(3):
        heard = post(
            premises.url,
            PATHS["openai-responses"],
            question.body("openai-responses"),
            {"x-api-key": token, **question.headers},
        )
        assert (heard.status, heard.header(MARK)) == (200, "")
    assert seen(provider, question) == 3


def test_nothing_of_prompts_and_answers_can_be_read_on_disk(premises: Premises, token: str) -> None:
    question = asked("anthropic")
    *_, kept = until_kept(premises, token, "anthropic", question)
    data = b"".join(path.read_bytes() for path in (premises.state / "cache").iterdir())
    assert b"answers" in data
    assert question.prompt.encode() not in data
    assert b"bridges" not in data
    assert kept.body[:60] not in data
    assert all(path.stat().st_mode & 0o077 == 0 for path in (premises.state / "cache").iterdir())


def test_the_operator_counts_and_purges(premises: Premises, provider: FakeProviderThread, token: str) -> None:
    question = asked("anthropic")
    until_kept(premises, token, "anthropic", question)
    stats = msgspec.json.decode(premises.command("cache", "stats", "--json").out, type=Stats)
    assert stats.entries >= 1
    assert ("acme", "claude") in {(one.tenant, one.model) for one in stats.models}
    assert "claude" in premises.command("cache", "stats").out
    assert "say which answers" in premises.command("cache", "purge", code=1).err
    assert "removed 0 answers" in premises.command("cache", "purge", "--older-than", "3600").out
    before = seen(provider, question)
    premises.command("cache", "purge", "--tenant", "acme", "--model", "claude")
    assert ask(premises, token, "anthropic", question, x_mainstay_cache="repeatable").header(MARK) == "miss"
    assert seen(provider, question) == before + 1
    premises.command("cache", "purge", "--all")
    assert msgspec.json.decode(premises.command("cache", "stats", "--json").out, type=Stats).entries == 0
