"""Records to add up: single ones, and any."""

import msgspec
from hypothesis import strategies as st

from mainstay.model.records import AttemptRecord, ExchangeRecord, Record


def attempt(**changes: object) -> AttemptRecord:
    record = AttemptRecord(
        id="at_1",
        at=1_000.0,
        exchange="ex_1",
        number=1,
        upstream="claude-direct",
        model="claude-x",
        credential="main",
        dialect="anthropic",
        chosen="first choice",
        outcome="served",
    )
    return msgspec.structs.replace(record, **changes)


def exchange(**changes: object) -> ExchangeRecord:
    record = ExchangeRecord(
        id="ex_1",
        at=1_000.0,
        tenant="blue",
        workload="chat",
        dialect="anthropic",
        kind="answer",
        stream=True,
        model_asked="big",
        outcome="answered",
        attempts=1,
    )
    return msgspec.structs.replace(record, **changes)


NAMES = st.sampled_from(["a", "b", "c", "d", "e", ""])
# Sums of these are exact, in whatever order.
SECONDS = st.integers(0, 4_000).map(lambda sixteenths: sixteenths / 16)
TOKENS = st.integers(0, 10_000)

ATTEMPTS = st.builds(
    attempt,
    upstream=NAMES,
    model=NAMES,
    outcome=st.sampled_from(["served", "failed", "continued", "left", "no-sample"]),
    fault=st.sampled_from(["", "overload", "cut", "a-kind-that-came-later"]),
    blame=st.sampled_from(["", "provider", "caller", "us"]),
    first_content_seconds=st.none() | SECONDS,
    total_seconds=SECONDS,
    input_tokens=TOKENS,
    output_tokens=TOKENS,
    cost_nanodollars=st.none() | TOKENS,
)
EXCHANGES = st.builds(
    exchange,
    tenant=NAMES,
    model_asked=NAMES,
    workload=NAMES,
    outcome=st.sampled_from(["answered", "refused", "failed", "left"]),
    attempts=st.integers(0, 2),
    fault=st.sampled_from(["", "shed", "overload"]),
    absorbed=st.sampled_from([(), ("a: overload",)]),
    recovered=st.integers(0, 2),
    cache=st.sampled_from(["", "hit"]),
    first_content_seconds=st.none() | SECONDS,
    total_seconds=SECONDS,
    queued_seconds=SECONDS,
    output_tokens=TOKENS,
    cost_nanodollars=st.none() | TOKENS,
)
RECORDS: st.SearchStrategy[list[Record]] = st.lists(ATTEMPTS | EXCHANGES, max_size=12)
