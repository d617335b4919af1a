"""Identical requests at the same time: one of them asks, all are answered, and nobody suffers from another."""

import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from mainstay.lab.provider.request import Personality
from mainstay.lab.provider.thread import FakeProviderThread
from tests.e2e.callers import PATHS, Question
from tests.e2e.lanes import Tree
from tests.e2e.premises import DOORS, Premises, tree
from tests.e2e.raw import Heard, connect, read_until, read_until_closed, request_bytes
from tests.e2e.test_cache import BOTH, MARK, ask, asked, body_of, seen

CROWD = 50
SLOWLY = "slow:chars_per_second=150"
WORKLOADS: Tree = {"default": {"cache": {"ttl_seconds": 600, "requests": "all"}}}
RETRIES: Tree = {"attempts_per_upstream": 1}


@pytest.fixture
def provider() -> Iterator[FakeProviderThread]:
    with FakeProviderThread("alpha", personality=Personality(words_per_event=1, latency_seconds=1.0)) as running:
        yield running


@pytest.fixture
def premises(provider: FakeProviderThread, tmp_path: Path) -> Iterator[Premises]:
    gateway: Tree = {"drain_seconds": 1}
    sections: dict[str, Tree] = {"workloads": WORKLOADS, "retries": RETRIES, "gateway": gateway}
    with Premises(tmp_path, tree(provider, **sections)) as made:
        yield made.start()


def crowd(premises: Premises, door: str, question: Question, size: int = CROWD) -> list[Heard]:
    with ThreadPoolExecutor(size) as pool:
        return list(pool.map(lambda _: ask(premises, "", door, question), range(size)))


def line_of(premises: Premises, question: Question) -> socket.socket:
    """A connection on which the question was asked, and nothing has been read."""
    line = connect(premises.url)
    line.sendall(request_bytes(PATHS["anthropic"], body_of(question, "anthropic"), {"connection": "close"}))
    return line


@BOTH
@pytest.mark.parametrize("door", list(DOORS))
def test_a_crowd_is_served_by_one_request(
    premises: Premises, provider: FakeProviderThread, door: str, *, stream: bool
) -> None:
    provider.break_with(SLOWLY)
    question = asked(door, stream=stream)
    heard = crowd(premises, door, question)
    assert {one.status for one in heard} == {200}
    assert len({one.body for one in heard}) == 1
    assert seen(provider, question) == 1
    marks = sorted(one.header(MARK) for one in heard)
    assert marks == ["coalesced"] * (CROWD - 1) + ["miss"]
    leader = next(one for one in heard if one.header(MARK) == "miss")
    records = premises.until_recorded(CROWD - 1, cache="coalesced")
    assert {one.repeats for one in records} == {leader.header("x-mainstay-id")}
    assert {one.bytes_sent for one in records} == {len(leader.body)}


def test_who_comes_late_gets_the_stream_from_its_beginning(premises: Premises, provider: FakeProviderThread) -> None:
    provider.break_with(SLOWLY)
    question = asked("anthropic", stream=True)
    with closing(line_of(premises, question)) as first:
        begun = read_until(first, b"content_block_delta")
        late = ask(premises, "", "anthropic", question)
        rest = read_until_closed(first)
    assert late.header(MARK) == "coalesced"
    assert late.body.startswith(b"event: message_start")
    assert late.body.rstrip().endswith(b'{"type":"message_stop"}')
    assert b"message_stop" in begun + rest
    assert seen(provider, question) == 1


def test_a_leader_that_leaves_hands_over(premises: Premises, provider: FakeProviderThread) -> None:
    provider.break_with(SLOWLY)
    question = asked("anthropic", stream=True)
    leader = line_of(premises, question)
    read_until(leader, b"content_block_delta")
    others = [line_of(premises, question) for _ in range(3)]
    begun = [read_until(one, b"content_block_delta") for one in others]
    leader.close()
    heard = [data + read_until_closed(one) for data, one in zip(begun, others, strict=True)]
    assert all(b"x-mainstay-cache: coalesced" in one and b"message_stop" in one for one in heard)
    for one in others:
        one.close()
    assert seen(provider, question) == 1
    # Although who asked first has left, the answer is kept.
    premises.until(lambda: ask(premises, "", "anthropic", question).header(MARK) == "hit", "it is given again")


def test_when_all_have_left_the_provider_is_left_too(premises: Premises, provider: FakeProviderThread) -> None:
    provider.break_with("slow:chars_per_second=20")
    question = asked("anthropic", stream=True)
    lines = [line_of(premises, question) for _ in range(3)]
    for line in lines:
        read_until(line, b"content_block_delta")
    for line in lines:
        line.close()
    (record,) = premises.until_recorded(1, outcome="left", cache="")
    assert record.attempts == 1
    provider.heal()
    assert ask(premises, "", "anthropic", question).header(MARK) == "miss"


def test_a_slow_reader_hurts_nobody(premises: Premises, provider: FakeProviderThread) -> None:
    provider.break_with("slow:chars_per_second=100000")
    long = Question(model=DOORS["anthropic"], prompt="Why do bridges hum in 60000 words?", stream=True)
    slow = line_of(premises, long)
    read_until(slow, b"message_start")
    with closing(slow):
        heard = ask(premises, "", "anthropic", long)
        assert heard.header(MARK) in {"coalesced", "hit"}
        assert heard.body.rstrip().endswith(b'{"type":"message_stop"}')
        # Whoever was slow reads on when it likes.
        assert b"message_stop" in read_until_closed(slow)
    assert seen(provider, long) == 1


@BOTH
def test_a_leader_s_failure_makes_no_herd(premises: Premises, provider: FakeProviderThread, *, stream: bool) -> None:
    provider.break_with("overloaded:delay=1.5")
    question = asked("anthropic", stream=stream)
    heard = crowd(premises, "anthropic", question)
    assert {one.status for one in heard} == {529}
    # Those who followed in vain asked once more, together.
    assert seen(provider, question) == 2
