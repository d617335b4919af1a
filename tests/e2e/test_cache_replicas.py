"""Replicas with one key share answers through Redis; without a key of the file they do not, and nothing there tells."""

from collections.abc import Iterator

import pytest

from tests.e2e.callers import Question
from tests.e2e.lanes import Tree
from tests.e2e.replicas import Replica, Replicas, lane, replicas
from tests.e2e.test_cache import MARK, ask, asked

KEY: Tree = {"key": "env:DRAFT_KEY"}
WORKLOADS: Tree = {"default": {"deadline_seconds": 60, "cache": {"ttl_seconds": 600, "requests": "all"}}}


@pytest.fixture(scope="module")
def together(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Replicas]:
    folder = tmp_path_factory.mktemp("replicas")
    with replicas(folder, sections={"cache": KEY, "workloads": WORKLOADS}) as running:
        yield running


def question() -> Question:
    return Question(model=lane(), prompt=asked("anthropic").prompt, stream=False)


def until_hit(gateway: Replica, wanted: Question) -> bytes:
    found: list[bytes] = []

    def is_hit() -> bool:
        heard = ask(gateway, gateway.key, "anthropic", wanted)
        found.append(heard.body)
        return heard.header(MARK) == "hit"

    gateway.until(is_hit, "it is given again")
    return found[-1]


def test_an_answer_of_one_replica_is_given_by_the_other(together: Replicas) -> None:
    first, second = together.gateways
    wanted = question()
    said = ask(first, first.key, "anthropic", wanted).body
    until_hit(first, wanted)
    assert until_hit(second, wanted) == said
    assert len(together.seen(wanted.model)) == 1


def test_purging_on_one_machine_purges_what_is_shared(together: Replicas) -> None:
    first, second = together.gateways
    wanted = question()
    ask(first, first.key, "anthropic", wanted)
    until_hit(first, wanted)
    said = first.run("cache", "purge", "-c", str(first.file), "--model", wanted.model).out
    assert "removed 1 answer from the shared store" in said
    assert ask(second, second.key, "anthropic", wanted).header(MARK) == "miss"


def test_nothing_in_the_shared_store_can_be_read(together: Replicas) -> None:
    first, _ = together.gateways
    wanted = question()
    ask(first, first.key, "anthropic", wanted)
    until_hit(first, wanted)
    keys = [one for one in together.redis.ask("KEYS", "mainstay:cache:*").split() if one.startswith(b"mainstay:")]
    values = [together.redis.ask("GET", key.decode()) for key in keys]
    assert keys
    assert not any(b"local" in key or wanted.model.encode() in key for key in keys)
    assert all(b"mstcach1" in value and b"content" not in value and b"bridges" not in value for value in values)


def test_without_the_shared_store_requests_go_on(together: Replicas) -> None:
    first, second = together.gateways
    wanted = question()
    ask(first, first.key, "anthropic", wanted)
    until_hit(first, wanted)
    together.redis.kill()
    assert ask(second, second.key, "anthropic", wanted).status == 200
    assert until_hit(first, wanted)
