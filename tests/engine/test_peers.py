"""Who else spends, and who of them cannot be heard."""

import pytest

from mainstay.engine.peers import FORGOTTEN_SECONDS, NODES_MAX, TICK_SECONDS_MAX, Peers


def among(*nodes: str) -> Peers:
    """Node a, which hears these others."""
    peers = Peers("a")
    peers.heard(nodes, 0.0)
    return peers


def silent_for(peers: Peers, seconds: float, *, reachable: bool = True, start: float = 0.0) -> None:
    """Tick through a silence."""
    for second in range(1, int(seconds) + 1):
        peers.heard((), start + second, reachable=reachable)


def test_alone_nobody_needs_care() -> None:
    peers = Peers("a")
    assert (peers.count, peers.careful) == (1, False)
    peers.heard(("a",), 1.0)
    assert (peers.count, peers.careful, peers.names) == (1, False, [])


def test_one_that_falls_silent_makes_us_careful() -> None:
    peers = among("b", "c")
    assert (peers.count, peers.careful, peers.alive) == (3, False, frozenset("bc"))
    peers.heard(("b",), 1.0)
    assert (peers.count, peers.careful, peers.silent) == (3, True, ["c"])
    peers.heard(("b", "c"), 2.0)
    assert (peers.careful, peers.silent, peers.silences) == (False, [], 1)


def test_each_silence_is_another_one() -> None:
    peers = among("b", "c")
    for at in range(3):
        peers.heard((), 10.0 * at + 1)
        peers.heard(("b",), 10.0 * at + 2)
        peers.heard(("b", "c"), 10.0 * at + 3)
    assert peers.silences == 3


def test_a_node_known_dead_needs_no_share() -> None:
    peers = among("b", "c")
    peers.heard(("b",), 1.0)
    peers.part("c")
    assert (peers.count, peers.careful) == (2, False)


def test_silence_for_long_is_death_where_the_way_is_open() -> None:
    peers = among("b")
    silent_for(peers, FORGOTTEN_SECONDS)
    assert (peers.count, peers.careful) == (2, True)
    silent_for(peers, 2, start=FORGOTTEN_SECONDS)
    assert (peers.count, peers.careful) == (1, False)


def test_of_the_forgotten_nothing_is_kept() -> None:
    peers = among("b")
    peers.lives("b", 7)
    silent_for(peers, FORGOTTEN_SECONDS + 2)
    assert peers._lives == {}


def test_while_the_way_is_closed_silence_says_nothing() -> None:
    peers = among("b")
    silent_for(peers, 10 * FORGOTTEN_SECONDS, reachable=False)
    assert (peers.count, peers.careful) == (2, True)


@pytest.mark.parametrize("jump", [-86_400.0, 3_600.0, 86_400.0])
def test_a_clock_that_is_set_makes_nobody_dead(jump: float) -> None:
    peers = among("b")
    peers.heard((), jump)
    peers.heard((), jump + 1)
    assert peers.count == 2
    assert TICK_SECONDS_MAX < FORGOTTEN_SECONDS / 2


def test_after_a_restart_those_known_before_are_waited_for() -> None:
    peers = Peers("a")
    peers.expect(("a", "b"))
    assert (peers.count, peers.careful, peers.silent) == (2, True, ["b"])
    peers.heard(("b",), 1.0)
    assert not peers.careful
    assert peers.expects("b")
    assert not peers.expects("a")


def test_a_goodbye_outlasts_the_memory_of_the_last_word() -> None:
    peers = among("b")
    peers.part("b", 100)
    peers.heard(("b",), 0.5)
    assert peers.count == 1
    peers.heard((), 3.0)
    assert not peers.careful
    peers.heard(("b",), 9.0)
    assert peers.count == 2, "its name was heard again: a new life"


def test_a_new_life_ends_an_old_goodbye() -> None:
    peers = among("b")
    peers.part("b", 100)
    peers.lives("b", 200)
    peers.heard(("b",), 1.0)
    assert peers.count == 2
    peers.part("b", 100)
    assert peers.count == 2, "an old goodbye that comes late is no goodbye"


def test_nodes_are_bounded() -> None:
    peers = among(*(f"n{number}" for number in range(2 * NODES_MAX)))
    peers.expect(f"x{number}" for number in range(10))
    for number in range(2 * NODES_MAX):
        peers.part(f"y{number}", 1)
        peers.lives(f"z{number}", 1)
    assert peers.count == NODES_MAX + 1
    assert max(len(peers._parted), len(peers._lives)) <= NODES_MAX


def test_a_goodbye_counts_for_the_life_that_said_it() -> None:
    peers = among("b")
    peers.lives("b", 100)
    peers.part("b", 100)
    assert peers.count == 1
