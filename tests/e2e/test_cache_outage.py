"""The cache in an outage: an expired answer is better than none; restarts lose nothing; substitutes pass for nobody."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from mainstay.lab.provider.thread import FakeProviderThread
from tests.conformance.stage import upstream
from tests.e2e.lanes import Tree
from tests.e2e.premises import Premises, tree
from tests.e2e.raw import get
from tests.e2e.test_cache import BOTH, MARK, ask, asked, until_kept

RULE: Tree = {"ttl_seconds": 600, "requests": "all"}
EXPIRED: Tree = {"ttl_seconds": 0, "stale_if_error_seconds": 600, "requests": "all"}
DAMAGE = b"this is no database any more " * 400


@pytest.fixture
def provider() -> Iterator[FakeProviderThread]:
    with FakeProviderThread("alpha") as running:
        yield running


def premises(provider: FakeProviderThread, folder: Path, rule: Tree, **sections: Tree) -> Premises:
    workloads: Tree = {"default": {"cache": rule, "deadline_seconds": 5}, "every": {"cache": rule}}
    return Premises(folder, tree(provider, workloads=workloads, gateway={"drain_seconds": 1}, **sections))


@BOTH
def test_an_expired_answer_stands_in_while_no_provider_answers(
    provider: FakeProviderThread, tmp_path: Path, *, stream: bool
) -> None:
    with premises(provider, tmp_path, EXPIRED) as made:
        made.start()
        question = asked("anthropic", stream=stream)
        first = ask(made, "", "anthropic", question)
        assert first.header(MARK) == "miss"
        # Expired at once, it is asked for anew.
        assert ask(made, "", "anthropic", question).header(MARK) == "miss"
        provider.break_with("overloaded")
        stale = [ask(made, "", "anthropic", question) for _ in range(12)]
        assert {(one.status, one.header(MARK)) for one in stale} == {(200, "stale")}
        assert all(one.body.split(b"msg_")[0] == first.body.split(b"msg_")[0] for one in stale)
        assert all("no provider answers" in one.header("x-mainstay-degraded") and one.header("age") for one in stale)
        # Once the outage is known nobody is asked any more.
        assert stale[-1].header("x-mainstay-attempts") == "0"
        record = made.until_recorded(12, cache="stale")[-1]
        assert record.repeats
        assert (record.outcome, record.model_served) == ("answered", "claude")
        # What nobody has asked before cannot be answered.
        assert ask(made, "", "anthropic", asked("anthropic", stream=stream)).status >= 500


@BOTH
def test_a_request_that_is_wrong_gets_no_old_answer(
    provider: FakeProviderThread, tmp_path: Path, *, stream: bool
) -> None:
    with premises(provider, tmp_path, EXPIRED) as made:
        made.start()
        question = asked("anthropic", stream=stream)
        ask(made, "", "anthropic", question)
        provider.break_with("bad-request")
        assert ask(made, "", "anthropic", question).status == 400


@BOTH
def test_what_breaks_off_is_not_kept(provider: FakeProviderThread, tmp_path: Path, *, stream: bool) -> None:
    with premises(provider, tmp_path, RULE) as made:
        made.start()
        question = asked("anthropic", stream=stream)
        provider.break_with("cut:after=40")
        ask(made, "", "anthropic", question)
        provider.heal()
        assert ask(made, "", "anthropic", question).header(MARK) == "miss"


def test_a_restart_forgets_nothing_and_damage_is_no_trouble(provider: FakeProviderThread, tmp_path: Path) -> None:
    with premises(provider, tmp_path, RULE) as made:
        made.start()
        question = asked("anthropic")
        first = ask(made, "", "anthropic", question)
        assert made.gateway.stop() == 0
        made.start()
        until_kept(made, "", "anthropic", question)
        assert ask(made, "", "anthropic", question).body == first.body
        assert made.gateway.stop() == 0
        (made.state / "cache" / "answers.sqlite").write_bytes(DAMAGE)
        made.start()
        assert ask(made, "", "anthropic", question).header(MARK) == "miss"
        until_kept(made, "", "anthropic", question)


def test_an_answer_that_was_altered_is_a_miss(provider: FakeProviderThread, tmp_path: Path) -> None:
    with premises(provider, tmp_path, RULE) as made:
        made.start()
        question = asked("anthropic")
        until_kept(made, "", "anthropic", question)
        connection = sqlite3.connect(made.state / "cache" / "answers.sqlite", timeout=10)
        connection.execute("UPDATE answers SET sealed = zeroblob(500)")
        connection.commit()
        connection.close()
        assert ask(made, "", "anthropic", question).header(MARK) == "miss"


def test_a_disk_that_takes_nothing_hurts_nobody(provider: FakeProviderThread, tmp_path: Path) -> None:
    with premises(provider, tmp_path, RULE) as made:
        made.state.mkdir()
        (made.state / "cache").write_text("a file where the folder should be")
        made.start()
        question = asked("anthropic")
        for _ in range(3):
            assert ask(made, "", "anthropic", question).status == 200
        made.until(lambda: '"cache"' in get(made.url, "/readyz").text, "it says how the cache is")
        made.until(lambda: "cache: " in get(made.url, "/readyz").text, "it says what is wrong")


def test_a_substitute_s_answer_is_never_kept(provider: FakeProviderThread, tmp_path: Path) -> None:
    with FakeProviderThread("beta") as beta:
        first: Tree = {"upstream": "alpha-anthropic", "model": "large"}
        other: Tree = {"upstream": "beta-anthropic", "model": "small", "substitute": True}
        same: Tree = {"upstream": "beta-anthropic", "model": "large"}
        models: Tree = {"claude": {"candidates": [first, other]}, "twice": {"candidates": [first, same]}}
        workloads: Tree = {"default": {"cache": RULE}}
        upstreams: Tree = {
            "alpha-anthropic": upstream("anthropic", provider.url),
            "beta-anthropic": upstream("anthropic", beta.url),
        }
        with Premises(tmp_path, {"upstreams": upstreams, "models": models, "workloads": workloads}) as made:
            made.start()
            provider.break_with("overloaded")
            question = asked("anthropic")
            for _ in range(3):
                heard = ask(made, "", "anthropic", question)
                assert (heard.header(MARK), heard.header("x-mainstay-model")) == ("miss", "small")
            # The same model elsewhere is as good, and the answer says where it came from.
            alike = type(question)(model="twice", prompt=question.prompt, stream=False)
            *_, hit = until_kept(made, "", "anthropic", alike)
            assert (hit.header("x-mainstay-upstream"), hit.header("x-mainstay-model")) == ("beta-anthropic", "large")
