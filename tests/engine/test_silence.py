"""Silence: nobody waits for long clocks where nobody is answered any more."""

from mainstay.engine.key import Key
from mainstay.engine.silence import SECONDS_MIN, USUAL_FACTOR, WAITING_MIN, Silence

KEY = Key("alpha", "large", "main")
USUAL = 20.0
PATIENCE = USUAL * USUAL_FACTOR


def waiting(count: int, at: float = 0.0) -> Silence:
    silence = Silence()
    for _ in range(count):
        silence.started(KEY, at)
    return silence


def test_where_many_wait_and_nobody_hears_anything_it_is_over() -> None:
    silence = waiting(WAITING_MIN)
    assert not silence.is_over(KEY, 0.0, USUAL, PATIENCE - 0.1)
    assert silence.is_over(KEY, 0.0, USUAL, PATIENCE)


def test_a_few_may_be_long_answers() -> None:
    assert not waiting(WAITING_MIN - 1).is_over(KEY, 0.0, USUAL, 1_000.0)


def test_one_that_hears_something_speaks_for_all() -> None:
    silence = waiting(WAITING_MIN + 1)
    silence.heard(KEY, 30.0)
    assert not silence.is_over(KEY, 0.0, USUAL, PATIENCE + 29.0)
    assert silence.is_over(KEY, 0.0, USUAL, PATIENCE + 30.0)


def test_who_has_just_come_waits_as_long_as_the_others() -> None:
    silence = waiting(WAITING_MIN)
    assert not silence.is_over(KEY, 10.0, USUAL, PATIENCE + 5.0)


def test_who_gives_up_is_no_sign_of_life() -> None:
    silence = waiting(WAITING_MIN)
    silence.given_up(KEY)
    assert not silence.is_over(KEY, 0.0, USUAL, PATIENCE)


def test_the_last_ones_and_the_next_probe_need_not_be_many() -> None:
    silence = waiting(WAITING_MIN)
    assert silence.is_over(KEY, 0.0, USUAL, PATIENCE)
    for _ in range(WAITING_MIN):
        silence.given_up(KEY)
    silence.started(KEY, 500.0)
    assert not silence.is_over(KEY, 500.0, USUAL, 500.0 + PATIENCE - 0.1)
    assert silence.is_over(KEY, 500.0, USUAL, 500.0 + PATIENCE)


def test_who_is_heard_again_is_silent_no_longer() -> None:
    silence = waiting(WAITING_MIN)
    assert silence.is_over(KEY, 0.0, USUAL, PATIENCE)
    silence.heard(KEY, PATIENCE + 1.0)
    assert not silence.is_over(KEY, 0.0, USUAL, 10 * PATIENCE)


def test_time_in_which_nobody_waited_is_no_silence() -> None:
    silence = waiting(1)
    silence.given_up(KEY)
    for _ in range(WAITING_MIN):
        silence.started(KEY, 1_000.0)
    assert not silence.is_over(KEY, 1_000.0, USUAL, 1_000.0 + PATIENCE - 0.1)


def test_without_knowing_what_is_usual_the_long_clocks_decide() -> None:
    assert not waiting(100).is_over(KEY, 0.0, None, 1e6)
    assert not Silence().is_over(KEY, 0.0, USUAL, 1e6)


def test_the_quickest_are_given_some_seconds() -> None:
    silence = waiting(WAITING_MIN)
    assert not silence.is_over(KEY, 0.0, 0.1, SECONDS_MIN - 0.1)
    assert silence.is_over(KEY, 0.0, 0.1, SECONDS_MIN)


def test_what_was_never_started_is_not_counted() -> None:
    silence = Silence()
    silence.heard(KEY, 1.0)
    silence.given_up(KEY)
    for _ in range(WAITING_MIN):
        silence.started(KEY, 2.0)
    assert silence.is_over(KEY, 2.0, USUAL, 2.0 + PATIENCE)
