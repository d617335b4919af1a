"""Followers of running drafts: everything to the byte, whether it is in memory or only in the file."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mainstay.gateway.drafts.counting import after_events
from mainstay.gateway.drafts.draft import Draft
from mainstay.gateway.drafts.entries import Beyond, Missing, Reason
from mainstay.gateway.drafts.follower import Follower
from tests.gateway.drafts.conftest import SMALL, World, event, events, opening


def pull_all(world: World, follower: Follower, bytes_max: int = 700) -> bytes:
    """All that there is for now."""
    found: list[bytes] = []
    while True:
        data = follower.pull(bytes_max)
        if data:
            found.append(data)
        elif data is None and follower.is_reading:
            world.loop.until(lambda: not follower.is_reading)
        else:
            return b"".join(found)


def follow(draft: Draft, after: int) -> Follower:
    follower = draft.follow(after, lambda: None)
    assert isinstance(follower, Follower)
    return follower


def test_followers_get_everything_whatever_is_in_memory(small: World) -> None:
    draft = small.store.open(opening())
    early = follow(draft, 0)
    for number in range(1_000):
        draft.delivered(event(number))
        if number % 10 == 0:
            small.loop.turn()
    small.settle()
    draft.delivered(event(1_000))
    assert draft.tail.size <= SMALL.memory_bytes_max + SMALL.batch_bytes
    assert draft.tail.start > 0
    for after in (0, 1, 500, 999, 1_000, 1_001):
        assert pull_all(small, follow(draft, after)) == events(after, 1_001)
    assert draft.follow(1_002, lambda: None) == Beyond(1_001)
    assert pull_all(small, early) == events(0, 1_001)
    draft.ended("answered", 2_001.0)
    small.settle()
    assert early.pull(10) == b""


STREAM = [event(0), b": c\n\n", events(1, 3), b"data: x\r\n\r\n", event(3) * 40, b"data: y\r\r", event(4)]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=40)
@given(
    chunks=st.lists(st.sampled_from(STREAM), min_size=1, max_size=30),
    after=st.integers(0, 60),
    turns=st.sets(st.integers(0, 30)),
    late=st.booleans(),
)
def test_any_stream_is_followed_to_the_byte(
    small: World, chunks: list[bytes], after: int, turns: set[int], *, late: bool
) -> None:
    name = f"ex_{len(small.files())}"
    draft = small.store.open(opening(name))
    follower = None if late else follow(draft, 0)
    found = b""
    for number, chunk in enumerate(chunks):
        draft.delivered(chunk)
        if number in turns:
            small.settle()
            found += pull_all(small, follower) if follower else b""
    whole = b"".join(chunks)
    expected = after_events(whole, after)
    late_comer = draft.follow(after, lambda: None)
    if isinstance(expected, Beyond):
        assert late_comer == expected
    else:
        assert isinstance(late_comer, Follower)
        assert pull_all(small, late_comer) == expected
    if follower:
        assert found + pull_all(small, follower) == whole
    draft.ended("answered", 2_001.0)
    assert small.kept(name).after(after) == expected


def test_a_follower_of_an_evicted_draft_hears_that_its_tail_is_lost(small: World) -> None:
    draft = small.store.open(opening())
    draft.delivered(events(0, 200))
    small.settle()
    small.loop.pass_seconds(1.0)
    small.settle()
    assert draft.tail.start == 0 or draft.tail.size < len(events(0, 200))
    draft.delivered(events(200, 400))
    small.loop.pass_seconds(1.0)
    small.settle()
    follower = follow(draft, 0)
    assert small.delete("ex_1")
    assert pull_all(small, follower) == b""
    assert follower.failed == Missing(Reason.TAIL_LOST)
