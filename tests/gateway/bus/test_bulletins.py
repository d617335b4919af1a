"""Bulletins: what is packed is read again; what is garbage costs only itself."""

from collections import deque

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstay.gateway.bus.bulletins import BULLETIN_BYTES_MAX, TRUST_BYTES_MAX, pack, read
from mainstay.model.news import (
    BreakerNews,
    Bulletin,
    GateNews,
    HelloNews,
    LoadNews,
    MeterNews,
    News,
    OrderNews,
    TrustNews,
)
from tests.engine.routing.given import ORDERS

AT = 1_700_000_000.25
INSTANTS = st.floats(0, 1e10)
TEXTS = st.text(max_size=40)
NEWS: st.SearchStrategy[News] = st.one_of(
    st.builds(
        BreakerNews,
        TEXTS,
        TEXTS,
        TEXTS,
        st.sampled_from(["open", "closed"]),
        st.integers(0, 16),
        INSTANTS,
        INSTANTS,
        INSTANTS,
    ),
    st.builds(GateNews, TEXTS, TEXTS, TEXTS, INSTANTS, st.booleans(), TEXTS),
    st.builds(MeterNews, TEXTS, TEXTS, TEXTS, TEXTS, st.integers(0, 2**60)),
    st.builds(LoadNews, TEXTS, st.integers(0, 10**6), INSTANTS, st.integers(0, 10**6), TEXTS),
    st.builds(TrustNews, st.integers(0, 2**60), st.text(max_size=2000)),
    st.builds(OrderNews, ORDERS),
    st.just(HelloNews()),
)


def meter(number: int, size: int = 1) -> MeterNews:
    return MeterNews("tenant:" + "x" * size, "requests", "m1", "n/0", number)


def unpacked(data: bytes) -> Bulletin:
    reading = read(data)
    assert reading is not None
    assert reading.useless == 0
    return reading.bulletin


@given(st.lists(NEWS, max_size=200))
def test_what_is_packed_is_read_again_in_order(news: list[News]) -> None:
    waiting, bulletins = deque(news), []
    while waiting:
        data = pack("n/0", AT, waiting)
        assert len(data) <= BULLETIN_BYTES_MAX
        bulletins.append(unpacked(data))
    assert [one for bulletin in bulletins for one in bulletin.news] == news
    assert all((one.node, one.at) == ("n/0", AT) for one in bulletins)


def test_it_is_the_bulletin_of_the_model() -> None:
    news: list[News] = [meter(1), HelloNews()]
    assert msgspec.msgpack.decode(pack("n/0", AT, deque(news)), type=Bulletin) == Bulletin("n/0", AT, tuple(news))


def test_a_bulletin_is_filled_up_to_its_bound_and_the_rest_waits() -> None:
    waiting = deque[News](meter(number, 250) for number in range(1000))
    data = pack("n/0", AT, waiting)
    assert BULLETIN_BYTES_MAX - 400 < len(data) <= BULLETIN_BYTES_MAX
    assert len(unpacked(data).news) + len(waiting) == 1000


def test_news_that_fits_into_no_bulletin_is_dropped_and_holds_up_nothing() -> None:
    waiting = deque[News]([TrustNews(1, "x" * BULLETIN_BYTES_MAX), meter(1)])
    assert unpacked(pack("n/0", AT, waiting)).news == (meter(1),)
    assert not waiting


def test_an_empty_bulletin_is_a_sign_of_life() -> None:
    assert unpacked(pack("n/0", AT, deque())) == Bulletin("n/0", AT)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x00",
        b"\xff" * 100,
        b"\x91" * 100_000,
        b"\x91" * 50_000,
        b"\xdd\xff\xff\xff\xff",
        b'{"node":"n/0"}',
        msgspec.msgpack.encode(["n/0"]),
        msgspec.msgpack.encode(["n/0", "now", []]),
        msgspec.msgpack.encode(["", AT, []]),
        msgspec.msgpack.encode(["n" * 101, AT, []]),
        msgspec.msgpack.encode(["n\n0", AT, []]),
        msgspec.msgpack.encode(["n/0", float("nan"), []]),
        msgspec.msgpack.encode(["n/0", float("inf"), []]),
        msgspec.msgpack.encode(["n/0", -1.0, []]),
        pack("n/0", AT, deque([meter(1)]))[:-1],
        pack("n/0", AT, deque()) + b"\x00" * BULLETIN_BYTES_MAX,
    ],
)
def test_garbage_is_no_bulletin(data: bytes) -> None:
    assert read(data) is None


@given(st.binary(max_size=300))
def test_reading_survives_any_bytes(data: bytes) -> None:
    read(data)


@pytest.mark.parametrize(
    "news",
    [
        ["invented-by-a-newer-version", 1, 2, 3],
        ["breaker", "a", "m", "c", "open", 1, "soon", 0.0, 0.0],
        ["breaker", "a" * 301, "m", "c", "open", 1, 1.0, 0.0, 0.0],
        ["breaker", "a", "m", "c", "open", 1, float("nan"), 0.0, 0.0],
        ["breaker", "a", "m", "c", "open", 1, 1.0, 0.0, float("inf")],
        ["gate", "a", "m", "c", 1e12, True, ""],
        ["gate", "a", "m", "c", 1.0, True, "r" * 301],
        ["meter", "tenant:a", "requests", "m1", "n/0", -1],
        ["meter", "tenant:a", "requests", "m1", "n" * 301, 1],
        ["meter", "tenant:a", "requests", "m1", "n/0", 2**63],
        ["load", "a", -1, 1.0, 0, ""],
        ["load", "a", 1_000_001, 1.0, 0, ""],
        ["load", "a", 1, 1.0, -1, ""],
        ["load", "a", 1, float("nan"), 0, ""],
        ["load", "a", 1, 1.0, 0, "w" * 301],
        ["trust", -1, ""],
        ["trust", 1, "x" * (TRUST_BYTES_MAX + 1)],
        [],
        7,
    ],
)
def test_a_piece_of_news_that_makes_no_sense_costs_only_itself(news: object) -> None:
    sound = ["meter", "tenant:a", "requests", "m1", "n/0", 7]
    reading = read(msgspec.msgpack.encode(["n/0", AT, [sound, news, ["hello"]]]))
    assert reading is not None
    assert reading.bulletin.news == (MeterNews("tenant:a", "requests", "m1", "n/0", 7), HelloNews())
    assert reading.useless == 1


def test_an_older_version_says_less_of_its_load() -> None:
    reading = read(msgspec.msgpack.encode(["n/0", AT, [["load", "alpha", 3, 1.0]]]))
    assert reading is not None
    assert reading.bulletin.news == (LoadNews("alpha", 3, 1.0, 0, ""),)
