"""Two gateways: on one state folder the second is refused; on folders of their own they go by the same keys, and with a
shared Redis spend one allowance and serve one key once."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import msgspec
import pytest

from mainstay.gateway.auth.trust_folder import BUNDLE_FILE, TrustFolder
from mainstay.lab.provider.request import Personality
from mainstay.lab.provider.thread import FakeProviderThread
from tests.e2e.callers import PATHS, Callers, Question
from tests.e2e.lanes import Tree
from tests.e2e.premises import DOORS, PROMPT, Premises, tree
from tests.e2e.raw import Heard, get, post
from tests.services.redis import RedisServer

USD_PER_DAY = 1.0
PRICE: Tree = {"input": 0, "output": 1_000}
MARK = "x-mainstay-idempotent"
SLOWLY = "alpha=slow:chars_per_second=40"


class Pair(msgspec.Struct, frozen=True):
    """Two replicas, each with a state folder of its own; keys are made at the first."""

    first: Premises
    second: Premises
    redis: RedisServer
    provider: FakeProviderThread

    @property
    def both(self) -> tuple[Premises, Premises]:
        """Both of them."""
        return self.first, self.second

    def until_known(self, token: str, status: int = 200) -> None:
        """Wait until both gateways answer so to whoever has this token."""
        for one in self.both:
            one.until(lambda one=one: status_of(one, token) == status, f"{one.url} says {status}")  # type: ignore[misc]


@pytest.fixture(scope="module")
def provider() -> Iterator[FakeProviderThread]:
    with FakeProviderThread("alpha", personality=Personality(words_per_event=2, latency_seconds=0.02)) as running:
        yield running


@pytest.fixture(scope="module")
def pair(provider: FakeProviderThread, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    sections: dict[str, Tree] = {
        "auth": {"callers": "tokens"},
        "tenants": {"acme": {"usd_per_day": USD_PER_DAY}},
        "prices": {"claude": PRICE},
        "shared": "env:SHARED",
        "drafts": {"key": "env:DRAFTS_KEY"},
    }
    with ExitStack() as stack:
        redis = stack.enter_context(RedisServer("password-of-redis"))
        environment = {"SHARED": redis.url, "DRAFTS_KEY": "one-key-for-both-replicas"}
        first, second = (
            stack.enter_context(Premises(tmp_path_factory.mktemp(name), tree(provider, **sections), environment))
            for name in ("first", "second")
        )
        first.mint()
        share_bundle(first, second)
        for one in (first, second):
            one.begin()
        for one in (first, second):
            one.gateway.__enter__()
        yield Pair(first, second, redis, provider)


def share_bundle(first: Premises, second: Premises) -> None:
    """As an operator does once for each new machine."""
    text = first.command("token", "trust", "export").out
    folder = TrustFolder(second.state).path
    folder.mkdir(parents=True)
    (folder / BUNDLE_FILE).write_text(text)


def status_of(premises: Premises, token: str) -> int:
    return get(premises.url, "/v1/models", {"x-api-key": token}).status


def ask(premises: Premises, token: str, question: Question, faults: str = "") -> Heard:
    fields = {"x-api-key": token, **question.headers} | ({"x-lab-faults": faults} if faults else {})
    return post(premises.url, PATHS["anthropic"], question.body("anthropic"), fields)


def plain(prompt: str = PROMPT, key: str = "", *, stream: bool = False) -> Question:
    return Question(model="claude", prompt=prompt, stream=stream, idempotency_key=key)


@pytest.mark.parametrize("workers", [1, 2])
def test_a_second_gateway_on_one_state_folder_is_refused_by_name(workers: int, pair: Pair, tmp_path: Path) -> None:
    second = Premises(tmp_path, tree(pair.provider))
    second.write(state=str(pair.first.state), gateway={"listen": f"127.0.0.1:{second.port}", "workers": workers})
    said = second.run("gateway", "-c", str(second.file), code=1)
    assert f"in use by the gateway with process id {pair.first.gateway.pid}" in said.err
    assert "Traceback" not in said.err
    assert pair.first.gateway.is_ready()


def test_a_token_made_on_one_machine_is_good_on_the_other(pair: Pair) -> None:
    token = pair.first.token(tenant="good-everywhere")
    for premises in pair.both:
        for door, model in DOORS.items():
            callers = Callers(premises.url, token)
            assert callers.ask(door, Question(model=model, prompt=PROMPT)).text
            callers.close()


def test_a_revocation_reaches_the_other_machine_through_the_shared_store(pair: Pair) -> None:
    token, other = pair.first.token(tenant="leaky"), pair.first.token(tenant="tight")
    pair.until_known(token)
    pair.first.command("token", "revoke", pair.first.registrar.minted()[-2].id)
    pair.until_known(token, 401)
    pair.until_known(other)
    held = [TrustFolder(one.state).bundle_text() for one in pair.both]
    pair.second.until(lambda: TrustFolder(pair.second.state).bundle_text() == held[0], "it is kept there, too")


def test_without_the_shared_store_a_revocation_is_brought_by_the_command(pair: Pair) -> None:
    token = pair.first.token(tenant="leaky")
    pair.until_known(token)
    identity = pair.first.registrar.minted()[-1].id
    pair.redis.pause()
    try:
        said = pair.first.command("token", "revoke", identity, "--to", pair.first.url, "--to", pair.second.url)
        assert said.err.count("has it") == 2
        assert [status_of(one, token) for one in pair.both] == [401, 401]
        nowhere = pair.first.command("token", "trust", "push", "--to", "http://127.0.0.1:9", code=1)
        assert "cannot be reached" in nowhere.err
    finally:
        pair.redis.resume()


def test_a_stolen_key_ends_on_all_machines_with_one_command(pair: Pair) -> None:
    token = pair.first.token(tenant="robbed")
    pair.until_known(token)
    pair.first.command("token", "keys", "rotate", "--retire-now", "--to", pair.second.url)
    assert status_of(pair.second, token) == 401
    pair.until_known(token, 401)
    pair.until_known(pair.first.token(tenant="robbed"))


def test_a_bundle_of_strangers_is_not_taken(pair: Pair, tmp_path: Path) -> None:
    stranger = Premises(tmp_path, {})
    stranger.token()
    for _ in range(9):
        stranger.registrar.revoke_tenant(f"tenant-{_}")  # its serial number is higher than ours
    said = stranger.command("token", "trust", "push", "--to", pair.second.url, code=1)
    assert "signed by a key that the known bundle does not lead to" in said.err


def test_replicas_spend_one_allowance(pair: Pair) -> None:
    token = pair.first.token(tenant="acme")
    pair.until_known(token)
    served, over = 0, set[str]()
    while over != {one.url for one in pair.both}:
        for premises in pair.both:
            heard = ask(premises, token, plain())
            served += heard.status == 200
            if "has used its allowance" in heard.text:
                over.add(premises.url)
        assert served < 200
    spent = sum(one.cost_nanodollars or 0 for each in pair.both for one in each.exchanges(tenant="acme")) / 1e9
    # Each by itself would have let a whole dollar pass.
    assert USD_PER_DAY * 0.9 <= spent < 1.5 * USD_PER_DAY


def test_a_key_sent_to_both_at_once_is_served_once(pair: Pair) -> None:
    token = pair.first.token(tenant="repeating")
    pair.until_known(token)
    for stream in (False, True):
        question = plain(f"Why do bridges hum twice, {stream}, in 12 words?", f"key-{stream}", stream=stream)
        with ThreadPoolExecutor(16) as pool:
            heard = list(pool.map(lambda n: ask(pair.both[n % 2], token, question, SLOWLY), range(16)))  # noqa: B023
        assert {one.status for one in heard} == {200}
        assert len({one.body for one in heard}) == 1
        reached = [one for one in pair.provider.requests if question.prompt.encode() in one.request.body]
        assert len(reached) == 1
        assert [one.header(MARK) for one in heard].count("") == 1


def test_while_redis_hangs_each_serves_and_says_how_far_a_key_reaches(pair: Pair) -> None:
    token = pair.first.token(tenant="alone")
    pair.until_known(token)
    pair.redis.pause()
    try:
        question = plain("Why do bridges hum alone in 12 words?", "key-alone")
        here, there = (ask(one, token, question) for one in pair.both)
        assert [one.status for one in (here, there)] == [200, 200]
        assert [one.header(MARK) for one in (here, there)] == ["this machine only"] * 2
        assert ask(pair.first, token, question).header(MARK) == "replayed"
        headers = {"x-api-key": token}
        for one in pair.both:
            one.until(lambda one=one: '"degraded"' in get(one.url, "/readyz", headers).text, "it is told")  # type: ignore[misc]
    finally:
        pair.redis.resume()
    for one in pair.both:
        one.until(lambda one=one: '"ready"' in get(one.url, "/readyz", headers).text, "all is well again")  # type: ignore[misc]
