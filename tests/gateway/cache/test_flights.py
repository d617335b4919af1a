"""Flights and their passengers."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from mainstay.gateway.cache import flights as flights_module
from mainstay.gateway.cache.copying import Absentee, Copy
from mainstay.gateway.cache.flights import Flight, Flights, Passenger
from mainstay.model.http import Headers, Reply
from tests.gateway.kept_rig import KeptRig, kept_rig
from tests.gateway.listener import Listener
from tests.gateway.talk import WHOLE

KEY = (b"name", "default")
HEADERS: Headers = (("content-type", "text/plain"),)


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[KeptRig]:
    yield from kept_rig(tmp_path)


def flown(rig: KeptRig, flights: Flights, deadline: float = 300.0) -> Flight:
    """A flight whose exchange runs."""
    absentee = Absentee(Copy(rig.clock.time))
    rig.runs.start(rig.job(), absentee)
    rig.settle()
    flight = Flight("ex_1", deadline, absentee)
    flights.add(KEY, flight, rig.run())
    return flight


def test_a_flight_is_found_while_its_exchange_runs(rig: KeptRig) -> None:
    flights = Flights()
    assert flights.find(KEY, 300.0) is None
    flight = flown(rig, flights)
    assert flights.find(KEY, 300.0) is flight
    assert flights.find((b"name", "other"), 300.0) is None
    rig.streams(*WHOLE)
    rig.closes()
    assert (flights.find(KEY, 300.0), len(flights)) == (None, 0)


def test_who_must_be_answered_sooner_does_not_join(rig: KeptRig) -> None:
    flights = Flights()
    flight = flown(rig, flights, deadline=300.0)
    assert flights.find(KEY, 299.0) is None
    assert flights.find(KEY, 301.0) is flight
    flight.board()()
    rig.settle()


def test_an_exchange_whose_draft_is_lost_is_not_joined(rig: KeptRig) -> None:
    flights = Flights()
    flight = flown(rig, flights)
    rig.run().draft.lose()
    assert flights.find(KEY, 300.0) is None
    flight.board()()
    rig.settle()


def test_when_the_last_passenger_has_left_the_exchange_ends(rig: KeptRig) -> None:
    flight = flown(rig, Flights())
    one, other = flight.board(), flight.board()
    one()
    assert not rig.run().caller.is_over
    other()
    rig.settle()
    assert rig.outcome() == "left"
    assert rig.attempt.cancelled


def test_there_is_an_end_of_flights(rig: KeptRig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flights_module, "FLIGHTS_MAX", 0)
    flights = Flights()
    flight = flown(rig, flights)
    assert (flights.find(KEY, 300.0), len(flights)) == (None, 0)
    flight.board()()
    rig.settle()


class Boarded:
    """A passenger and what became of it."""

    def __init__(self, *, again: bool | None = None) -> None:
        self.listener = Listener()
        self.ends: list[tuple[str, int, int]] = []
        self.gone = 0
        self.asked: list[Reply | None] = []
        self.passenger = Passenger(
            self.listener,
            "coalesced",
            lambda *end: self.ends.append(end),
            self._leave,
            None if again is None else self._serve_otherwise,
        )
        self._answer = bool(again)

    def _serve_otherwise(self, reply: Reply | None) -> bool:
        self.asked.append(reply)
        return self._answer

    def _leave(self) -> None:
        self.gone += 1


def test_an_answer_is_marked_and_the_seat_is_free() -> None:
    boarded = Boarded()
    boarded.passenger.reply(Reply(200, HEADERS, b"body"))
    assert boarded.listener.answer.headers == (*HEADERS, ("x-mainstay-cache", "coalesced"))
    assert (boarded.ends, boarded.gone) == ([("answered", 200, 4)], 1)


def test_what_stood_in_keeps_its_mark() -> None:
    boarded = Boarded()
    boarded.passenger.begin(200, (("x-mainstay-cache", "stale"),))
    boarded.passenger.send(b"old")
    assert boarded.listener.headers == (("x-mainstay-cache", "stale"),)


def test_who_leaves_frees_the_seat_once() -> None:
    boarded = Boarded()
    boarded.listener.leave()
    boarded.passenger.abort()
    assert (boarded.gone, boarded.ends) == (1, [("left", 0, 0)])


def test_an_error_is_handed_on_unless_somebody_knows_better() -> None:
    boarded = Boarded(again=False)
    boarded.passenger.reply(Reply(529, HEADERS, b"no"))
    assert boarded.listener.answer.status == 529
    assert boarded.ends == [("failed", 529, 2)]


def test_who_is_served_otherwise_hears_nothing_of_it() -> None:
    boarded = Boarded(again=True)
    boarded.passenger.reply(Reply(529, HEADERS, b"no"))
    assert (boarded.listener.end, boarded.ends, boarded.gone) == ("", [], 1)
    assert boarded.asked == [Reply(529, HEADERS, b"no")]


def test_an_exchange_that_ended_without_a_word_is_asked_about() -> None:
    boarded = Boarded(again=True)
    boarded.passenger.begin(200, HEADERS)
    boarded.passenger.abort()
    assert (boarded.listener.begun, boarded.listener.end, boarded.asked, boarded.gone) == (0, "", [None], 1)


def test_a_stream_that_is_cut_is_cut_for_all() -> None:
    boarded = Boarded(again=True)
    boarded.passenger.begin(200, HEADERS)
    boarded.passenger.send(b"half")
    boarded.passenger.abort()
    assert (boarded.listener.end, boarded.asked) == ("abort", [])


@pytest.mark.parametrize("end", ["finish", "fail"])
def test_a_stream_without_bytes_still_has_a_head(end: str) -> None:
    boarded = Boarded()
    boarded.passenger.begin(200, HEADERS)
    assert boarded.listener.begun == 0
    if end == "fail":
        boarded.passenger.fail(b"last words")
    else:
        boarded.passenger.finish()
    assert (boarded.listener.begun, boarded.listener.end) == (200, end)
