"""Trace context: what is well-formed, which ids follow from it, and which traces are kept."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstay.gateway.telemetry.context import (
    Trace,
    is_wanted,
    read_traceparent,
    span_id,
    trace_of,
    traceparent_of,
    written,
)

GOOD = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


def test_a_field_is_read() -> None:
    trace = read_traceparent(GOOD)
    assert trace == Trace(0x4BF92F3577B34DA6A3CE929D0E0E4736, 0x00F067AA0BA902B7, 1)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nonsense",
        GOOD.upper(),
        GOOD[:-1],
        f"{GOOD}0",
        f"{GOOD}-more",
        f" {GOOD}",
        f"{GOOD}\n",
        GOOD.replace("00-4bf", "ff-4bf"),
        "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
        f"01{GOOD[2:]}-{'x' * 65}",
    ],
)
def test_what_is_malformed_counts_for_nothing(text: str) -> None:
    assert read_traceparent(text) is None
    assert traceparent_of((("traceparent", text),)) == ""


def test_a_later_version_may_say_more() -> None:
    assert read_traceparent(f"01{GOOD[2:]}-more") == read_traceparent(GOOD)


def test_one_field_counts_and_two_do_not() -> None:
    assert traceparent_of((("a", "b"), ("traceparent", GOOD))) == GOOD
    assert traceparent_of((("traceparent", GOOD), ("traceparent", GOOD))) == ""
    assert traceparent_of(()) == ""


def test_an_exchange_without_a_caller_s_trace_has_one_of_its_own() -> None:
    own = trace_of("ex_1", "")
    assert (own.parent, own.flags) == (0, 1)
    assert trace_of("ex_1", "") == own
    assert trace_of("ex_2", "").id != own.id
    assert trace_of("ex_1-r2", "") == own
    assert trace_of("ex_1", GOOD) == read_traceparent(GOOD)


def test_every_span_has_an_id_of_its_own() -> None:
    ids = {span_id(record, number) for record in ("ex_1", "ex_1-r1", "ex_2") for number in range(5)}
    assert len(ids) == 15
    assert all(0 < one < 1 << 64 for one in ids)


def test_the_share_of_traces_is_kept_by_their_ids() -> None:
    traces = [trace_of(f"ex_{number}", "") for number in range(2_000)]
    assert 350 < sum(is_wanted(one, 20.0) for one in traces) < 450
    assert all(is_wanted(one, 100.0) for one in traces)


def test_what_the_caller_does_not_keep_is_not_kept() -> None:
    assert not is_wanted(Trace(1, 1, 0), 100.0)
    assert not is_wanted(Trace(1, 1, 2), 100.0)
    assert is_wanted(Trace(1, 1, 3), 100.0)


@given(st.integers(1, (1 << 128) - 1), st.integers(1, (1 << 64) - 1), st.integers(0, 255))
def test_what_is_written_is_read_again(trace: int, parent: int, flags: int) -> None:
    assert read_traceparent(written(Trace(trace, 7, flags), parent)) == Trace(trace, parent, flags)
