"""How workers share connections."""

import os

import pytest

from mainstay.gateway.http.shares import LIVING_SECONDS, SLACK_CONNECTIONS, Shares, make_shares

NOW = 5_000.0


def shares(workers: int = 2) -> list[Shares]:
    descriptor = make_shares(workers)
    assert descriptor is not None
    found = [Shares(descriptor, number) for number in range(workers)]
    os.close(descriptor)
    return found


def test_alone_nobody_stands_back() -> None:
    (one,) = shares(1)
    one.write(1_000, NOW)
    assert not one.has_enough(NOW)


def test_who_has_clearly_more_than_a_living_sibling_has_enough() -> None:
    one, other = shares()
    one.write(SLACK_CONNECTIONS, NOW)
    other.write(0, NOW)
    assert not one.has_enough(NOW)
    one.write(SLACK_CONNECTIONS + 1, NOW)
    assert one.has_enough(NOW)
    assert not other.has_enough(NOW)


def test_of_many_connections_an_eighth_more_is_no_difference() -> None:
    one, other = shares()
    other.write(800, NOW)
    one.write(900, NOW)
    assert not one.has_enough(NOW)
    one.write(903, NOW)
    assert one.has_enough(NOW)


def test_nobody_waits_for_a_sibling_that_is_paused_or_gone() -> None:
    one, other = shares()
    other.write(0, NOW)
    one.write(100, NOW)
    assert one.has_enough(NOW + LIVING_SECONDS - 0.1)
    assert not one.has_enough(NOW + LIVING_SECONDS)


def test_the_least_of_several_siblings_counts() -> None:
    one, two, three = shares(3)
    for share, connections in ((one, 50), (two, 50), (three, 1)):
        share.write(connections, NOW)
    assert (one.has_enough(NOW), three.has_enough(NOW)) == (True, False)


def test_there_is_room_for_known_workers_only() -> None:
    descriptor = make_shares(2)
    assert descriptor is not None
    with pytest.raises(ValueError, match="no room for worker 2"):
        Shares(descriptor, 2)
    os.close(descriptor)


def test_where_the_system_has_no_such_memory_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "memfd_create")
    assert make_shares(2) is None
