"""Reserved shares of a limit."""

from hypothesis import given
from hypothesis import strategies as st

from mainstay.engine.capacity.shares import common_share, fits, is_reserved, own_share, parts
from mainstay.model.catalogue import Limits

NAMES = ("a", "b", "c")
SHARES = st.lists(st.floats(0.0, 1.0), max_size=3).filter(lambda shares: sum(shares) <= 1.0)
RESERVED = SHARES.map(lambda shares: tuple(zip(NAMES, shares, strict=False)))
LIMITS = Limits(concurrency=10, reserved=(("a", 0.5), ("b", 0.2)))


@given(st.integers(1, 1000), RESERVED)
def test_shares_never_come_to_more_than_the_limit(limit: int, reserved: tuple[tuple[str, float], ...]) -> None:
    kept = parts(limit, reserved)
    assert sum(kept) <= limit
    assert all(one >= 0 for one in kept)
    if sum(share for _, share in reserved) < 0.999:
        assert sum(kept) < limit, "something is left for everybody else"


def test_a_share_that_rounds_to_nothing_keeps_one_place() -> None:
    assert parts(10, (("a", 0.01),)) == (1,)
    assert parts(10, (("a", 0.0),)) == (0,)
    assert parts(1, (("a", 0.9),)) == (0,)
    assert parts(1, (("a", 1.0),)) == (1,)
    assert parts(10, (("a", 0.3),)) == (3,)


@given(
    RESERVED, st.integers(1, 20), st.lists(st.tuples(st.sampled_from((*NAMES, "other")), st.booleans()), max_size=80)
)
def test_no_order_of_starts_exceeds_the_limit_or_takes_what_is_kept(
    reserved: tuple[tuple[str, float], ...], limit: int, steps: list[tuple[str, bool]]
) -> None:
    used: dict[str, int] = {}
    for name, starts in steps:
        if not starts:
            used[name] = max(0, used.get(name, 0) - 1)
        elif fits(limit, reserved, name, sum(used.values()), used):
            used[name] = used.get(name, 0) + 1
        assert sum(used.values()) <= limit
        for (owner, _), kept in zip(reserved, parts(limit, reserved), strict=True):
            if used.get(owner, 0) < kept:
                assert fits(limit, reserved, owner, sum(used.values()), used), "what is kept is there"


def test_others_use_what_is_common_and_the_workload_uses_both() -> None:
    reserved = LIMITS.reserved
    assert fits(10, reserved, "other", 2, {})
    assert not fits(10, reserved, "other", 3, {})
    assert fits(10, reserved, "a", 3, {})
    assert fits(10, reserved, "a", 7, {"a": 7}), "five of its own and two of three in common"
    assert not fits(10, reserved, "a", 8, {"a": 8})
    assert fits(10, reserved, "other", 5, {"a": 5}), "what the workload uses is its own first"


def test_whose_shares_are_whose() -> None:
    assert own_share(LIMITS, "a") == 0.5
    assert own_share(LIMITS, "other") == 0.0
    assert is_reserved(LIMITS, "b")
    assert not is_reserved(LIMITS, "other")
    assert abs(common_share(LIMITS) - 0.3) < 1e-9
    assert common_share(Limits()) == 1.0
    assert common_share(Limits(reserved=(("a", 0.7), ("b", 0.4)))) == 0.0
