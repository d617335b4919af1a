"""From a copy to a kept answer."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstay.gateway.cache.keeping import as_kept, kept_headers
from mainstay.wire.registry import DIALECTS
from tests.engine.caching.answers import kept
from tests.gateway.talk import ENDING, OPENING, WHOLE, block, said

ANTHROPIC = DIALECTS["anthropic"]
PING = block("ping", {})


def test_a_plain_answer_is_kept_as_it_is() -> None:
    assert as_kept(kept(b"body"), ANTHROPIC) == kept(b"body")


def test_a_stream_is_kept_event_by_event_without_keep_alives() -> None:
    found = as_kept(kept(OPENING + PING, b": a comment\n\n" + said("Hello"), ENDING, stream=True), ANTHROPIC)
    assert found is not None
    assert b"".join(found.parts) == OPENING + said("Hello") + ENDING
    assert all(part.count(b"event: ") == 1 for part in found.parts)


@given(st.integers(1, 200))
def test_however_it_was_cut_into_pieces(size: int) -> None:
    data = b"".join(WHOLE)
    parts = [data[at : at + size] for at in range(0, len(data), size)]
    found = as_kept(kept(*parts, stream=True), ANTHROPIC)
    assert found is not None
    assert b"".join(found.parts) == data


@given(st.integers(0, len(b"".join(WHOLE)) - 1))
def test_what_is_not_whole_is_not_kept(size: int) -> None:
    assert as_kept(kept(b"".join(WHOLE)[:size] or b" ", stream=True), ANTHROPIC) is None


@pytest.mark.parametrize("event", [b"event: x\ndata: {\n\n", block("error", {"error": {"type": "overloaded_error"}})])
def test_what_holds_an_error_is_not_kept(event: bytes) -> None:
    assert as_kept(kept(OPENING, said("Hello"), event, ENDING, stream=True), ANTHROPIC) is None


def test_of_its_head_only_what_is_always_true_is_kept() -> None:
    of_the_moment = [
        ("request-id", "req_1"),
        ("anthropic-ratelimit-requests-remaining", "3"),
        ("x-mainstay-id", "ex_1"),
        ("x-mainstay-cache", "miss"),
        ("retry-after", "1"),
        ("set-cookie", "a=b"),
    ]
    always = [("content-type", "application/json"), ("cache-control", "no-cache")]
    assert kept_headers((*of_the_moment, *always)) == tuple(always)
