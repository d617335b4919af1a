"""A gateway that is killed in the midst of a thousand exchanges, again and again, loses nothing that it promised."""

from math import inf
from pathlib import Path

import pytest

from tests.e2e.crowd import Crowd, Enough
from tests.e2e.ledgers import Machine, exchanges, machine, questions

CALLERS = 1_000


def after(answers: int, durable: int = 0, callers: int = CALLERS) -> Enough:
    """All at once, so many answers, and so many of them durable."""
    return lambda crowd: (
        crowd.most_at_once == callers and len(crowd.answers) >= answers and len(crowd.durable()) >= durable
    )


def late(crowd: Crowd) -> bool:
    """Some of the durable ones are answered, and every worker has said that something is on disk."""
    return after(CALLERS, durable=20)(crowd) and bool(crowd.acknowledged(inf))


POINTS = {1: (late, after(700), after(150)), 2: (late, after(400))}
"""When the gateway dies, for each number of workers: among durable answers first, then in the surge."""


def die_in_the_midst(running: Machine, workers: int, enough: Enough) -> None:
    """Ask until it is enough, kill the gateway, start it again, and look what became of the records."""
    crowd = Crowd(running.url, questions(), CALLERS, workers)
    ended_at = crowd.ask_until(enough, running.kill)
    assert crowd.refusals == []
    running.start()
    journals = running.journals()
    for chain, sequence in crowd.counted().items():
        assert journals[chain][0].sequence >= sequence
    kept = exchanges(line for _, lines in journals.values() for line in lines)
    assert [one for one in crowd.acknowledged(ended_at) if one.exchange not in kept] == []
    assert [one for one in crowd.durable() if one.exchange not in kept] == []


@pytest.mark.parametrize("workers", [1, 2])
def test_what_was_acknowledged_outlives_every_death(workers: int, tmp_path: Path) -> None:
    with machine(tmp_path, gateway={"workers": workers}) as running:
        running.start()
        running.start_control()
        for enough in POINTS[workers]:
            die_in_the_midst(running, workers, enough)
        running.kill_control()
        assert "sound: every chain holds" in running.verify()
        running.start_control()
        running.assert_stored_once()
        assert "sound: every chain holds" in running.verify()


def test_an_answer_of_a_durable_exchange_is_recorded_when_it_is_whole(tmp_path: Path) -> None:
    """The plug is pulled in the very moment in which it arrives."""
    durable = [(dialect, one) for dialect, one in questions() if one.workload == "durable"]
    with machine(tmp_path) as running:
        for answers in (10, 25, 60, 100):
            running.start()
            crowd = Crowd(running.url, durable, 20)
            crowd.ask_until(after(answers, callers=20), running.kill)
            kept = exchanges(line for _, lines in running.journals().values() for line in lines)
            assert [one for one in crowd.answers if one.exchange not in kept] == []
