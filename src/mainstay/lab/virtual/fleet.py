"""A fleet: several gateway processes behind a load balancer, which hear each other late, and clients with habits."""

import random
from collections.abc import Callable, Iterable, Sequence
from typing import Final

import msgspec

from mainstay.lab.virtual.driver import Heard
from mainstay.lab.virtual.habits import SDK, Habits, asks_again_in
from mainstay.lab.virtual.process import Bulletin, VirtualProcess, wall_at
from mainstay.lab.virtual.timeline import Timeline
from mainstay.lab.virtual.traffic import Arrival

TURN_SECONDS: Final = 0.05
"""As the bus and the queue tick."""
NEWS_SECONDS: Final = 0.05
"""How late news are."""
EVERYTHING_SECONDS: Final = 5.0


class Ending(msgspec.Struct, frozen=True):
    """What a client has got in the end: `fault` is the kind of the last answer's fault, empty where it was served.
    `tries` counts its requests; `shed` those of them that we turned away."""

    arrival: Arrival
    at: float
    status: int
    fault: str
    tries: int
    shed: int


class Fleet:
    """One run."""

    def __init__(
        self, timeline: Timeline, processes: Sequence[VirtualProcess], seed: str, habits: Habits = SDK
    ) -> None:
        """The balancer takes any process, by chance."""
        self._timeline = timeline
        self._processes = tuple(processes)
        self._dice = random.Random(f"{seed} balancer and clients")  # noqa: S311 - traffic, no secret
        self._habits = habits
        self._under_way = 0
        self._more = True
        self._told_at = 0.0

    def run(
        self,
        arrivals: Iterable[Arrival],
        told: Callable[[Ending], None],
        turned: Callable[[float], None] = lambda now: None,  # noqa: ARG005 - nobody listens
    ) -> None:
        """Play everything; `told` gets each client's ending, `turned` is called in each turn of the processes."""
        waiting = iter(arrivals)

        def next_one() -> None:
            arrival = next(waiting, None)
            if arrival is None:
                self._more = False
            else:
                self._timeline.at(arrival.at, lambda: begin(arrival))

        def begin(arrival: Arrival) -> None:
            self._under_way += 1
            self._ask(arrival, told, 1, 0)
            next_one()

        def turn() -> None:
            self._turn()
            turned(self._timeline.now)
            if self._more or self._under_way:
                self._timeline.at(self._timeline.now + TURN_SECONDS, turn)

        next_one()
        self._timeline.at(TURN_SECONDS, turn)
        self._timeline.run()

    def _ask(self, arrival: Arrival, told: Callable[[Ending], None], tries: int, shed: int) -> None:
        process = self._processes[0] if len(self._processes) == 1 else self._dice.choice(self._processes)

        def answered(heard: Heard) -> None:
            fault = "" if heard.fault is None else heard.fault.kind.value
            turned_away = shed + (fault == "shed")
            wait = None
            if fault:
                wait = asks_again_in(self._habits, heard.status, heard.headers, tries, self._dice.random)
            if wait is None:
                self._under_way -= 1
                told(Ending(arrival, self._timeline.now, heard.status, fault, tries, turned_away))
            else:
                again = self._timeline.now + wait
                self._timeline.at(again, lambda: self._ask(arrival, told, tries + 1, turned_away))

        process.ask(arrival, answered, tries)

    def _turn(self) -> None:
        now = self._timeline.now
        for process in self._processes:
            process.turn(now)
        if len(self._processes) == 1:
            return
        everything = now >= self._told_at + EVERYTHING_SECONDS
        if everything:
            self._told_at = now
        nodes = {process.node for process in self._processes}
        for process in self._processes:
            process.allowances.heard(nodes - {process.node}, wall_at(now))
            self._spread(process, now)
            if everything:
                self._spread(process, now, everything=True)

    def _spread(self, speaker: VirtualProcess, now: float, *, everything: bool = False) -> None:
        bulletin = speaker.news(now, everything=everything)
        if not bulletin.is_empty:
            self._timeline.at(now + NEWS_SECONDS, lambda: self._hear(speaker, bulletin))

    def _hear(self, speaker: VirtualProcess, bulletin: Bulletin) -> None:
        for process in self._processes:
            if process is not speaker:
                process.hear(bulletin, self._timeline.now)
