"""When a shared store is left alone."""

from mainstay.gateway.shared.circuit import PAUSE_SECONDS_MAX, PAUSE_SECONDS_MIN, TROUBLES_MAX, Circuit


def opened(now: float = 0.0) -> Circuit:
    circuit = Circuit()
    for _ in range(TROUBLES_MAX):
        assert circuit.admits(now)
        circuit.bad(now)
    return circuit


def test_it_bears_two_troubles_and_leaves_the_store_alone_after_the_third() -> None:
    circuit = Circuit()
    for _ in range(TROUBLES_MAX - 1):
        circuit.bad(0.0)
        assert circuit.is_closed
    circuit.bad(0.0)
    assert not circuit.is_closed
    assert not circuit.admits(PAUSE_SECONDS_MIN - 0.01)


def test_an_answer_between_troubles_forgives_them() -> None:
    circuit = Circuit()
    for _ in range(10):
        circuit.bad(0.0)
        circuit.bad(0.0)
        circuit.good()
    assert circuit.is_closed


def test_after_the_pause_one_call_probes_and_the_others_wait() -> None:
    circuit = opened()
    assert circuit.admits(PAUSE_SECONDS_MIN)
    assert not circuit.admits(PAUSE_SECONDS_MIN)
    circuit.good()
    assert circuit.is_closed
    assert circuit.admits(PAUSE_SECONDS_MIN)


def test_each_failed_probe_doubles_the_pause_up_to_its_bound() -> None:
    circuit, now, pauses = opened(), 0.0, []
    for _ in range(8):
        began = now
        while not circuit.admits(now):
            now += 0.5
        pauses.append(now - began)
        circuit.bad(now)
    assert pauses == [1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0, 30.0]
    assert pauses[-1] == PAUSE_SECONDS_MAX


def test_late_troubles_of_calls_begun_before_do_not_lengthen_the_pause() -> None:
    circuit = opened()
    for _ in range(50):
        circuit.bad(0.5)
    assert circuit.admits(PAUSE_SECONDS_MIN)


def test_a_probe_that_its_caller_gave_up_is_free_again() -> None:
    circuit = opened()
    assert circuit.admits(2.0)
    circuit.unknown()
    assert circuit.admits(2.0)


def test_after_recovery_it_counts_from_nothing_and_pauses_start_small() -> None:
    circuit = opened()
    assert circuit.admits(1.0)
    circuit.bad(1.0)
    assert circuit.admits(3.0)
    circuit.good()
    circuit.bad(4.0)
    circuit.bad(4.0)
    assert circuit.is_closed
    circuit.bad(4.0)
    assert circuit.admits(4.0 + PAUSE_SECONDS_MIN)


def test_who_has_seen_the_store_alive_ends_the_pause() -> None:
    circuit = opened()
    circuit.probe_soon(0.1)
    assert circuit.admits(0.1)
    assert not circuit.admits(0.1)
