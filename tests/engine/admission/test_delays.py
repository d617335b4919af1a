from mainstay.engine.admission.delays import EVERY_MODEL, MODELS_MAX, Delays

CRITICAL, INTERACTIVE, BATCH = 0, 1, 2


def test_a_queue_that_empties_within_the_target_is_none_that_stands() -> None:
    delays = Delays()
    for second in range(10):
        delays.entered(INTERACTIVE, "m", second + 0.2).left()
        delays.entered(INTERACTIVE, "m", second + 0.5).left()
        assert delays.look(second + 1.0) == {}


def test_a_queue_that_never_empties_for_the_target_stands() -> None:
    delays = Delays()
    delays.entered(INTERACTIVE, "m", 0.5)
    assert delays.look(1.4) == {}
    signal = delays.look(1.5)["m"]
    assert (signal.rank, signal.grows) == (INTERACTIVE, False)
    delays.entered(INTERACTIVE, "m", 1.6)
    assert delays.look(2.5)["m"].grows


def test_batch_work_may_wait_for_longer() -> None:
    delays = Delays()
    delays.entered(BATCH, "m", 0.0)
    assert delays.look(29.9) == {}
    assert delays.look(30.0)["m"].rank == BATCH


def test_those_who_gave_up_were_not_served() -> None:
    delays = Delays()
    old = delays.entered(INTERACTIVE, "m", 0.0)
    delays.look(1.0)
    delays.entered(INTERACTIVE, "m", 1.1)
    old.left(lost=True)
    assert delays.look(2.0)["m"].grows


def test_a_queue_that_shrinks_because_it_is_served_does_not_grow() -> None:
    delays = Delays()
    waiting = [delays.entered(INTERACTIVE, "m", 0.0) for _ in range(3)]
    delays.look(1.0)
    waiting[0].left()
    assert not delays.look(2.0)["m"].grows


def test_a_signal_counts_what_was_served_and_what_came_too_much_of_all_priorities() -> None:
    delays = Delays()
    old = [delays.entered(INTERACTIVE, "m", 0.0) for _ in range(5)]
    delays.look(1.0)
    for _ in range(4):
        delays.entered(BATCH, "m", 1.5)
    old[0].left()
    old[1].left()
    old[2].left(lost=True)
    signal = delays.look(2.0)["m"]
    assert (signal.served, signal.excess) == (2, 2)
    assert (delays.look(3.0)["m"].served, delays.look(4.0)["m"].excess) == (0, 0)


def test_models_that_anybody_waited_for_are_told() -> None:
    delays = Delays()
    delays.entered(INTERACTIVE, "m", 0.0).left()
    delays.look(0.5)
    assert delays.waited == {"m"}
    delays.look(1.0)
    assert delays.waited == set()


def test_a_room_without_a_place_is_a_signal_at_once() -> None:
    delays = Delays()
    delays.refused(BATCH, "m", 0.0)
    assert delays.look(0.1)["m"].grows
    assert delays.look(0.2) == {}
    delays.entered(BATCH, "m", 0.3).left(turned_away=True)
    assert delays.look(0.4)["m"].rank == BATCH


def test_growth_counts_before_rank_and_then_the_most_urgent() -> None:
    delays = Delays()
    delays.entered(CRITICAL, "m", 0.0)
    delays.entered(INTERACTIVE, "m", 0.0)
    delays.look(1.0)
    delays.entered(INTERACTIVE, "m", 1.5)
    assert delays.look(2.0)["m"].rank == INTERACTIVE
    delays.entered(CRITICAL, "m", 2.5)
    delays.entered(INTERACTIVE, "m", 2.5)
    assert delays.look(3.0)["m"].rank == CRITICAL


def test_models_are_told_apart_within_a_bound() -> None:
    delays = Delays()
    for number in range(MODELS_MAX + 50):
        delays.entered(INTERACTIVE, f"m{number}", 0.0)
    assert len(delays._standings) == MODELS_MAX + 1
    signals = delays.look(5.0)
    assert len(signals) == MODELS_MAX + 1
    assert EVERY_MODEL in signals


def test_what_is_over_is_forgotten() -> None:
    delays = Delays()
    delays.entered(INTERACTIVE, "m", 0.0).left()
    delays.look(1.0)
    assert not delays._standings


def test_a_queue_begins_to_stand_when_somebody_comes_after_it_was_empty() -> None:
    delays = Delays()
    delays.entered(INTERACTIVE, "m", 0.0).left()
    delays.entered(INTERACTIVE, "m", 0.9)
    assert delays.look(1.5) == {}
    assert "m" in delays.look(2.0)


def test_those_who_gave_up_are_told_of_once() -> None:
    delays = Delays()
    delays.entered(BATCH, "m", 0.0)
    delays.refused(BATCH, "m", 0.0)
    assert "m" in delays.look(1.0)
    assert delays.look(2.0) == {}
