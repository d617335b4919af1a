"""Who was heard of lately."""

from mainstay.gateway.bus.bus import EVERYTHING_JITTER_SHARE, EVERYTHING_SECONDS
from mainstay.gateway.bus.peers import (
    BEGINNING_SECONDS,
    FORGOTTEN_SECONDS,
    PEERS_MAX,
    PREFERRED_SECONDS,
    SILENCE_SECONDS,
    WHOLE_SECONDS,
    Peers,
)


def test_each_peer_is_known_with_its_last_word() -> None:
    peers = Peers()
    for now in (1.0, 2.0):
        assert peers.heard("a/0", 0, now)
    assert peers.heard("a/1", 0, 2.0)
    assert peers.everybody(2.0) == {"a/0": 2.0, "a/1": 2.0}
    assert peers.count() == 2


def test_who_is_silent_for_a_minute_is_forgotten() -> None:
    peers = Peers()
    peers.heard("a/0", 0, 0.0)
    assert peers.everybody(FORGOTTEN_SECONDS) == {"a/0": 0.0}
    assert peers.everybody(FORGOTTEN_SECONDS + 1) == {}


def test_they_are_bounded_and_the_silent_make_room() -> None:
    peers = Peers()
    for number in range(PEERS_MAX + 10):
        assert peers.heard(f"a/{number}", 0, 0.0)
    assert peers.count() == PEERS_MAX
    peers.heard("late", 0, FORGOTTEN_SECONDS + 1)
    assert peers.everybody(FORGOTTEN_SECONDS + 1) == {"late": FORGOTTEN_SECONDS + 1}


def test_what_the_better_transport_brings_is_not_heard_twice() -> None:
    peers = Peers()
    assert peers.heard("a/0", 1, 0.0)
    assert peers.heard("a/0", 0, 0.1), "a better one is taken at once"
    assert not peers.heard("a/0", 1, 0.2)
    assert not peers.heard("a/0", 1, 0.1 + PREFERRED_SECONDS - 0.01)
    assert peers.everybody(2.0)["a/0"] > 2.0, "it lives all the same"
    assert peers.heard("a/0", 1, 0.1 + PREFERRED_SECONDS), "the better one has fallen silent"
    assert peers.heard("a/0", 1, 5.0)


def test_who_was_silent_counts_when_it_has_had_the_time_to_tell_everything() -> None:
    peers = Peers(0.0)
    for now in (1.0, 1.0 + SILENCE_SECONDS):
        peers.heard("a/0", 0, now)
        assert peers.whole_within(1.0, now) == {"a/0"}
    back_at = 2.0 + 2 * SILENCE_SECONDS
    assert peers.whole_within(1.0, back_at) == frozenset()
    for second in range(int(WHOLE_SECONDS)):
        peers.heard("a/0", 0, back_at + second)
        assert peers.whole_within(1.0, back_at + second) == frozenset(), "what it told meanwhile is not known yet"
    assert peers.whole_within(1.0, back_at + WHOLE_SECONDS) == {"a/0"}
    assert WHOLE_SECONDS > EVERYTHING_SECONDS * (1 + EVERYTHING_JITTER_SHARE)


def test_whom_we_hear_for_the_first_time_counts_at_once_only_while_we_begin() -> None:
    peers = Peers(100.0)
    peers.heard("a/0", 0, 100.0 + BEGINNING_SECONDS)
    assert peers.whole_within(1.0, 100.0 + BEGINNING_SECONDS) == {"a/0"}
    late = 101.0 + BEGINNING_SECONDS
    peers.heard("b/0", 0, late)
    assert peers.whole_within(20.0, late) == {"a/0"}
    assert peers.whole_within(20.0, late + WHOLE_SECONDS) == {"a/0", "b/0"}
