from collections import Counter

import pytest

from mainstay.lab.virtual.crowd import Class, Crowd, Phase, Tenant, crowd_arrivals
from mainstay.model.call import Call
from mainstay.wire.registry import DIALECTS

STEADY = Crowd(phases=(Phase(200.0, 20.0),))


def test_requests_come_in_order_of_time_at_the_rate_of_their_phase() -> None:
    crowd = Crowd(phases=(Phase(100.0, 10.0), Phase(50.0, 40.0), Phase(50.0, 0.0), Phase(10.0, 5.0)))
    found = list(crowd_arrivals(crowd, "one"))
    assert [one.number for one in found] == list(range(len(found)))
    instants = [one.at for one in found]
    assert instants == sorted(instants)
    assert crowd.seconds == 210.0
    rates = [sum(begin <= at < end for at in instants) / (end - begin) for begin, end in ((0, 100), (100, 150))]
    assert rates == [pytest.approx(10.0, rel=0.15), pytest.approx(40.0, rel=0.15)]
    assert not [at for at in instants if 150 <= at < 200]
    assert instants[-1] < 210.0


def test_the_same_seed_asks_the_same_and_another_one_something_else() -> None:
    assert list(crowd_arrivals(STEADY, "one")) == list(crowd_arrivals(STEADY, "one"))
    assert list(crowd_arrivals(STEADY, "one")) != list(crowd_arrivals(STEADY, "two"))


def test_classes_and_tenants_have_their_shares() -> None:
    found = list(crowd_arrivals(STEADY, "one"))
    workloads = Counter(one.workload for one in found)
    assert {name: round(count / len(found), 1) for name, count in workloads.items()} == {
        "critical": 0.2,
        "interactive": 0.5,
        "batch": 0.3,
    }
    assert {one.tenant for one in found} == {"acme", "bolt", "crew"}


def test_sessions_make_their_calls_one_after_the_other_and_belong_to_one_tenant() -> None:
    found = list(crowd_arrivals(STEADY, "one"))
    calls = Counter(one.session for one in found)
    assert max(calls.values()) == STEADY.calls
    assert len({(one.session, one.tenant, one.workload, one.weight) for one in found}) == len(calls)
    whole = [one for one in found if calls[one.session] == STEADY.calls]
    spans = {name: [one.at for one in whole if one.session == name] for name in {one.session for one in whole}}
    mean = sum(at[-1] - at[0] for at in spans.values()) / len(spans)
    assert mean == pytest.approx(STEADY.calls * STEADY.gap_seconds, rel=0.25)


def test_headers_say_what_the_arrival_says() -> None:
    crowd = Crowd((Phase(5.0, 10.0),), (Class("batch", 1.0),), (Tenant("solo", 1.0, 3.0),), stream_share=0.5)
    streams = set()
    for one in crowd_arrivals(crowd, "one"):
        fields = dict(one.headers)
        assert (fields["x-mainstay-workload"], fields["x-mainstay-session"]) == ("batch", one.session)
        assert (one.tenant, one.weight) == ("solo", 3.0)
        call = DIALECTS["anthropic"].read_call(one.path, "", one.headers, one.body)
        assert isinstance(call, Call)
        streams.add(call.stream)
    assert streams == {True, False}
