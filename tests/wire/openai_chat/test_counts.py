import msgspec
from hypothesis import given
from hypothesis import strategies as st

from mainstay.model.frame import Usage
from mainstay.wire.openai_chat.counts import counts_of, later_usage
from mainstay.wire.openai_chat.response import TokenCounts, usage

counts = st.integers(min_value=0, max_value=10**9)
usages = st.builds(
    Usage, counts, counts, counts, st.just(value=False), cache_write_tokens=counts, reasoning_tokens=counts
)


@given(usages)
def test_what_is_written_is_read(tokens: Usage) -> None:
    assert usage(msgspec.json.decode(msgspec.json.encode(counts_of(tokens)), type=TokenCounts)) == tokens


def test_the_total_is_the_sum() -> None:
    assert counts_of(Usage(100, 20)).total_tokens == 120


def test_news_keep_what_they_do_not_tell() -> None:
    assert later_usage(Usage(100, 1, 64), Usage(0, 20, reasoning_tokens=5)) == Usage(100, 20, 64, reasoning_tokens=5)


def test_later_usage_may_be_missing_on_either_side() -> None:
    assert later_usage(None, Usage(1)) == later_usage(Usage(1), None) == Usage(1)
    assert later_usage(None, None) is None
