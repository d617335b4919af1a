from collections import Counter

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from mainstay.lab.virtual.traffic import Arrival, Profile, arrivals
from mainstay.model.call import Call
from mainstay.wire.registry import DIALECTS

DIALECT_OF_PATH = {"/v1/messages": "anthropic", "/v1/chat/completions": "openai-chat"}


def read(arrival: Arrival) -> Call:
    call = DIALECTS[DIALECT_OF_PATH[arrival.path]].read_call(arrival.path, "", arrival.headers, arrival.body)
    assert isinstance(call, Call)
    return call


@given(st.integers(0, 50), st.floats(0.1, 1e5), st.text(max_size=5))
def test_requests_come_in_order_of_time_and_within_it(requests: int, seconds: float, seed: str) -> None:
    found = list(arrivals(Profile(requests=requests, seconds=seconds), seed))
    assert [arrival.number for arrival in found] == list(range(requests))
    instants = [arrival.at for arrival in found]
    assert instants == sorted(instants)
    assert all(0 <= instant <= seconds for instant in instants)


def test_the_same_seed_asks_the_same_and_another_one_something_else() -> None:
    profile = Profile(requests=50, seconds=60)
    assert list(arrivals(profile, "one")) == list(arrivals(profile, "one"))
    assert list(arrivals(profile, "one")) != list(arrivals(profile, "two"))


def test_every_request_can_be_read_and_names_the_model_of_its_dialect() -> None:
    profile = Profile(requests=200, seconds=60, anthropic_model="a", openai_model="o", words=7)
    for arrival in arrivals(profile, "seed"):
        assert read(arrival).model == ("a" if arrival.path == "/v1/messages" else "o")
        assert "[words=7]" in msgspec.json.decode(arrival.body)["messages"][0]["content"]


def test_the_shares_are_kept_roughly() -> None:
    profile = Profile(requests=2000, seconds=60, stream_share=0.8, chat_share=0.3)
    found = list(arrivals(profile, "seed"))
    paths = Counter(arrival.path for arrival in found)
    streams = sum(read(arrival).stream for arrival in found)
    assert 500 < paths["/v1/chat/completions"] < 700
    assert 1500 < streams < 1700


def test_one_kind_alone() -> None:
    profile = Profile(requests=50, seconds=60, stream_share=0.0, chat_share=1.0)
    found = list(arrivals(profile, "seed"))
    assert {arrival.path for arrival in found} == {"/v1/chat/completions"}
    assert not any(read(arrival).stream for arrival in found)
